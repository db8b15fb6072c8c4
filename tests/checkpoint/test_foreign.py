"""Files of other programs: what they are wrapped in, whose they are, and what is refused."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from made import generator, make_run, picture, save_checkpoint, size_of, srtk
from safetensors.torch import save_file
from spandrel.architectures.ESRGAN import ESRGANArch
from spandrel.architectures.ESRGAN.__arch.RRDB import RRDBNet
from torch import Tensor

import sr_toolkit as sr
from sr_toolkit.checkpoint import load_generator, read_metadata
from sr_toolkit.checkpoint.foreign import read_tensors, unwrapped
from sr_toolkit.errors import CheckpointError
from sr_toolkit.registry import registry

State = dict[str, Tensor]
STATE = {"conv.weight": torch.ones(2, 3), "conv.bias": torch.zeros(2)}
ZEROS = {key: value * 0 for key, value in STATE.items()}


def behind(prefix: str, state: State = STATE) -> State:
    return {f"{prefix}{key}": value for key, value in state.items()}


WRAPPINGS: list[dict[str, Any]] = [
    STATE,
    {"params_ema": STATE, "params": ZEROS},
    {"params-ema": STATE, "params": ZEROS},
    {"net": STATE, "epoch": 3},
    {"params": STATE, "iter": 3},
    {"epoch": 3, "state_dict": behind("module.")},
    {"state_dict": {"params": STATE}, "optimizer": {"lr": 1.0}},
    {"model_state_dict": STATE, "loss": 0.1},
    {"model": STATE, "optimizer": {}},
    {"generator": STATE, "discriminator": ZEROS},
    behind("module."),
    behind("module._orig_mod."),
    {"state_dict": behind("generator.") | behind("discriminator.", ZEROS)},
    {"state_dict": behind("generator.", ZEROS) | behind("generator_ema.")},
    {"state_dict": behind("generator._orig_mod.") | behind("discriminator.", ZEROS)},
    {"state_dict": behind("net_g.module.")},
]


@pytest.mark.parametrize("held", WRAPPINGS, ids=lambda held: " ".join(held)[:40])
@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt", ".bin"])
def test_every_wrapping(tmp_path: Path, held: dict[str, Any], suffix: str) -> None:
    path = tmp_path / f"m{suffix}"
    torch.save(held, path)
    found = read_tensors(path)
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[key], value) for key, value in STATE.items())


def test_an_old_format_of_torch(tmp_path: Path) -> None:
    torch.save({"params": STATE}, tmp_path / "m.pth", _use_new_zipfile_serialization=False)
    assert read_tensors(tmp_path / "m.pth").keys() == STATE.keys()


def test_plain_safetensors(tmp_path: Path) -> None:
    save_file(behind("module."), tmp_path / "m.safetensors")
    assert read_tensors(tmp_path / "m.safetensors").keys() == STATE.keys()


@pytest.mark.parametrize(
    ("held", "there"),
    [
        ({}, "there is nothing"),
        ({"params": {}}, "there is nothing"),
        ([1, 2], "there is nothing"),
        ({"epoch": 3}, "there is 'epoch', which is no named tensor"),
        ({0: torch.zeros(1)}, "there is '0', which is no named tensor"),
    ],
)
def test_no_weights(held: object, there: str) -> None:
    with pytest.raises(CheckpointError, match=f"'x' holds no network's weights: .* {there}"):
        unwrapped(held, "x")


def test_a_mapping_that_holds_itself_comes_to_an_end() -> None:
    held: dict[str, Any] = {}
    held["params"] = held
    with pytest.raises(CheckpointError, match="there is 'params'"):
        unwrapped(held, "x")


def test_what_needs_more_than_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    torch.save({"args": argparse.Namespace(scale=4), "params": STATE}, path)
    with pytest.raises(CheckpointError, match=r"more than weights \('argparse\.Namespace'\)"):
        read_metadata(path)


def test_a_truncated_one(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    torch.save(STATE, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"may be truncated\. Copy it again"):
        read_metadata(path)


@pytest.mark.parametrize("kind", [torch.int32, torch.complex64])
def test_what_is_no_real_weight_is_refused(tmp_path: Path, kind: torch.dtype) -> None:
    """A cast would give a network of other weights, which no check against itself could tell."""
    state = {key: (100 * value).to(kind) for key, value in spandrels().state_dict().items()}
    torch.save(state, tmp_path / "m.pth")
    outcome = srtk("convert", tmp_path / "m.pth", tmp_path / "m.safetensors")
    assert "weights are real numbers with a point" in outcome.sentence()
    assert not (tmp_path / "m.safetensors").exists()


def test_what_is_no_file_of_weights_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(CheckpointError, match="and is no pickle of weights either"):
        read_metadata(tmp_path / "text.pth")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, that TorchScript is on its way out
        torch.jit.script(torch.nn.Conv2d(1, 1, 1)).save(str(tmp_path / "jit.pt"))
    with pytest.raises(CheckpointError, match="is a TorchScript program, not weights"):
        read_metadata(tmp_path / "jit.pt")


def spandrels(scale: int = 4) -> RRDBNet:
    """Return another library's RRDBNet; its names are those of 2018."""
    torch.manual_seed(scale)
    return RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=2, scale=scale).eval()


