"""`srtk export`: names, refusals, and what is there afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from made import generator, metadata, picture, save_checkpoint, srtk, tree

from sr_toolkit import checkpoint
from sr_toolkit.exporting import formats


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return save_checkpoint(tmp_path / "run" / "best.safetensors")


def test_the_name_follows_from_the_model(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = srtk("export", weights, "--format", "pt2")
    assert (outcome.code, outcome.out) == (0, "srgan-x4.pt2\n")
    assert outcome.err == "Exported and checked against the model:\n"
    outcome = srtk("export", weights, "--format", "pt2", "--tile", 16, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "srgan-x4-16.pt2\n", "")
    program = torch.export.load(tmp_path / "srgan-x4-16.pt2").module()
    assert program(torch.rand(1, 3, 16, 16)).shape == (1, 3, 64, 64)


def test_the_format_follows_from_the_suffix(weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "model.PT2"
    assert srtk("export", weights, "-o", out).code == 0
    assert torch.export.load(out).module()(torch.rand(1, 3, 5, 9)).shape == (1, 3, 20, 36)
    assert [path.name for path in out.parent.iterdir()] == ["model.PT2"]


def test_an_existing_file_is_kept_unless_asked(weights: Path, tmp_path: Path) -> None:
    out = picture(tmp_path / "a.png").rename(tmp_path / "a.pt2")
    before = tree(tmp_path)
    sentence = srtk("export", weights, "-o", out).sentence()
    assert sentence.endswith("exists already; give --overwrite to replace it, or another --out.")
    assert tree(tmp_path) == before
    assert srtk("export", weights, "-o", out, "--overwrite").code == 0
    torch.export.load(out)


@pytest.mark.parametrize("kind", ["onnx", "pt2"])
def test_the_same_model_gives_the_same_bytes(weights: Path, tmp_path: Path, kind: str) -> None:
    outs = [tmp_path / name for name in (f"a.{kind}", f"another.{kind}")]
    for out in outs:
        assert srtk("export", weights, "-o", out, "--tile", 16).code == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize("missing", [("onnxscript",), ("onnx", "onnxruntime")])
def test_a_missing_library_is_one_sentence(
    missing: tuple[str, ...], weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = formats.find_spec
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name in missing else found(name))
    before = tree(tmp_path)
    sentence = srtk("export", weights, "-o", tmp_path / "a.onnx").sentence()
    assert sentence == (
        f"Exporting to onnx needs {' and '.join(missing)}, not installed here; run "
        "'pip install \"sr-toolkit[onnx]\"' first."
    )
    assert tree(tmp_path) == before
    assert srtk("export", weights, "-o", tmp_path / "a.pt2").code == 0


def test_an_unknown_format(weights: Path) -> None:
    outcome = srtk("export", weights, "--format", "onx")
    assert outcome.code == 2
    assert "'onx' is not one of 'onnx', 'pt2'" in outcome.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-o", "a.bin"), "'a.bin' does not end in .onnx, as a file of the format onnx must; "),
        (("-o", "a.onnx", "--format", "pt2"), "'a.onnx' does not end in .pt2, "),
        (("--format", "pt2", "--scale", "2"), "'run/best' serves ×4, not ×2; "),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    words: tuple[str, ...],
    sentence: str,
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)
    assert srtk("export", weights, *words).sentence().startswith(sentence)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(("tile", "near"), [(15, 16), (1, 2), (33, 32)])
def test_a_tile_that_does_not_fold(tmp_path: Path, tile: int, near: int) -> None:
    module = generator(2, model="esrgan", blocks=1, features=4, growth=2)
    weights = tmp_path / "best.safetensors"
    told = metadata(module, model="esrgan", distribution="srtk-esrgan")
    checkpoint.save(weights, module, told)
    out = tmp_path / "a.pt2"
    sentence = srtk("export", weights, "-o", out, "--tile", tile).sentence()
    assert sentence == (f"--tile for 'esrgan' at ×2 is a multiple of 2, not {tile}; take {near}.")
    assert not out.exists()


def test_another_programs_file_is_exported_at_the_scale_that_is_named(tmp_path: Path) -> None:
    """An RRDBNet of ×3 looks like one of ×2."""
    module = generator(3, model="esrgan", blocks=1, features=8, growth=4)
    torch.save({"params_ema": module.state_dict()}, tmp_path / "three.pth")
    out = tmp_path / "three.pt2"
    outcome = srtk("export", tmp_path / "three.pth", "--scale", 3, "-o", out)
    assert outcome.code == 0, outcome.err
    assert torch.export.load(out).module()(torch.rand(1, 3, 5, 9)).shape == (1, 3, 15, 27)
