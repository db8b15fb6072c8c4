"""Weights of another library there and back, at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from made import generator, make_run, save_checkpoint, srtk, tree
from safetensors.torch import load_file
from spandrel.architectures.ESRGAN import ESRGANArch
from spandrel.architectures.ESRGAN.__arch.RRDB import RRDBNet

from sr_toolkit.checkpoint import file_hash, load_generator, read_metadata
from sr_toolkit.checkpoint.converting import convert
from sr_toolkit.errors import CheckpointError


def spandrels(path: Path, scale: int = 4) -> RRDBNet:
    """Write another library's RRDBNet under the names of 2018; return it."""
    torch.manual_seed(scale)
    network = RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=2, scale=scale)
    torch.save(network.state_dict(), path)
    return network.eval()


def same_image(one: torch.nn.Module, other: torch.nn.Module, tolerance: float = 1e-5) -> None:
    lr = torch.rand(1, 3, 12, 8)
    with torch.inference_mode():
        expected = other(lr)
        assert expected.std() > 1e-3
        torch.testing.assert_close(one(lr), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_old_names_there_and_back(tmp_path: Path, scale: int) -> None:
    old, ours, new = tmp_path / "old.pth", tmp_path / "ours.safetensors", tmp_path / "new.pth"
    network = spandrels(old, scale)
    assert srtk("convert", old, ours).code == 0
    same_image(load_generator(ours)[0], network)
    assert srtk("convert", ours, new).code == 0
    written = torch.load(new)["params_ema"]
    assert {"conv_first.weight", "body.1.rdb3.conv5.bias", "conv_last.bias"} <= written.keys()
    # Both programs read what was written: theirs the same network, ours the same bits.
    same_image(ESRGANArch().load({"params_ema": written}).model.eval(), network)
    assert srtk("convert", new, tmp_path / "again.safetensors").code == 0
    before, after = load_file(ours), load_file(tmp_path / "again.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    theirs = torch.load(old).values()
    bits = {value.numpy().tobytes() for value in theirs}
    assert {value.numpy().tobytes() for value in written.values()} == bits


def test_what_it_prints_and_writes(tmp_path: Path) -> None:
    old, out = tmp_path / "RRDB.pth", tmp_path / "ours.safetensors"
    network = spandrels(old)
    outcome = srtk("convert", old, out, "--model", "esrgan")
    count = sum(tensor.numel() for tensor in network.parameters())
    lines = [line.split(maxsplit=1) for line in outcome.out.splitlines()]
    shown = dict(lines)
    assert shown["model"] == "esrgan"
    assert (shown["blocks"], shown["features"], shown["scales"]) == ("2", "8", "×4")
    assert (shown["parameters"], shown["out"]) == (f"{count:,}", str(out))
    metadata = read_metadata(out)
    assert metadata.origin == f"converted from RRDB.pth, sha256 {file_hash(old)}"
    assert (metadata.license, metadata.data, metadata.steps) == ("", "", 0)
    facts = json.loads(srtk("convert", old, out, "--json", "--overwrite").out)
    assert (facts["parameters"], facts["scales"], facts["variant"]) == (count, [4], "")


def test_a_named_variant(tmp_path: Path) -> None:
    network = generator(model="esrgan", blocks=1, features=8, growth=4)
    torch.save({"params": network.state_dict()}, tmp_path / "tiny.pth")
    outcome = srtk("convert", tmp_path / "tiny.pth", tmp_path / "tiny.safetensors")
    assert "variant     tiny\n" in outcome.out


def test_a_single_step_of_three(tmp_path: Path) -> None:
    old, ours, new = tmp_path / "x3.pth", tmp_path / "x3.safetensors", tmp_path / "new.pth"
    network = spandrels(old, 3)
    assert srtk("convert", old, ours, "--scale", "3").code == 0
    converted, metadata = load_generator(ours)
    assert metadata.scales == (3,)
    same_image(converted, network)
    assert srtk("convert", ours, new).code == 0
    assert srtk("convert", old, tmp_path / "x2.safetensors").code == 0
    assert read_metadata(tmp_path / "x2.safetensors").scales == (2,)


def test_a_run_and_a_phase(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "psnr", "gan")
    out = tmp_path / "psnr.pth"
    assert srtk("convert", f"{run.path}:psnr", out, "-q").out == f"{out}\n"
    written, expected = torch.load(out)["params_ema"], load_file(run.checkpoint("psnr"))
    assert written.keys() == expected.keys()
    assert all(torch.equal(written[key], expected[key]) for key in expected)


def refused(*arguments: object) -> str:
    return srtk("convert", *arguments).sentence()


def test_refusals(tmp_path: Path) -> None:
    old = tmp_path / "old.pth"
    spandrels(old)
    ours = save_checkpoint(tmp_path / "m.safetensors")
    torch.save({"w": torch.zeros(2)}, tmp_path / "other.pth")
    before = tree(tmp_path)
    assert "not as 'x.onnx'; give OUT one of" in refused(old, tmp_path / "x.onnx")
    assert "exists already" in refused(old, ours)
    assert "is the file that is read" in refused(old, old, "--overwrite")
    assert "is a checkpoint of sr-toolkit already" in refused(ours, tmp_path / "x.safetensors")
    assert "is of ×4, not of ×2" in refused(ours, tmp_path / "x.pth", "--scale", "2")
    assert "'bicubic' has no weights to convert" in refused("bicubic", tmp_path / "x.pth")
    new = tmp_path / "x.safetensors"
    assert "of ×4, not of ×3" in refused(old, new, "--scale", "3")
    assert "srgan says: This is neither" in refused(old, new, "--model", "srgan")
    assert "are not taken: " in refused(tmp_path / "other.pth", new)
    assert tree(tmp_path) == before


def test_a_conversion_that_gives_another_image_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_checkpoint(tmp_path / "m.safetensors")

    def write_keys(state: dict[str, Any], config: object) -> dict[str, Any]:
        return {"params": {**state, "conv_last.bias": state["conv_last.bias"] + 1e-3}}

    monkeypatch.setattr("srtk_srgan.keys.write_keys", write_keys)
    with pytest.raises(CheckpointError, match="was not written: read back, its weights give ano"):
        convert(path, tmp_path / "x.pth")
    assert [one.name for one in tmp_path.iterdir()] == ["m.safetensors"]
