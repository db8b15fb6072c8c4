"""A plugin that was built for plugin API 1.0 and never touched since goes on working."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import sr_toolkit as sr
from sr_toolkit.checkpoint import build_generator, load_generator
from sr_toolkit.diagnosis.doctor import diagnose
from sr_toolkit.errors import CheckpointError
from sr_toolkit.registry import Registry, build, import_object

FIXTURES = Path(__file__).parents[1] / "fixtures"
WHEEL = FIXTURES / "acme_sr_1_0-1.0.0-py3-none-any.whl"
CHECKPOINT = FIXTURES / "acme-net-1.0.safetensors"
EXPECTED = FIXTURES / "acme-net-1.0-expected.safetensors"
PARTS = {
    ("model", "acme-net"),
    ("loss", "acme-fourth"),
    ("discriminator", "acme-judge"),
    ("dataset", "acme-waves"),
    ("metric", "acme-mae"),
}
Srtk = Callable[..., Any]


@pytest.fixture
def acme(site: Path) -> Path:
    """The wheel, laid out as an installer does."""
    with zipfile.ZipFile(WHEEL) as archive:
        archive.extractall(site)
    return site


def test_the_wheel_is_made_of_the_source_beside_it() -> None:
    source = FIXTURES / "acme-sr-1-0" / "src"
    with zipfile.ZipFile(WHEEL) as archive:
        packed = {
            name: archive.read(name) for name in archive.namelist() if ".dist-info" not in name
        }
    files = {path.relative_to(source).as_posix(): path for path in source.rglob("*.py")}
    assert set(packed) == set(files)
    for name, path in files.items():
        assert packed[name] == path.read_bytes(), f"rebuild the wheel: {name} is another one"


def test_every_part_is_ok_and_builds(acme: Path) -> None:
    entries = [e for e in Registry.scan().entries() if e.distribution == "acme-sr-1-0"]
    assert {(e.kind, e.name) for e in entries} == PARTS
    assert {(e.state, e.cause, e.note) for e in entries} == {("ok", "", "")}
    assert {e.require().api for e in entries} == {(1, 0)}
    generator = build_generator("acme-net", {"features": 3}, (4,))
    assert generator(torch.zeros(1, 3, 5, 6)).shape == (1, 3, 20, 24)
    x, y = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    assert torch.isclose(build("loss", "acme-fourth")(x, y), ((x - y) ** 4).mean())
    assert build("discriminator", "acme-judge")(x).shape == (1, 1, 4, 4)
    assert build("dataset", "acme-waves").image(0).shape == (64, 64, 3)
    metric = build("metric", "acme-mae")
    assert metric.score(np.full((4, 4, 1), 9.0), np.full((4, 4, 1), 6.5)) == 2.5


def test_the_doctor_finds_nothing_broken(acme: Path) -> None:
    found = diagnose(("acme-sr-1-0",))
    [one] = found["distributions"]
    assert {part["state"] for part in one["parts"]} == {"ok"}
    assert [f for f in found["findings"] if f["about"].startswith("acme")] == []


def test_it_trains_is_measured_and_enlarges(acme: Path, tmp_path: Path) -> None:
    """Its recipe names its own loss and discriminator; its dataset trains and is benched on."""
    run = sr.train(
        "acme-net", preset="quick", data="acme-waves", out=tmp_path / "run", device="cpu",
        scale=2, quiet=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    assert any("acme-fourth" in line for line in lines)
    assert (run.path / "gan" / "discriminator.safetensors").is_file()
    with torch.no_grad():
        start = build_generator("acme-net", {}, (2,))
        trained, metadata = load_generator(run.path / "last.safetensors")
    assert metadata.qualified == "acme-sr-1-0::acme-net"
    assert type(trained).__name__ == type(start).__name__ == "Net"

    results = sr.bench(
        [run.path], dataset="acme-waves", metrics=("psnr", "acme-mae"), scale=2, device="cpu",
        quiet=True,
    )  # fmt: skip
    table = results.table()
    assert "ACME-MAE" in table
    assert "bicubic" in table

    image = build("dataset", "acme-waves").image(1)
    large = sr.load(run.path, device="cpu").upscale(Image.fromarray(image))
    assert large.size == (128, 128)


def test_a_checkpoint_of_then_opens_and_gives_what_it_gave(acme: Path) -> None:
    generator, metadata = load_generator(CHECKPOINT)
    assert (metadata.model, metadata.scales, metadata.version) == ("acme-net", (2,), "1.0.0")
    expected = load_file(EXPECTED)
    with torch.no_grad():
        given = generator.eval()(expected["lr"])
    torch.testing.assert_close(given, expected["sr"], rtol=1e-5, atol=1e-6)


def test_without_the_plugin_the_checkpoint_says_whose_it_is(site: Path) -> None:
    with pytest.raises(sr.SrtkError, match="acme-net"):
        load_generator(CHECKPOINT)


def test_others_names_are_read_and_written(acme: Path) -> None:
    spec = Registry.scan().model("acme-net")
    generator, _ = load_generator(CHECKPOINT)
    state = generator.state_dict()
    theirs = import_object(spec.write_keys)(state, generator.config)
    assert set(theirs) == {"a.weight", "a.bias", "b.weight", "b.bias"}
    config, scales, back = import_object(spec.read_keys)(theirs)
    assert (config, scales) == ({"features": 4}, (2,))
    assert all(torch.equal(back[key], state[key]) for key in state)
    with pytest.raises(CheckpointError):
        import_object(spec.read_keys)({"x": state["first.bias"]})


def test_it_is_shown_and_listed(acme: Path, srtk: Srtk) -> None:
    told = json.loads(srtk("plugins", "show", "acme-sr-1-0", "--json").out)
    assert {(part["kind"], part["name"]) for part in told["parts"]} == PARTS
    shown = srtk("models", "show", "acme-net")
    assert shown.code == 0, shown.err
    assert "narrow" in shown.out
    assert srtk("plugins", "show", "loss", "acme-fourth").code == 0