@pytest.fixture
def rrdb(tmp_path: Path) -> Path:
    path = tmp_path / "RRDB_x4.pth"
    torch.save(spandrels().state_dict(), path)
    return path


@torch.inference_mode()
def test_another_librarys_network_gives_the_same_image(rrdb: Path) -> None:
    assert "model.1.sub.0.RDB1.conv1.0.weight" in torch.load(rrdb)
    lr = torch.rand(1, 3, 8, 11)
    for word in (rrdb, f"esrgan@{rrdb}", f"srtk-esrgan::esrgan@{rrdb}"):
        upscaler = sr.load(str(word), device="cpu")
        torch.testing.assert_close(upscaler.generator(lr), spandrels()(lr), rtol=0, atol=1e-5)


def test_its_header(rrdb: Path) -> None:
    metadata = read_metadata(rrdb)
    entry = registry().find("model", "esrgan")
    assert (metadata.model, metadata.distribution) == ("esrgan", entry.distribution)
    assert (metadata.scales, metadata.license, metadata.data) == ((4,), "", "")
    assert metadata.config["blocks"] == 2
    assert metadata.origin == "read from RRDB_x4.pth, a file of another program"


def test_at_the_command_line(rrdb: Path, tmp_path: Path) -> None:
    source = picture(tmp_path / "photos" / "a.png", 40, 40)
    outcome = srtk("upscale", source, "-o", tmp_path / "b.png", "--model", f"esrgan@{rrdb}")
    assert outcome.code == 0, outcome.err
    assert size_of(tmp_path / "b.png") == (160, 160)
    photos = f"folder:{source.parent}"
    command = ("bench", "--models", rrdb, "--dataset", photos, "--metrics", "psnr", "--device")
    outcome = srtk(*command, "cpu")
    assert outcome.code == 0, outcome.err
    assert f"foreign file {rrdb}, recognized by esrgan" in outcome.out


def test_a_single_step_is_of_two_unless_three_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x3.pth"
    torch.save(spandrels(3).state_dict(), path)
    assert load_generator(path)[0].scales == (2,)
    ours, _ = load_generator(path, scale=3)
    lr = torch.rand(1, 3, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(ours(lr), spandrels(3)(lr), rtol=0, atol=1e-5)
    assert sr.load(path, scale=3, device="cpu").scales == (3,)


def test_spandrels_own_loader_agrees_on_the_settings(rrdb: Path) -> None:
    theirs = ESRGANArch().load(torch.load(rrdb))
    assert read_metadata(rrdb).scales == (theirs.scale,)


def test_of_another_model(rrdb: Path) -> None:
    with pytest.raises(CheckpointError, match=r"are not taken: srgan says: This is neither"):
        read_metadata(rrdb, model="srgan")
    with pytest.raises(CheckpointError, match="bicubic says: it reads no files of other programs"):
        read_metadata(rrdb, model="bicubic")


def test_known_to_none(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    torch.save(torch.nn.Linear(2, 2).state_dict(), path)
    source = picture(tmp_path / "a.png")
    sentence = srtk("upscale", source, "-o", tmp_path / "b.png", "--model", path).sentence()
    assert sentence.startswith(f"'{path}' is no checkpoint of sr-toolkit, and its weights are not ")
    assert "esrgan says: This is no RRDBNet: unexpected 'weight', 'bias'; missing " in sentence
    assert "srgan says: This is neither MSRResNet nor SRResNet" in sentence


def always(answer: object) -> Callable[..., Any]:
    def read_keys(tensors: State, *, scale: int | None = None) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return read_keys


def test_known_to_several(rrdb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srtk_srgan.keys.read_keys", always(({}, (4,), {})))
    with pytest.raises(CheckpointError, match="Several models know the weights") as raised:
        read_metadata(rrdb)
    for name in ("esrgan", "srgan"):
        assert f"'{name}@{rrdb}'" in str(raised.value)
    assert read_metadata(rrdb, model="esrgan").model == "esrgan"


def test_a_plugin_that_fails_hides_no_other(rrdb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srtk_srgan.keys.read_keys", always(KeyError("conv")))
    assert read_metadata(rrdb).model == "esrgan"
    with pytest.raises(CheckpointError, match="srgan says: it failed by KeyError: 'conv'"):
        read_metadata(rrdb, model="srgan")


def test_weights_are_loaded_strictly(rrdb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srtk_esrgan.keys.read_keys", always(({"blocks": 1}, (4,), dict(STATE))))
    with pytest.raises(CheckpointError, match=r"do not fit the network .*Missing key"):
        load_generator(rrdb)


def test_our_own_files_are_read_as_before(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "m.safetensors", license="CC0-1.0")
    network, metadata = load_generator(path, scale=2)
    assert (metadata.license, metadata.origin, network.scales) == ("CC0-1.0", "", (4,))
    expected = generator().state_dict()
    assert all(torch.equal(expected[key], value) for key, value in network.state_dict().items())
    run = make_run(tmp_path / "run", "psnr")
    assert sr.load(run.path, device="cpu").source == f"run {run.path}, phase psnr"
