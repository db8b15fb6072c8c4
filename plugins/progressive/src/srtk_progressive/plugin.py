"""What the entry point names: a spec that imports no torch."""

from sr_toolkit.api import ModelSpec

MODEL = ModelSpec(
    api=(1, 0),
    summary="One generator that grows ×2→×4→×8, old layers frozen; one checkpoint for all scales.",
    scales=(2, 4, 8),
    generator="srtk_progressive.generator:build",
    config="srtk_progressive.config:GeneratorConfig",
    recipes={
        "quick": "srtk_progressive.recipes:QUICK",
        "small-data": "srtk_progressive.recipes:SMALL_DATA",
        "paper": "srtk_progressive.recipes:PAPER",
        "head": "srtk_progressive.recipes:HEAD",
    },
    paper=(
        "Wang et al.: A Fully Progressive Approach to Single-Image Super-Resolution, "
        "CVPR Workshops 2018, https://arxiv.org/abs/1804.02900"
    ),
    license="Apache-2.0",
    variants={
        "full": {},
        "quick": {"features": 32, "blocks": [6, 2, 1]},
        "tiny": {"features": 8, "blocks": [1, 1, 1]},
    },
    grows=True,
    grow_onto="srtk_progressive.heads:onto",
)
