"""What a new plugin of each kind says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of plugin.

    Attributes:
        summary: of the part that is generated, one line.
        commands: what to type after installing it; {part} stands for its name.
        places: where an author begins, for the README.
        api: the plugin API that the template is written for: a lower one runs in more versions.
    """

    summary: str
    commands: tuple[str, ...]
    places: tuple[str, ...]
    api: tuple[int, int] = (1, 0)


_SPEC = "`src/{package}/plugin.py`: the summary and the license, which listings show."
_CONFIG = "`src/{package}/config.py`: the settings, each with a default and a line of help."

KINDS = {
    "model": Kind(
        summary="A small residual network for super-resolution.",
        commands=(
            "srtk models list",
            "srtk train {part} --preset quick",
            "srtk bench --models {part} --dataset sample",
            "srtk upscale photo.jpg -o large.png --model {part}",
        ),
        places=(
            "`src/{package}/generator.py`: the network. Correct `receptive_field` with it.",
            _CONFIG,
            "`src/{package}/recipes.py`: how it is trained; each recipe is a `--preset`.",
            "`src/{package}/plugin.py`: scales, paper, license; published weights go into "
            "`weights=`.",
            "`tests/test_network.py`: counts the parameters of the network that was generated.",
        ),
    ),
    "loss": Kind(
        summary="Absolute error that counts more on edges.",
        commands=(
            "srtk plugins show loss {part}",
            "srtk train srgan --preset quick --set phases.psnr.losses.{part}.weight=.1",
        ),
        places=("`src/{package}/loss.py`: the loss.", _CONFIG, _SPEC),
    ),
    "metric": Kind(
        summary="Percent of pixels that are visibly off; lower is better.",
        commands=(
            "srtk plugins show metric {part}",
            "srtk bench --models bicubic,lanczos --dataset sample --metrics psnr,{part}",
        ),
        places=("`src/{package}/metric.py`: the metric.", _CONFIG, _SPEC),
    ),
    "dataset": Kind(
        summary="Test charts drawn by formula: rings of every frequency.",
        commands=(
            "srtk plugins show dataset {part}",
            "srtk bench --models bicubic,lanczos --dataset {part}",
            "srtk train srgan --preset quick --data {part}:32",
        ),
        places=("`src/{package}/dataset.py`: the images.", _CONFIG, _SPEC),
    ),
    "discriminator": Kind(
        summary="Strided convolutions with a logit for each patch.",
        commands=(
            "srtk plugins show discriminator {part}",
            "srtk train srgan --preset quick --set phases.gan.adversarial.discriminator={part}",
        ),
        places=("`src/{package}/discriminator.py`: the network.", _CONFIG, _SPEC),
    ),
    "degradation": Kind(
        summary="Another brightness curve for each image.",
        commands=(
            "srtk plugins show degradation {part}",
            "srtk train srgan --preset quick "
            "--set 'phases.psnr.degradation.steps=[{{name: {part}}}]'",
        ),
        places=("`src/{package}/step.py`: the operation.", _CONFIG, _SPEC),
        api=(1, 1),
    ),
}
