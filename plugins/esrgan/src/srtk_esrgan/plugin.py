"""What the entry points name: specs that import no torch."""

from sr_toolkit.api import ComponentSpec, ModelSpec

MODEL = ModelSpec(
    api=(1, 0),
    summary="ESRGAN and Real-ESRGAN: dense residual generator, pixels first, then a GAN.",
    scales=(1, 2, 3, 4, 8),
    generator="srtk_esrgan.generator:build",
    config="srtk_esrgan.config:GeneratorConfig",
    recipes={
        "quick": "srtk_esrgan.recipes:QUICK",
        "light": "srtk_esrgan.recipes:LIGHT",
        "paper": "srtk_esrgan.recipes:PAPER",
        "real": "srtk_esrgan.recipes:REAL",
        "real-light": "srtk_esrgan.recipes:REAL_LIGHT",
    },
    paper=(
        "Wang et al.: ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks, "
        "ECCV Workshops 2018, https://arxiv.org/abs/1809.00219"
    ),
    license="Apache-2.0",
    variants={
        "full": {},
        "light": {"blocks": 6},
        "tiny": {"blocks": 1, "features": 8, "growth": 4},
    },
    read_keys="srtk_esrgan.keys:read_keys",
    write_keys="srtk_esrgan.keys:write_keys",
)

VGG = ComponentSpec(
    api=(1, 0),
    summary="The ESRGAN paper's discriminator, VGG-like, for crops of 128; any crop by pooling.",
    factory="srtk_esrgan.discriminators:VGGDiscriminator128",
    config="srtk_esrgan.config:VGGConfig",
)

UNET = ComponentSpec(
    api=(1, 0),
    summary="Real-ESRGAN's U-Net with spectral norm: a logit for each pixel (Wang et al. 2021).",
    factory="srtk_esrgan.discriminators:UNetDiscriminator",
    config="srtk_esrgan.config:UNetConfig",
)
