"""Every recipe of every model: trained for two steps a phase, resumed, benched, exported."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch
import torchvision
from made import srtk
from PIL import Image
from safetensors.torch import save_file
from skimage import data

import sr_toolkit as sr
from sr_toolkit import training
from sr_toolkit.registry import registry
from sr_toolkit.runs import Run
from sr_toolkit.training.plan import preset_of

SMALL = {
    "srgan": ("generator.blocks=1", "generator.features=8"),
    "esrgan": ("generator.blocks=1", "generator.features=8", "generator.growth=4"),
    "progressive": ("generator.features=8", "generator.blocks=[1,1,1]"),
    "spandrel": ("generator.parameters={num_feat: 8, num_conv: 2}",),
}
"""What makes each of our generators small; a new model needs a line here."""

LARGEST_CROP = 128  # `esrgan-vgg` takes no other


def every_preset() -> list[tuple[str, str]]:
    models = registry().names("model")
    return [(name, preset) for name in models for preset in registry().model(name).recipes]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(3):
        cut = data.coffee()[:272, 100 * number : 100 * number + 272]
        Image.fromarray(cut).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def full_vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole VGG19 feature stack of random weights, under torchvision's keys."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    features = torchvision.models.vgg19(weights=None).features.state_dict()
    tensors = {f"features.{key}": value for key, value in features.items()}
    save_file(tensors, folder / "vgg19_features.safetensors")
    return folder


def two_steps(model: str, preset: str) -> list[str]:
    """Return settings that leave everything of a recipe but its length, batch and width."""
    settings = []
    recipe = preset_of(model, preset)
    for name, phase in recipe.phases.items():
        settings += [
            f"phases.{name}.{setting}"
            for setting in (
                "steps=2", "batch=2", "log_every=1", "validate_every=2", "save_every=2",
                f"crop={min(phase.crop, LARGEST_CROP)}",
            )
        ]  # fmt: skip
        if phase.fade:
            settings.append(f"phases.{name}.fade=1")
        if phase.adversarial is not None:
            settings.append(f"phases.{name}.adversarial.config.features=2")
            settings.append(f"phases.{name}.adversarial.warmup=0")
    return [*settings, "validation_images=1"]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "preset"), every_preset())
def test_a_recipe_is_trained_resumed_benched_and_exported(
    model: str, preset: str, photos: Path, full_vgg: Path, tmp_path: Path
) -> None:
    given = {"data": f"folder:{photos}", "weights_root": full_vgg, "quiet": True, "device": "cpu"}
    settings, start = [*SMALL[model], *two_steps(model, preset)], None
    if preset == "head":  # it needs a generator to stand on
        base = [*SMALL["srgan"], *two_steps("srgan", "quick")]
        start = sr.train(
            "srgan", preset="quick", phases="psnr", scale=2, settings=base, out=tmp_path / "base",
            **given,
        ).path  # fmt: skip
        settings = two_steps(model, preset)
        given["scale"] = (4, 8)
    run = sr.train(
        model, preset=preset, settings=settings, grow_from=start, out=tmp_path / "run", **given
    )
    recipe = preset_of(model, preset)
    assert run.trained_phases() == tuple(recipe.phases)

    before = (run.path / "last.safetensors").read_bytes()
    training.resume(run.path, steps=1, quiet=True)
    assert (run.path / "last.safetensors").read_bytes() != before

    upscaler = sr.load(run.path, device="cpu")
    for scale in upscaler.scales:
        result = sr.bench(
            run.path / "best.safetensors", dataset="sample", scale=scale, metrics="psnr", quiet=True
        )[0]
        assert [row.model for row in result.rows] == ["bicubic", "run/best"]

    target = tmp_path / "model.onnx"
    exported = srtk("export", run.path, "--format", "onnx", "-o", target)
    assert exported.code == 0, exported.err
    session = onnxruntime.InferenceSession(target)
    side = 2 * upscaler.generator.size_multiple * 4
    lr = torch.rand(1, 3, side, side)
    (sr_image,) = session.run(None, {session.get_inputs()[0].name: lr.numpy()})
    torch.testing.assert_close(torch.from_numpy(sr_image), upscaler.tensor(lr), atol=1e-4, rtol=0)
    assert Run.open(run.path).find(list(recipe.phases)[-1]) is not None
