"""How SRGAN is trained: in minutes, on few photographs, or as in the paper."""

from __future__ import annotations

from sr_toolkit.api import (
    Adversarial,
    LossTerm,
    Optimizer,
    Penalty,
    Phase,
    Ramp,
    Recipe,
    Replay,
    Schedule,
)

BETAS = (0.9, 0.99)

QUICK = Recipe(
    summary="A small network in a few minutes on two cores; needs no pretrained weights.",
    generator={"blocks": 6, "features": 48},
    phases={
        "psnr": Phase(
            steps=700,
            batch=8,
            crop=96,
            losses={"l1": LossTerm()},
            optimizer=Optimizer(lr=1e-3, betas=BETAS),
            schedule=Schedule(name="one-cycle"),
            ema=0.99,
            validate_every=350,
            save_every=350,
        ),
        "gan": Phase(
            steps=300,
            batch=8,
            crop=72,  # a multiple of every scale
            losses={"l1": LossTerm()},
            adversarial=Adversarial(
                weight=1.5e-3,
                loss="relativistic",
                discriminator="srgan",
                config={"features": 32, "hidden": 256},
                optimizer=Optimizer(lr=1e-4, betas=BETAS),
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

SMALL_DATA = Recipe(
    summary="A few hundred photographs; VGG19 up to conv3_4; hours on two cores, minutes on a GPU.",
    generator={"variant": "msrresnet"},
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
        # Gradients are not clipped: with few images that was reported to hurt.
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

MODERN = Recipe(
    summary="MSRGAN as BasicSR trains it: L1 for 10^6 steps, then 4·10^5 against D; conv5_4.",
    generator={"variant": "msrresnet"},
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
                "vgg": LossTerm(config={"layers": {"conv5_4": 1.0}}),  # before ReLU, L1
            },
            adversarial=Adversarial(
                weight=5e-3,
                discriminator="vgg",
                config={"hidden": 100},
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

PAPER = Recipe(
    summary="The schedule of Ledig et al. 2017: SRResNet 10^6 steps, then 2·10^5 against D.",
    generator={"variant": "srresnet"},
    phases={
        "psnr": Phase(
            steps=1_000_000,
            batch=16,
            crop=96,
            losses={"mse": LossTerm()},
            optimizer=Optimizer(lr=1e-4),
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
        ),
        "gan": Phase(
            steps=200_000,
            batch=16,
            crop=96,
            losses={
                "mse": LossTerm(weight=0.0),
                "vgg": LossTerm(
                    config={
                        "layers": {"conv5_4": 1.0},
                        "activation": "after",
                        "criterion": "mse",
                        "rescale": "1/12.75",
                    },
                ),
            },
            adversarial=Adversarial(
                weight=1e-3, discriminator="srgan", optimizer=Optimizer(lr=1e-4)
            ),
            optimizer=Optimizer(lr=1e-4),
            schedule=Schedule(name="milestones", milestones=(0.5,), gamma=0.1),
            validate_every=5_000,
            save_every=5_000,
            log_every=100,
            best="last",
        ),
    },
)

UNPAIRED = Recipe(
    summary="LR and HR photographs that are not of the same scenes; VGG19 up to conv2_2.",
    generator={"variant": "msrresnet"},
    unpaired=True,
    phases={
        # SR, shrunk again, must be the LR: all that is known without a pair.
        "consistency": Phase(
            steps=4_000,
            batch=16,
            crop=96,
            losses={"pixels": LossTerm(loss="l1", space="lr"), "tv": LossTerm(weight=1e-3)},
            optimizer=Optimizer(lr=5e-4, betas=BETAS),
            schedule=Schedule(name="one-cycle"),
            ema=0.999,
            best="last",
        ),
        # What the LR leaves open is taken from how other photographs look.
        "gan": Phase(
            steps=6_000,
            batch=16,
            crop=96,
            losses={
                "pixels": LossTerm(loss="l1", space="lr"),
                "features": LossTerm(
                    loss="vgg",
                    space="lr",
                    weight=2e-3,
                    config={"layers": {"conv1_2": 1.0, "conv2_2": 1.0}},
                ),
                "tv": LossTerm(weight=2e-3),
            },
            # Nothing holds what the LR leaves open: above twice this weight it becomes noise.
            adversarial=Adversarial(
                weight=6e-3,
                loss="relativistic",
                discriminator="patch",
                config={"n_layers": 2, "norm": "none", "spectral": True},
                warmup=200,
                penalty=Penalty(name="r1", weight=1.0, every=4),
                optimizer=Optimizer(lr=1e-4, betas=BETAS),
            ),
            optimizer=Optimizer(lr=1e-4, betas=BETAS),
            schedule=Schedule(name="milestones", milestones=(0.6, 0.85)),
            ema=0.995,
            best="last",
        ),
    },
)
