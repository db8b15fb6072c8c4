"""The core's own parts are held to what plugins are held to."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from sr_toolkit.spec import KINDS
from sr_toolkit.testing import run_checks

SETUP = Path(__file__).parents[2] / "setup.cfg"
ONNX = {"onnx_parity": "its weights are computed from the image's size, in Python"}
EXPECTED: dict[tuple[str, str], dict[str, str]] = {}


def declared(kind: str) -> list[str]:
    config = configparser.ConfigParser()
    config.read(SETUP)
    lines = config["options.entry_points"][KINDS[kind]].strip().splitlines()
    return [line.partition("=")[0].strip() for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("model", "loss", "discriminator", "metric")
        for name in declared(kind)
    ]
    + [("dataset", name) for name in ("sample", "set5")],
)
def test_our_parts_conform(kind: str, name: str) -> None:
    expected = ONNX if kind == "model" else EXPECTED.get((kind, name), {})
    outcomes = list(run_checks(kind, f"sr-toolkit::{name}", expected_failures=expected))
    assert [one.story() for one in outcomes if one.trouble] == []
