"""How the growing generator is trained: ×2, then ×4 with ×2 frozen, then all; the same to ×8."""

from __future__ import annotations

from typing import Any

from sr_toolkit.api import Adversarial, LossTerm, Optimizer, Phase, Recipe, Schedule

L1 = {"l1": LossTerm()}
BETAS = (0.9, 0.99)
ONE_CYCLE = Schedule(name="one-cycle")
COSINE = Schedule(name="cosine", floor=0.05)


def _psnr(steps: int, batch: int, crop: int, lr: float, every: int, **settings: Any) -> Phase:
    """Return a phase of L1 alone."""
    given: dict[str, Any] = {"schedule": ONE_CYCLE, "ema": 0.999, **settings}
    return Phase(
        steps=steps,
        batch=batch,
        crop=crop,
        losses=L1,
        optimizer=Optimizer(lr=lr, betas=BETAS),
        validate_every=every,
        save_every=every,
        **given,
    )


QUICK = Recipe(
    summary="A small network at ×2, ×4 and ×8 in some minutes on two cores; needs no weights.",
    generator={"features": 32, "blocks": [6, 2, 1]},
    phases={
        "x2": _psnr(500, 16, 64, 2e-3, 250, scales=(2,), ema=0.99),
        "x4": _psnr(400, 8, 96, 2e-3, 200, scales=(4,), freeze=("x2",), fade=100, ema=0.99),
        "x4-all": _psnr(150, 8, 96, 3e-4, 150, scales=(2, 4), schedule=COSINE, ema=0.99),
        "x8": _psnr(300, 8, 128, 2e-3, 150, scales=(8,), freeze=("x2", "x4"), fade=75, ema=0.99),
        "x8-all": _psnr(150, 8, 128, 2e-4, 150, scales=(2, 4, 8), schedule=COSINE, ema=0.99),
    },
    validation_images=3,
)

SMALL_DATA = Recipe(
    summary="A few hundred photographs; hours on two cores; needs no weights.",
    phases={
        "x2": _psnr(15_000, 16, 64, 5e-4, 1000, scales=(2,)),
        "x4": _psnr(10_000, 16, 96, 5e-4, 1000, scales=(4,), freeze=("x2",), fade=1000),
        "x4-all": _psnr(5_000, 16, 96, 1e-4, 1000, scales=(2, 4), schedule=COSINE),
        "x8": _psnr(8_000, 16, 128, 5e-4, 1000, scales=(8,), freeze=("x2", "x4"), fade=1000),
        "x8-all": _psnr(4_000, 16, 128, 1e-4, 1000, scales=(2, 4, 8), schedule=COSINE),
    },
)

PAPER = Recipe(
    summary="DIV2K at the length of papers, closed by a GAN at ×8; VGG19 up to conv4_4.",
    phases={
        "x2": _psnr(400_000, 16, 96, 2e-4, 5000, scales=(2,), schedule=COSINE),
        "x4": _psnr(
            200_000, 16, 192, 2e-4, 5000, scales=(4,), freeze=("x2",), fade=10_000, schedule=COSINE
        ),
        "x4-all": _psnr(200_000, 16, 192, 5e-5, 5000, scales=(2, 4), schedule=COSINE),
        "x8": _psnr(
            200_000,
            16,
            384,
            2e-4,
            5000,
            scales=(8,),
            freeze=("x2", "x4"),
            fade=10_000,
            schedule=COSINE,
        ),
        "x8-all": _psnr(200_000, 16, 384, 5e-5, 5000, scales=(2, 4, 8), schedule=COSINE),
        # ×2 and ×4 stay as they are: the one file serves them for fidelity, ×8 for looks.
        "gan": Phase(
            scales=(8,),
            freeze=("x2", "x4"),
            steps=100_000,
            batch=16,
            crop=384,
            losses={
                "l1": LossTerm(weight=1e-2),
                "vgg": LossTerm(config={"layers": {"conv2_2": 0.5, "conv4_4": 0.5}}, weight=0.02),
            },
            adversarial=Adversarial(
                weight=5e-3,
                loss="lsgan",
                discriminator="patch",
                optimizer=Optimizer(lr=1e-4, betas=BETAS),
            ),
            optimizer=Optimizer(lr=1e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(0.5, 0.75)),
            ema=0.999,
            validate_every=5000,
            save_every=5000,
            best="last",
        ),
    },
)

HEAD = Recipe(
    summary="For --grow-from: a trained generator stays whole, and what is put onto it learns.",
    phases={
        "x4": _psnr(3_000, 16, 96, 1e-3, 500, scales=(4,), freeze=("x2",), fade=200),
        "x8": _psnr(3_000, 16, 128, 1e-3, 500, scales=(8,), freeze=("x2", "x4"), fade=200),
    },
)
