"""The contract of docs/plugin-api.md: specs of 1.0 load, later minors and majors are told."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from distributions import write_distribution

from sr_toolkit.registry import Entry, Registry
from sr_toolkit.spec import KINDS, PLUGIN_API, ComponentSpec, ModelSpec, WeightsSpec

MODEL_1_0 = {
    "summary": "'x'",
    "scales": "(2,)",
    "generator": "'a:b'",
    "config": "'a:c'",
    "recipes": "{'quick': 'a:R'}",
    "weights": "(WeightsSpec(name='w', source='w.safetensors', scales=(2,), license='MIT', "
    "sha256='', data_terms='', scores={'set5/psnr': 30.0}, default=True),)",
    "paper": "'x'",
    "license": "'MIT'",
    "variants": "{'small': {'blocks': 2}}",
    "needs_weights": "True",
    "grows": "False",
    "read_keys": "'a:read'",
    "write_keys": "'a:write'",
    "grow_onto": "'a:grow'",
}
"""Every field of a ModelSpec of plugin API 1.0 beside `api`, as a plugin writes it."""
COMPONENT_1_0 = {"summary": "'x'", "factory": "'a:b'", "config": "'a:c'"}


def spec_source(kind: str, api: tuple[int, int], **more: str) -> str:
    cls, fields = ("ModelSpec", MODEL_1_0) if kind == "model" else ("ComponentSpec", COMPONENT_1_0)
    given = {"api": repr(api), **fields, **more}
    return (
        f"from sr_toolkit.api import {cls}, WeightsSpec\n"
        f"SPEC = {cls}({', '.join(f'{key}={value}' for key, value in given.items())})\n"
    )


def planted(site: Path, kind: str, source: str) -> Entry:
    write_distribution(
        site, "dated", points={KINDS[kind]: {"dated": "dated_plugin:SPEC"}},
        modules={"dated_plugin": source},
    )  # fmt: skip
    [found] = [e for e in Registry.scan().entries(kind) if e.name == "dated"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_spec_with_all_that_1_0_had_loads(site: Path, kind: str) -> None:
    found = planted(site, kind, spec_source(kind, (1, 0)))
    assert (found.state, found.cause) == ("ok", "")
    assert found.require().api == (1, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("api", [(1, PLUGIN_API[1] + 1), (2, 0)])
def test_a_later_minor_or_another_major_is_incompatible(
    site: Path, kind: str, api: tuple[int, int]
) -> None:
    found = planted(site, kind, spec_source(kind, api))
    assert found.state == "incompatible"
    assert found.cause == (
        f"written for plugin API {api[0]}.{api[1]}; this sr-toolkit offers "
        f"{PLUGIN_API[0]}.{PLUGIN_API[1]}"
    )


def test_a_field_of_a_later_minor_is_refused_by_name(site: Path) -> None:
    """Why a plugin states the minor whose fields it uses: an older core knows no such field."""
    source = spec_source("model", (1, PLUGIN_API[1] + 1), colour="'red'")
    found = planted(site, "model", source)
    assert found.state == "broken"
    assert "unexpected keyword argument 'colour'" in found.cause


ADDED: dict[type[Any], dict[str, tuple[int, int]]] = {
    ModelSpec: {"fallback": (1, 1), "examples": (1, 1)},
    ComponentSpec: {},
    WeightsSpec: {},
}
"""Fields that came later, each with its minor; a new one is entered here."""
OF_1_0: dict[type[Any], set[str]] = {
    ModelSpec: {"api", *MODEL_1_0},
    ComponentSpec: {"api", *COMPONENT_1_0},
    WeightsSpec: set(re.findall(r"(\w+)=", MODEL_1_0["weights"])),
}


@pytest.mark.parametrize("cls", OF_1_0)
def test_fields_are_added_as_options_and_never_taken_away(cls: type[Any]) -> None:
    fields = {field.name: field for field in dataclasses.fields(cls)}
    assert set(fields) == OF_1_0[cls] | set(ADDED[cls])
    for name, minor in ADDED[cls].items():
        field = fields[name]
        assert (
            field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING
        ), f"{name} has no default, so that every plugin of before would break"
        assert minor <= PLUGIN_API
        told = re.search(rf"^ +{name}: .*?Since (\d+)\.(\d+)\.", cls.__doc__ or "", re.M | re.S)
        assert told is not None
        assert (int(told[1]), int(told[2])) == minor


def test_groups_of_1_0_are_as_promised() -> None:
    promised = {
        "model": "srtk.models",
        "discriminator": "srtk.discriminators",
        "loss": "srtk.losses",
        "dataset": "srtk.datasets",
        "metric": "srtk.metrics",
    }
    assert promised.items() <= dict(KINDS).items()


def test_the_page_of_the_contract_names_all_of_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plugin-api.md").read_text(encoding="utf-8")
    for word in (*KINDS.values(), f"{PLUGIN_API[0]}.{PLUGIN_API[1]}", "SrtkDeprecationWarning"):
        assert f"`{word}`" in page, word
    for cls, fields in ADDED.items():
        for field, minor in fields.items():
            row = rf"\| `{minor[0]}\.{minor[1]}` \|.*`{cls.__name__}\.{field}`"
            assert re.search(row, page), field
