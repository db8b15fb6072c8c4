"""`--set KEY=VALUE`."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from test_schema import Leaf, Tree

from sr_toolkit.config import describe, override, plain, validate
from sr_toolkit.errors import ConfigError

BASE = plain(Tree(named={"x": Leaf()}, free={"a": {"b": 1}}))


def refusal(assignment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        override(Tree, BASE, [assignment])
    return str(caught.value)


def at(data: Any, path: str) -> Any:
    for key in path.split("."):
        data = data[key]
    return data


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("leaf.count=8", "leaf.count", 8),
        (" leaf.count = 8", "leaf.count", 8),
        ("leaf.rate=1e-4", "leaf.rate", 1e-4),
        ("leaf.on=false", "leaf.on", False),
        ("leaf.many=[1, 2]", "leaf.many", [1, 2]),
        ("leaf.name=a=b", "leaf.name", "a=b"),
        ("leaf.limit=null", "leaf.limit", None),
        ("spare.count=8", "spare.count", 8),  # was none: begun with its defaults
        ("named.x.count=8", "named.x.count", 8),
        ("named.new.count=8", "named.new.count", 8),
        ("named.new={count: 8}", "named.new.count", 8),
        ("fixed.a.count=8", "fixed.a.count", 8),
        ("free.a.b=2", "free.a.b", 2),
        ("free.c.d.e=2", "free.c.d.e", 2),
        ("either.count=8", "either.count", 8),
    ],
)
def test_one_key_is_set_and_nothing_else(assignment: str, path: str, value: object) -> None:
    base = copy.deepcopy(BASE)
    if path.startswith("either"):
        base["either"] = plain(Leaf())
    before = copy.deepcopy(base)
    result = override(Tree, base, [assignment])
    assert base == before
    found = at(result, path)
    assert found == value
    assert type(found) is type(value)
    top = path.partition(".")[0]
    assert {k: v for k, v in result.items() if k != top} == {
        k: v for k, v in base.items() if k != top
    }
    validate(Tree, result)


def test_later_assignments_win() -> None:
    result = override(Tree, BASE, ["leaf.count=1", "leaf.count=2", "named.n.count=3"])
    assert validate(Tree, result).leaf.count == 2
    assert validate(Tree, result).named["n"] == Leaf(count=3)


@pytest.mark.parametrize(
    ("assignment", "start"),
    [
        ("leaf.count", "'--set leaf.count' is not of the form KEY=VALUE."),
        ("=8", "'--set =8' is not of the form"),
        ("leaf.count.=8", "'--set leaf.count.=8' is not of the form"),
        ("leaf..count=8", "'--set leaf..count=8' is not of the form"),
        (".leaf=8", "'--set .leaf=8' is not of the form"),
        ("leef.count=8", "Unknown key 'leef'. Did you mean 'leaf'?"),
        ("leaf.cuont=8", "Unknown key 'leaf.cuont'. Did you mean 'count'?"),
        ("spare.cuont=8", "Unknown key 'spare.cuont'. Did you mean 'count'?"),
        ("named.x.cuont=8", "Unknown key 'named.x.cuont'. Did you mean 'count'?"),
        ("fixed.b.count=8", "Unknown key 'fixed.b'. Known: a."),
        ("leaf.count.x=8", "'leaf.count' is a plain value, so 'leaf.count.x' does not exist."),
        ("leaf.limit.x=8", "'leaf.limit' is a plain value, so 'leaf.limit.x' does not exist."),
        ("named.x.count.y=8", "'named.x.count' is a plain value, so "),
        ("either.count=8", "'either' is a plain value, so 'either.count' does not exist."),
        ("free.a.b.c.d=8", "'free.a.b' is a plain value, so 'free.a.b.c.d' does not exist."),
        ("leaf.many=[1", "The value '[1' is not valid YAML: "),
    ],
)
def test_what_cannot_be_set_is_refused(assignment: str, start: str) -> None:
    assert refusal(assignment).startswith(start)


def test_every_described_key_can_be_set_to_its_default() -> None:
    """What the help pages list is what `--set` takes."""
    for field in describe(Tree):
        path = field.path.replace("NAME", "x" if field.path.startswith("named") else "a")
        if field.path.startswith(("row.", "maybe.", "shelves.", "either.")):
            continue  # below a list or a choice: set as a whole
        override(Tree, BASE, [f"{path}={'null' if field.default is None else field.default}"])
