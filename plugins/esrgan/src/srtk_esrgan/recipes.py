"""How ESRGAN is trained: in minutes, on few photographs, as in the papers, for real photographs."""

from __future__ import annotations

from sr_toolkit.api import (
    Adversarial,
    Degradation,
    LossTerm,
    Optimizer,
    Phase,
    Ramp,
    Recipe,
    Replay,
    Schedule,
)

BETAS = (0.9, 0.99)

QUICK = Recipe(
    summary="A small network in a few minutes on two cores; needs no pretrained weights.",
    generator={"blocks": 2, "features": 32, "growth": 16},
    phases={
        "psnr": Phase(
            steps=1000,
            batch=8,
            crop=96,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=2e-3, betas=BETAS),
            schedule=Schedule(name="one-cycle"),
            ema=0.99,
            validate_every=500,
            save_every=500,
        ),
        "gan": Phase(
            steps=300,
            batch=8,
            crop=72,  # a multiple of every scale
            losses={"l1": LossTerm()},
            adversarial=Adversarial(
                weight=1.5e-3,
                loss="relativistic",
                loss_config={"real_label": 0.9},
                discriminator="esrgan-vgg",
                config={"features": 24, "pooling": True},
                optimizer=Optimizer(lr=5e-5, betas=BETAS),  # at the generator's it wins at once
            ),
            optimizer=Optimizer(lr=1e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(0.6, 0.85)),
            ema=0.99,
            validate_every=150,
            save_every=150,
            best="last",
        ),
    },
    validation_images=3,
)

LIGHT = Recipe(
    summary="Six blocks, a few hundred photographs; VGG19 up to conv3_4.",
    generator={"blocks": 6},
    phases={
        "psnr": Phase(
            steps=20_000,
            batch=16,
            crop=96,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=5e-4, betas=BETAS),
            schedule=Schedule(name="one-cycle"),
            ema=0.999,
        ),
        "gan": Phase(
            steps=5_000,
            batch=16,
            crop=96,
            losses={
                "l1": LossTerm(weight=1e-2),
                "vgg": LossTerm(
                    config={"layers": {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1.0}},
                    # Caffe-scaled activations run in the tens: near the pixels' range by this.
                    weight=1 / 30,
                ),
            },
            adversarial=Adversarial(
                weight=0.2,
                warmup=200,  # the discriminator alone, before its word counts
                ramp=Ramp(begin=200, end=600),
                loss="relativistic",
                loss_config={"real_label": 0.9, "label_noise": 0.05},
                discriminator="vgg",
                config={"norm": "none", "spectral": True},
                replay=Replay(size=128, ratio=0.25),
                optimizer=Optimizer(lr=2e-4, betas=BETAS),
            ),
            optimizer=Optimizer(lr=2e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(0.6, 0.85)),
            ema=0.995,
            best="last",
        ),
    },
)

PAPER = Recipe(
    summary="ESRGAN as its authors train it: RRDB 10^6 steps, then 4·10^5 against D.",
    phases={
        "psnr": Phase(
            steps=1_000_000,
            batch=16,
            crop=128,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=2e-4, betas=BETAS),
            schedule=Schedule(name="restarts", cycles=4, floor=5e-4),  # down to 1e-7
            ema=0.999,
            ema_warmup=False,
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
        ),
        "gan": Phase(
            steps=400_000,
            batch=16,
            crop=128,
            losses={
                "l1": LossTerm(weight=1e-2),
                "vgg": LossTerm(
                    config={
                        "layers": {"conv5_4": 1.0},
                        "activation": "before",
                        "criterion": "l1",
                    },
                ),
            },
            adversarial=Adversarial(
                weight=5e-3,
                loss="relativistic",
                discriminator="esrgan-vgg",
                optimizer=Optimizer(lr=1e-4, betas=BETAS),
            ),
            optimizer=Optimizer(lr=1e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(50_000, 100_000, 200_000, 300_000)),
            ema=0.999,
            ema_warmup=False,
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
            best="last",
        ),
    },
)

_PHOTOGRAPHS = Degradation(preset="realesrgan")

REAL = Recipe(
    summary="Real-ESRGAN as published, for photographs of unknown history: 10^6, then 4·10^5.",
    phases={
        "psnr": Phase(
            steps=1_000_000,
            batch=48,
            crop=256,
            degradation=_PHOTOGRAPHS,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=2e-4, betas=BETAS),
            ema=0.999,
            ema_warmup=False,
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
        ),
        "gan": Phase(
            steps=400_000,
            batch=48,
            crop=256,
            degradation=_PHOTOGRAPHS,
            losses={
                "l1": LossTerm(),
                "vgg": LossTerm(
                    config={
                        "layers": {
                            "conv1_2": 0.1,
                            "conv2_2": 0.1,
                            "conv3_4": 1.0,
                            "conv4_4": 1.0,
                            "conv5_4": 1.0,
                        },
                        "activation": "before",
                        "criterion": "l1",
                    },
                ),
            },
            adversarial=Adversarial(
                weight=0.1,
                discriminator="unet",
                optimizer=Optimizer(lr=1e-4, betas=BETAS),
            ),
            optimizer=Optimizer(lr=1e-4, betas=BETAS),
            ema=0.999,
            ema_warmup=False,
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
            best="last",
        ),
    },
)

REAL_LIGHT = Recipe(
    summary="Real-ESRGAN with six blocks on few photographs; VGG19 up to conv3_4.",
    generator={"blocks": 6},
    phases={
        "psnr": Phase(
            steps=20_000,
            batch=16,
            crop=128,
            degradation=_PHOTOGRAPHS,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=5e-4, betas=BETAS),
            schedule=Schedule(name="one-cycle"),
            ema=0.999,
        ),
        "gan": Phase(
            steps=10_000,
            batch=16,
            crop=128,
            degradation=_PHOTOGRAPHS,
            losses={
                "l1": LossTerm(),
                "vgg": LossTerm(
                    config={"layers": {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1.0}},
                    weight=0.02,  # as in `light`
                ),
            },
            adversarial=Adversarial(
                weight=0.05,
                discriminator="unet",
                optimizer=Optimizer(lr=1e-4, betas=BETAS),
            ),
            optimizer=Optimizer(lr=1e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(0.6, 0.85)),
            ema=0.999,
            best="last",
        ),
    },
)
