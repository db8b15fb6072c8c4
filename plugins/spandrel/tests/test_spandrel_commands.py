"""A file of spandrel's at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import spandrel
import torch
from made import srtk
from PIL import Image
from spandrel_networks import make, silent, write


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path, rng = tmp_path / "a.png", np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (23, 31, 3), dtype=np.uint8)).save(path)
    return path


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def spandrels_own(path: Path, lr: np.ndarray) -> np.ndarray:
    descriptor = silent(lambda: spandrel.ModelLoader().load_from_file(path)).eval()
    tensor = torch.from_numpy(lr.copy()).permute(2, 0, 1)[None].float() / 255
    sr = silent(lambda: descriptor(tensor))[0].permute(1, 2, 0).double().numpy()
    return np.floor(sr * 255 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("name", ["Compact", "SAFMN", "SwinIR"])
def test_upscale_gives_spandrels_image(name: str, photo: Path, tmp_path: Path) -> None:
    weights, out = (
        write(tmp_path / "2x.pth", make(name).state_dict(), "params.pth"),
        tmp_path / "b.png",
    )
    outcome = srtk("upscale", photo, "-o", out, "--model", weights)
    assert outcome.code == 0, outcome.err
    assert "recognized by spandrel" in outcome.err
    assert name in outcome.err and "license of its code" in outcome.err
    got, expected = (
        pixels_of(out),
        spandrels_own(weights, pixels_of(photo)),
    )
    assert np.array_equal(got, expected)


def test_gray_and_alpha(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    luma = write(
        tmp_path / "gray.safetensors", make("Compact", num_in_ch=1, num_out_ch=1).state_dict()
    )
    pixels = rng.integers(0, 256, (12, 10), dtype=np.uint8)
    for mode in ("L", "RGB", "RGBA"):
        source, out = tmp_path / f"{mode}.png", tmp_path / f"{mode}-x2.png"
        Image.fromarray(pixels).convert(mode).save(source)
        assert srtk("upscale", source, "-o", out, "--model", luma).code == 0
        with Image.open(out) as grown:
            assert (grown.mode, grown.size) == (mode, (20, 24))
    assert np.array_equal(
        pixels_of(tmp_path / "L-x2.png"),
        spandrels_own(luma, pixels[..., None])[..., 0],
    )


def test_bench_by_path_and_by_name(tmp_path: Path) -> None:
    weights = write(tmp_path / "2x.safetensors", make("Compact").state_dict())
    out = tmp_path / "bench"
    outcome = srtk(
        "bench", "--models", f"spandrel@{weights},{weights}", "--dataset", "sample", "--scale", "2",
        "--metrics", "psnr", "--no-cost", "-o", out, "--quiet",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("recognized by spandrel") >= 1
    rows = json.loads((out / "results.json").read_text())
    assert "spandrel" in json.dumps(rows)


def test_models_show(tmp_path: Path) -> None:
    shown = srtk("models", "show", "spandrel").out
    assert all(name in shown for name in ("SwinIR", "RealPLKSR", "Apache-2.0", "parameters"))
    weights = write(tmp_path / "2x.safetensors", make("SPAN").state_dict())
    for reference in (str(weights), f"spandrel@{weights}"):
        shown = srtk("models", "show", reference).out
        assert "SPAN (12nf)" in shown and "License of the weights: not stated" in shown
    card = json.loads(srtk("models", "show", str(weights), "--json").out)
    assert card["config"]["parameters"]["feature_channels"] == 12
    assert card["sizes"] == [{"scale": 2, "receptive_field": 21}]
