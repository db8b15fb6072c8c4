"""The core's own parts are held to what plugins are held to."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from sr_toolkit.spec import KINDS
from sr_toolkit.testing import run_checks

SETUP = Path(__file__).parents[2] / "setup.cfg"
SIZED = {"onnx_parity": "its weights are computed from the image's size, in Python"}
PILLOW = {
    "output_not_clamped": "Pillow takes and gives 8 bits",
    "device_kept": "Pillow computes on the CPU",
    "onnx_parity": "Pillow is no network",
}
EXPECTED = {
    "bicubic": SIZED,
    "bilinear": SIZED,
    "lanczos": SIZED,
    "nearest": SIZED,
    "pil-bicubic": PILLOW,
}
SETTINGS = {"torchmetrics": {"metric": "universal_image_quality_index"}}
BRIDGES = {"pyiqa"}
"""What checks nothing of its own: a package that is not installed here."""


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
        if name not in BRIDGES
    ]
    + [("dataset", name) for name in ("sample", "set5")],
)
def test_our_parts_conform(kind: str, name: str) -> None:
    outcomes = list(
        run_checks(
            kind,
            f"sr-toolkit::{name}",
            expected_failures=EXPECTED.get(name),
            settings=SETTINGS.get(name),
        )
    )
    assert [one.story() for one in outcomes if one.trouble] == []
