"""How a network of spandrel's is trained from scratch, or further; on pixels alone."""

from __future__ import annotations

from sr_toolkit.api import LossTerm, Optimizer, Phase, Recipe, Schedule

BETAS = (0.9, 0.99)

QUICK = Recipe(
    summary="A light network in a few minutes on two cores; a transformer wants small parameters.",
    phases={
        "psnr": Phase(
            steps=600,
            batch=8,
            crop=96,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=5e-4, betas=BETAS),
            schedule=Schedule(name="one-cycle"),
            ema=0.99,
            validate_every=300,
            save_every=300,
        ),
    },
    validation_images=3,
)

PAPER = Recipe(
    summary="The schedule of SwinIR (Liang et al. 2021), which most later ones follow: L1, "
    "5·10^5 steps, halved rates.",
    phases={
        "psnr": Phase(
            steps=500_000,
            batch=32,
            crop=192,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=2e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(250_000, 400_000, 450_000, 475_000)),
            ema=0.999,
            ema_warmup=False,
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
        ),
    },
)
