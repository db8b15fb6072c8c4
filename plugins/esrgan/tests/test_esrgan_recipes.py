"""Every recipe, shrunk to two steps; and what the recipes say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from sr_toolkit.api import Recipe, load, train
from srtk_esrgan import recipes

SMALL = (
    "generator.blocks=1",
    "generator.features=8",
    "generator.growth=4",
    "phases.gan.adversarial.config.features=2",
    "validation_images=1",
    *(
        f"phases.{phase}.{setting}"
        for phase in ("psnr", "gan")
        for setting in ("steps=2", "batch=2", "log_every=1", "validate_every=2", "save_every=2")
    ),
)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(3):
        cut = data.coffee()[:272, 100 * number : 100 * number + 272]
        Image.fromarray(cut).save(folder / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path / "cache"))


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1, 2, 3, 8])
def test_a_run_at_every_scale_upscales_any_size(scale: int, photos: Path, tmp_path: Path) -> None:
    run = train(
        "esrgan", preset="quick", data=f"folder:{photos}", settings=SMALL, scale=scale,
        out=tmp_path / "run", quiet=True, device="cpu",
    )  # fmt: skip
    upscaler = load(run.path, device="cpu")
    assert upscaler.scales == (scale,)
    assert upscaler.generator.size_multiple == {1: 4, 2: 2}.get(scale, 1)
    for height, width in ((1, 1), (2, 3), (13, 7)):
        image = np.full((height, width, 3), 99, np.uint8)
        assert upscaler.upscale(image).shape == (height * scale, width * scale, 3)
    lr = torch.rand(1, 3, 11, 99)
    whole, tiled = upscaler.tensor(lr, tile=None), upscaler.tensor(lr, tile=8)
    assert (tiled - whole).abs().max() <= 1e-6 * max(1.0, float(whole.abs().max()))


def test_paper_is_basicsrs() -> None:
    psnr, gan = recipes.PAPER.phases.values()
    assert (psnr.steps, psnr.crop, psnr.batch, psnr.ema) == (1_000_000, 128, 16, 0.999)
    assert psnr.optimizer.lr * psnr.schedule.floor == pytest.approx(1e-7)
    assert psnr.optimizer.betas == gan.optimizer.betas == (0.9, 0.99)
    assert gan.steps == 400_000
    assert gan.schedule.milestones == (50_000, 100_000, 200_000, 300_000)
    assert gan.schedule.gamma == 0.5
    assert gan.losses["vgg"].config["layers"] == {"conv5_4": 1.0}
    assert (gan.losses["l1"].weight, gan.losses["vgg"].weight) == (1e-2, 1)
    assert gan.adversarial is not None
    assert (gan.adversarial.weight, gan.adversarial.loss) == (5e-3, "relativistic")


def test_real_sees_degraded_photographs() -> None:
    for recipe in (recipes.REAL, recipes.REAL_LIGHT):
        for phase in recipe.phases.values():
            assert phase.degradation.preset == "realesrgan"
        adversarial = recipe.phases["gan"].adversarial
        assert adversarial is not None
        assert adversarial.discriminator == "unet"


@pytest.mark.parametrize("recipe", [recipes.LIGHT, recipes.REAL_LIGHT])
def test_the_light_ones_need_no_vgg_beyond_conv3_4(recipe: Recipe) -> None:
    layers = recipe.phases["gan"].losses["vgg"].config["layers"]
    assert set(layers) == {"conv1_2", "conv2_2", "conv3_4"}
    assert recipe.generator == {"blocks": 6}
