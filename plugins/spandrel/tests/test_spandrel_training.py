"""Training from scratch and on from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from made import srtk
from safetensors.torch import load_file
from spandrel_networks import SMALL, make, silent, write
from torch.nn import functional as F

import sr_toolkit as sr
from sr_toolkit import training
from sr_toolkit.api import ConfigError
from sr_toolkit.checkpoint import build_generator, load_generator, read_metadata
from sr_toolkit.errors import StoppedError
from sr_toolkit.runs import Run
from sr_toolkit.training.interrupt import StopSignal
from sr_toolkit.training.trainer import Trainer
from sr_toolkit.upscaling.upscaler import load


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path_factory.mktemp("cache")))


SHORT = (
    "phases.psnr.steps=6",
    "phases.psnr.batch=2",
    "phases.psnr.crop=32",
    "phases.psnr.validate_every=3",
    "phases.psnr.save_every=3",
    "validation_images=1",
)
ASIDE = {
    "FDAT": "groups.",
    "FFTformer": "reduce_chan_level2.",
    "HVICIDNet": "I_LCA5.",
    "IPT": ("sub_mean.", "add_mean.", "tail.", "head."),
    "SPAN": "",  # eval_conv, of every layer
    "SwiftSRGAN": ("residual.", "convblock."),
}
"""Networks with weights that take no part in what they compute, and where these are."""


@pytest.mark.parametrize("name", [name for name in SMALL if not name.startswith("UpC")])
def test_gradients_reach_the_weights(name: str) -> None:
    torch.manual_seed(0)
    parameters = SMALL[name]
    scale = 1 if not {"upscale", "scale", "upscaling_factor", "up_scale", "upscale_factor"} & set(
        parameters
    ) else 2  # fmt: skip
    config = {"architecture": name, "parameters": parameters}
    generator = build_generator("spandrel", config, (scale,)).train()
    silent(lambda: generator(torch.rand(2, 3, 64, 64)).square().mean().backward())
    left = [key for key, one in generator.named_parameters() if one.grad is None]
    if name == "SPAN":
        assert left and all(".eval_conv." in key for key in left)
    elif name in ASIDE:
        prefixes = ASIDE[name]
        assert all(key.removeprefix("network.").startswith(prefixes) for key in left), left
    else:
        assert not left


def test_span_is_the_same_network_in_training_and_after() -> None:
    """In evaluation it folds its branches into one convolution each."""
    config = {"architecture": "span", "parameters": SMALL["SPAN"]}
    generator = build_generator("spandrel", config, (2,)).double()
    lr = torch.rand(1, 3, 20, 16, dtype=torch.float64)
    with torch.no_grad():
        for _ in range(2):  # and once more with other weights
            trained, evaluated = generator.train()(lr), generator.eval()(lr)
            torch.testing.assert_close(trained, evaluated, rtol=1e-9, atol=1e-9)
            for parameter in generator.parameters():
                parameter += 0.05 * torch.randn_like(parameter)


@pytest.mark.parametrize("name", ["Compact", "SPAN", "SwinIR"])
def test_fine_tuning_lowers_the_loss(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "theirs.safetensors", make(name).state_dict())
    generator, _ = load_generator(path)
    generator.train()
    torch.manual_seed(1)
    hr = F.interpolate(torch.rand(4, 3, 8, 8), scale_factor=4, mode="bicubic").clamp(0, 1)
    lr = F.avg_pool2d(hr, 2)
    optimizer = torch.optim.Adam(generator.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss = F.l1_loss(silent(lambda: generator(lr)), hr)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_from_a_file_its_network_is_trained_on(tmp_path: Path) -> None:
    source = write(tmp_path / "theirs.pth", make("ESRGAN").state_dict(), "bare.pth")
    run = sr.train(
        "spandrel", preset="quick", start_from=source, data="sample", settings=SHORT,
        out=tmp_path / "run", quiet=True,
    )  # fmt: skip
    metadata = read_metadata(run.checkpoint("psnr"))
    assert (metadata.model, metadata.scales) == ("spandrel", (2,))  # and not esrgan, asked first
    before, _ = load_generator(source, model="spandrel")
    after = load(run.path).generator
    assert after.config == before.config
    theirs, ours = before.state_dict(), after.state_dict()
    assert theirs.keys() == ours.keys()
    moved = [float((ours[key] - theirs[key]).abs().max()) for key in ours]
    assert 0 < max(moved) < 0.05  # six steps further, and not another beginning


def test_a_resumed_training_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPAN's folded convolutions are neither trained nor the same before and after validation."""

    def train(folder: str) -> Run:
        return sr.train(
            "spandrel", preset="quick", architecture="span", scale=2, data="sample",
            settings=(*SHORT, "generator.parameters={feature_channels: 8}"),
            out=tmp_path / folder, quiet=True,
        )  # fmt: skip

    straight = train("straight")
    signals: list[StopSignal] = []
    advance = Trainer.advance

    class Remembered(StopSignal):
        def __init__(self) -> None:
            super().__init__()
            signals.append(self)

    def counted(self: Trainer) -> None:
        advance(self)
        signals[-1].requested = self.step == 4

    with monkeypatch.context() as patch:
        patch.setattr("sr_toolkit.training.session.StopSignal", Remembered)
        patch.setattr(Trainer, "advance", counted)
        with pytest.raises(StoppedError):
            train("stopped")
    resumed = training.resume(tmp_path / "stopped", quiet=True)
    one, two = (load_file(run.checkpoint("psnr", "last")) for run in (straight, resumed))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[key], two[key]) for key in one)
    lr = torch.rand(1, 3, 12, 12)
    first, second = (load(run.path).tensor(lr) for run in (straight, resumed))
    assert torch.equal(first, second)


