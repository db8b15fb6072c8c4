"""From plain data to dataclasses and back: strict types, no unknown key, errors with a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sr_toolkit.config import describe, option, plain, validate
from sr_toolkit.config.yaml import dump, parse
from sr_toolkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Leaf:
    count: int = option(3, help="How many.")
    rate: float = option(1e-4, help="How fast.")
    name: str = option("leaf", help="What it is called.")
    kind: Literal["oak", "elm"] = option("oak", help="Which tree.")
    on: bool = option(True, help="Whether.")
    pair: tuple[float, float] = option((0.9, 0.999), help="Two.")
    many: tuple[int, ...] = option((), help="Any number.")
    limit: int | None = option(None, help="At most; none: no limit.")

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"count must be at least 0, received {self.count}")


@dataclass(frozen=True, kw_only=True)
class Tree:
    leaf: Leaf = option(factory=Leaf, help="The one.")
    spare: Leaf | None = option(None, help="Another, or none.")
    named: dict[str, Leaf] = option(factory=dict, help="By name.", extensible=True)
    fixed: Mapping[str, Leaf] = option(factory=lambda: {"a": Leaf()}, help="No new names.")
    row: tuple[Leaf, ...] = option((), help="In order.")
    maybe: dict[str, Leaf] | None = option(None, help="By name, or none.")
    shelves: dict[str, tuple[Leaf, ...]] = option(factory=dict, help="Rows by name.")
    either: Leaf | str = option("none", help="One, or its name.")
    free: dict[str, Any] = option(factory=dict, help="Whatever.")


def refusal(data: Any, cls: type = Tree, where: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        validate(cls, data, where=where)
    return str(caught.value)


# On a fresh clone hypothesis first builds its table of characters, which takes a second or two.
unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Any text and any float that JSON has a sign for; surrogates and NaN have none.
finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
counts = st.integers(0, 2**70)
leaves = st.builds(
    Leaf,
    count=counts,
    rate=finite,
    name=text,
    kind=st.sampled_from(["oak", "elm"]),
    on=st.booleans(),
    pair=st.tuples(finite, finite),
    many=st.lists(counts, max_size=3).map(tuple),
    limit=st.none() | counts,
)
by_name = st.dictionaries(text, leaves, max_size=2)
rows = st.lists(leaves, max_size=2).map(tuple)
scalars = st.none() | st.booleans() | st.integers() | finite | text
free = st.recursive(
    scalars, lambda x: st.lists(x, max_size=2) | st.dictionaries(text, x, max_size=2), max_leaves=5
)
trees = st.builds(
    Tree,
    leaf=leaves,
    spare=st.none() | leaves,
    named=by_name,
    fixed=by_name,
    row=rows,
    maybe=st.none() | by_name,
    shelves=st.dictionaries(text, rows, max_size=2),
    either=text | leaves,
    free=st.dictionaries(text, free, max_size=3),
)


@unhurried
@given(trees)
def test_plain_data_rebuilds_what_it_came_from(tree: Tree) -> None:
    again = validate(Tree, plain(tree))
    assert again == tree
    assert list(again.named) == list(tree.named)


@unhurried
@given(trees)
def test_yaml_rebuilds_what_it_came_from(tree: Tree) -> None:
    assert validate(Tree, parse(dump(plain(tree)), source="a test")) == tree


def test_plain_data_is_plain() -> None:
    assert plain(Tree(spare=Leaf(many=(1, 2))))["spare"]["many"] == [1, 2]
    assert validate(Tree, {}) == Tree()


UNKNOWN = [
    ({"leef": {}}, "Unknown key 'leef'. Did you mean 'leaf'?"),
    ({"leaf": {"cuont": 1}}, "Unknown key 'leaf.cuont'. Did you mean 'count'?"),
    ({"leaf": {"Count": 1}}, "Unknown key 'leaf.Count'. Did you mean 'count'?"),
    ({"spare": {"cuont": 1}}, "Unknown key 'spare.cuont'. "),
    ({"named": {"x": {"cuont": 1}}}, "Unknown key 'named.x.cuont'. "),
    ({"fixed": {"x": {"cuont": 1}}}, "Unknown key 'fixed.x.cuont'. "),
    ({"row": [{}, {"cuont": 1}]}, "Unknown key 'row.1.cuont'. "),
    ({"maybe": {"x": {"cuont": 1}}}, "Unknown key 'maybe.x.cuont'. "),
    ({"shelves": {"x": [{"cuont": 1}]}}, "Unknown key 'shelves.x.0.cuont'. "),
    ({"either": {"cuont": 1}}, "Unknown key 'either.cuont'. "),
    ({"zzz": 1}, "Unknown key 'zzz'. Known: leaf, spare, "),
    ({None: 1}, "Unknown key 'None'. "),
]


@pytest.mark.parametrize(("data", "start"), UNKNOWN)
def test_an_unknown_key_is_refused_at_every_depth(data: Any, start: str) -> None:
    assert refusal(data).startswith(start)
    assert refusal(data, where="top").startswith(start.replace("key '", "key 'top.", 1))


WRONG = [
    ({"count": "8"}, "'count': input should be a valid integer (received '8')."),
    ({"count": 8.5}, "'count': "),
    ({"count": True}, "'count': "),
    ({"count": None}, "'count': "),
    ({"rate": "1e-4"}, "'rate': "),
    ({"rate": False}, "'rate': "),
    ({"name": 3}, "'name': "),
    ({"kind": "ash"}, "'kind': input should be 'oak' or 'elm' (received 'ash')."),
    ({"on": 1}, "'on': "),
    ({"on": "true"}, "'on': "),
    ({"pair": [0.9]}, "'pair.1' is missing."),
    ({"pair": 0.9}, "'pair': "),
    ({"many": [1, "2"]}, "'many.1': "),
    ({"limit": "none"}, "'limit': "),
    ({"limit": {"x": 1}}, "'limit': input should be a valid integer."),
]


@pytest.mark.parametrize(("data", "start"), WRONG)
def test_types_are_strict(data: Any, start: str) -> None:
    message = refusal(data, Leaf)
    assert message.startswith(start)
    assert "\n" not in message
    assert refusal({"named": {"x": data}}).startswith(start.replace("'", "'named.x.", 1))


def test_whole_numbers_and_lists_fill_floats_and_tuples() -> None:
    built = validate(Leaf, {"rate": 1, "pair": [1, 2], "many": [4, 5]})
    assert built == Leaf(rate=1.0, pair=(1.0, 2.0), many=(4, 5))
    assert isinstance(built.rate, float)
    assert isinstance(built.many, tuple)


@pytest.mark.parametrize("data", [{"leaf": 3}, {"spare": [1]}, {"named": {"x": "oak"}}, {"row": 1}])
def test_a_plain_value_where_keys_belong(data: Any) -> None:
    [key] = data
    assert refusal(data).startswith(f"'{key}")


def test_the_whole_must_be_keys_and_values() -> None:
    assert refusal([1]) == "'Tree' takes keys and values (received [1])."
    assert refusal(None, where="generator").startswith("'generator' takes keys and values")
    assert refusal({"named": 3}) == "'named' takes names and their settings, not 3."


def test_what_post_init_refuses_names_its_place() -> None:
    assert refusal({"leaf": {"count": -1}}) == "'leaf': count must be at least 0, received -1."
    assert refusal({"named": {"x": {"count": -1}}}).startswith("'named.x': count must be")
    assert refusal({"count": -1}, Leaf).startswith("'Leaf': count must be")
    assert refusal({"count": -1}, Leaf, "generator").startswith("'generator': count must be")


@dataclass(frozen=True)
class Fussy:
    """Raises what its argument says, as a plugin's config may."""

    how: str = "value"
    size: tuple[int, ...] | int = 1

    def __post_init__(self) -> None:
        if self.how == "silent":
            raise ValueError
        if self.how == "capitals":
            raise ValueError("RGB takes 3 channels.")
        if self.how == "type":
            raise TypeError("unhashable")
        if self.how == "ours":
            raise ConfigError("Exactly this.")


