"""What the entry point names: a spec that imports no torch."""

from sr_toolkit.api import ModelSpec

MODEL = ModelSpec(
    api=(1, 1),
    summary="Any network that spandrel knows: community checkpoints by path, or from scratch.",
    scales=None,
    generator="srtk_spandrel.generator:build",
    config="srtk_spandrel.config:GeneratorConfig",
    recipes={
        "quick": "srtk_spandrel.recipes:QUICK",
        "paper": "srtk_spandrel.recipes:PAPER",
    },
    license="Apache-2.0",
    read_keys="srtk_spandrel.keys:read_keys",
    write_keys="srtk_spandrel.keys:write_keys",
    fallback=True,
    examples="srtk_spandrel.examples:examples",
)
