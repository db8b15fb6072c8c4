"""What the entry points name: specs that import no torch."""

from sr_toolkit.api import ComponentSpec, ModelSpec

MODEL = ModelSpec(
    api=(1, 0),
    summary="SRGAN: residual generator, trained on pixels first and then against a discriminator.",
    scales=(2, 3, 4, 8),
    generator="srtk_srgan.generator:build",
    config="srtk_srgan.config:GeneratorConfig",
    recipes={
        "quick": "srtk_srgan.recipes:QUICK",
        "small-data": "srtk_srgan.recipes:SMALL_DATA",
        "modern": "srtk_srgan.recipes:MODERN",
        "paper": "srtk_srgan.recipes:PAPER",
        "unpaired": "srtk_srgan.recipes:UNPAIRED",
    },
    paper=(
        "Ledig et al.: Photo-Realistic Single Image Super-Resolution Using a Generative "
        "Adversarial Network, CVPR 2017, https://arxiv.org/abs/1609.04802"
    ),
    license="Apache-2.0",
    variants={"msrresnet": {"variant": "msrresnet"}, "srresnet": {"variant": "srresnet"}},
    read_keys="srtk_srgan.keys:read_keys",
    write_keys="srtk_srgan.keys:write_keys",
)

DISCRIMINATOR = ComponentSpec(
    api=(1, 0),
    summary="The SRGAN paper's discriminator, for any crop of at least 16 pixels.",
    factory="srtk_srgan.discriminator:SRGANDiscriminator",
    config="srtk_srgan.config:DiscriminatorConfig",
)