def test_odd_refusals_stay_sentences() -> None:
    assert refusal({"how": "silent"}, Fussy) == "'Fussy': does not fit."
    assert refusal({"how": "capitals"}, Fussy) == "'Fussy': RGB takes 3 channels."
    assert refusal({"how": "type"}, Fussy, "generator") == "'generator': unhashable."
    assert refusal({"how": "ours"}, Fussy) == "Exactly this."
    assert refusal({"size": [1, "2"]}, Fussy).startswith("'size.1': input")


def test_data_that_json_cannot_hold_is_refused() -> None:
    assert refusal({"free": {"x": {1, 2}}}, where="top").startswith("'top' is not plain data: ")
    looped: dict[str, Any] = {}
    looped["x"] = looped
    assert "is not plain data" in refusal({"free": looped})


def test_describe_lists_every_key_once_with_its_help() -> None:
    described = {field.path: field for field in describe(Tree)}
    assert len(described) == len(list(describe(Tree)))
    for field in fields(Leaf):
        for prefix in ("leaf", "spare", "named.NAME", "fixed.NAME"):
            found = described[f"{prefix}.{field.name}"]
            assert found.help == field.metadata["help"]
            assert found.default == plain(field.default)
    assert described["leaf.kind"].type == "oak or elm"
    assert described["leaf.limit"].type == "int | none"
    assert described["leaf.many"].type == "list of int"
    assert described["leaf"].default is None


def test_option_keeps_defaults_apart() -> None:
    first, second = Tree(), Tree()
    assert first.named is not second.named
    assert option(help="must be given").default is MISSING
