"""The core's own parts are held to what plugins are held to."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from real import REAL

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
    "poisson-noise": {"reach_covers": "its strength follows the image's number of levels"},
    "choice": {
        "config_is_frozen": "a choice without options would mean nothing",
        "config_round_trips": "a choice without options would mean nothing",
    },
}
SETTINGS: dict[tuple[str, str], dict[str, object]] = {
    ("metric", "torchmetrics"): {"metric": "universal_image_quality_index"},
    ("loss", "vgg"): {"layers": {"conv3_4": 1.0}},
    ("loss", "lpips"): {"net": "squeeze"},
    ("degradation", "choice"): {"options": [[{"name": "clamp"}], [{"name": "blur"}]]},
}
"""What is at hand: the first layers of VGG19, two of LPIPS's backbones."""

LACKING = {"dists", "fid"}
"""Whose weights are on no machine of ours."""

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
        for kind in ("model", "loss", "discriminator", "metric", "degradation")
        for name in declared(kind)
        if name not in BRIDGES
    ]
    + [("dataset", name) for name in ("sample", "set5")],
)
def test_our_parts_conform(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, folder in REAL.items():
        if folder:
            monkeypatch.setenv(variable, folder)
    outcomes = list(
        run_checks(
            kind,
            f"sr-toolkit::{name}",
            expected_failures=EXPECTED.get(name),
            settings=SETTINGS.get((kind, name)),
        )
    )
    assert [one.story() for one in outcomes if one.trouble] == []
    unseen = {one.check: one.reason for one in outcomes if one.state == "skipped"}
    if kind == "model":  # resizers look at sizes in Python, which the meta device cannot follow
        unseen.pop("device_kept", None)
    if name not in LACKING and all(REAL.values()):
        assert unseen == {}