def test_another_network_takes_nothing_of_the_file(tmp_path: Path) -> None:
    source = write(tmp_path / "theirs.pth", make("Compact").state_dict(), "params.pth")
    with pytest.raises(sr.api.SrtkError, match=r"Nothing in .* fits this generator"):
        sr.train(
            "spandrel", preset="quick", start_from=source, architecture="mosr", data="sample",
            settings=(*SHORT, "generator.parameters={dim: 16, n_block: 1}"),
            out=tmp_path / "run", quiet=True,
        )  # fmt: skip


def test_arch_is_for_models_with_several_networks(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'srgan' has one .received 'span'"):
        sr.train("srgan", architecture="span", out=tmp_path / "run")
    outcome = srtk(
        "train", "spandrel", "--arch", "spam", "--preset", "quick", "-o", tmp_path / "run"
    )
    assert outcome.code == 1 and "Did you mean 'SPAN'" in outcome.err


SWIN = (
    "{embed_dim: 24, depths: [2, 2], num_heads: [2, 2], window_size: 8, "
    "upsampler: pixelshuffledirect}"
)


def learn(architecture: str, parameters: str, steps: int, out: Path) -> tuple[list[float], float]:
    """Train on `sample`; return validation's PSNR, six times on the way, and bicubic's."""
    run = sr.train(
        "spandrel", preset="quick", architecture=architecture, scale=2, data="sample",
        settings=(
            f"generator.parameters={parameters}",
            *(f"phases.psnr.steps={steps}", "phases.psnr.batch=8", "phases.psnr.crop=64"),
            *(f"phases.psnr.validate_every={steps // 6}", f"phases.psnr.save_every={steps}"),
            *("phases.psnr.optimizer.lr=2e-3", "validation_images=2", "phases.psnr.ema=0.9"),
        ),
        out=out, quiet=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    found = [line for line in lines if line["event"] == "validation"]
    assert len(found) == 6
    return [line["psnr"] for line in found], found[0]["bicubic_psnr"]


@pytest.mark.slow
def test_a_light_network_learns_from_scratch(tmp_path: Path) -> None:
    psnr, bicubic = learn("compact", "{num_feat: 24, num_conv: 6}", 300, tmp_path / "run")
    assert psnr[-1] > psnr[0] + 1.5
    assert psnr[-1] > bicubic + 0.2


@pytest.mark.slow
def test_a_transformer_learns_from_scratch(tmp_path: Path) -> None:
    psnr, _ = learn("swinir", SWIN, 120, tmp_path / "run")
    assert psnr == sorted(psnr)
    assert psnr[-1] > psnr[0] + 3
