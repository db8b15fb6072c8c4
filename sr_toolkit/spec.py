"""What a plugin's entry point points at: frozen records that import no torch.

Code is named by string (`"package.module:Object"`) and imported only when it is built, so that
listing a hundred models costs a hundred small modules and not one torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PLUGIN_API = (1, 1)
"""(major, minor) of the plugin contract. A plugin states the one it was written for, as numbers.

1.1: `ModelSpec.examples`, `ModelSpec.fallback`, `Generator.remark`; the group `srtk.degradations`.
"""

DEFAULT_SCALE = 4
"""The scale where nobody names one and the model serves it: the one that papers report."""


def default_scale(scales: Sequence[int]) -> int:
    """Return the one of `scales` that is meant where nobody names one: ×4, else the largest."""
    return DEFAULT_SCALE if DEFAULT_SCALE in scales else max(scales)


KINDS: Mapping[str, str] = {
    "model": "srtk.models",
    "discriminator": "srtk.discriminators",
    "loss": "srtk.losses",
    "dataset": "srtk.datasets",
    "metric": "srtk.metrics",
    "degradation": "srtk.degradations",
}
"""Kind of part to its entry-point group."""


@dataclass(frozen=True, kw_only=True)
class WeightsSpec:
    """Published weights of a model.

    `source` is a file name inside the plugin's package; where `sha256` is given, the file must have
    it. `scores` maps a dataset and metric, as `set5/psnr`, to a figure under protocol `y`.
    """

    name: str
    source: str
    scales: tuple[int, ...]
    license: str
    sha256: str = ""
    data_terms: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A registered model: a generator, its configuration, recipes and published weights.

    Attributes:
        api: the `PLUGIN_API` that the plugin was written for.
        summary: one line for listings.
        scales: the scales on offer; None where only a weights file tells.
        generator: `"module:factory"`, called as `factory(config, scales)`, returns a `Generator`.
        config: `"module:Class"` of a frozen dataclass whose fields all have defaults.
        recipes: preset name to `"module:RECIPE"`; every trainable model has `quick` and `paper`.
        weights: published weights, the default one first.
        paper: title, authors, year and address of the paper.
        license: SPDX identifier of the model's code.
        variants: named config overrides that `models show` lists with their parameter counts.
        needs_weights: False for a fixed method such as bicubic, which is never trained.
        grows: one network serves several scales, and built with a larger one it keeps every
            parameter's name and shape, so that a recipe's phases may add scale after scale.
        read_keys: `"module:function"`, called as `read_keys(tensors, scale=None)` with the weights
            of somebody else's file, `module.` and wrappers taken off; returns
            `(config, scales, state)` in plain form under our names, or raises `CheckpointError`.
        write_keys: `"module:function"`, called as `write_keys(state, config)`; returns what others
            load, as a mapping that `torch.save` takes.
        grow_onto: `"module:function"`, called as `grow_onto(model, config, scales)` to continue
            another model's trained generator; returns `(config, prefix)`, where the other's weights
            keep their names behind `prefix`.
        fallback: a bridge to many networks, asked for somebody else's file only where no other
            model knows it. Since 1.1.
        examples: `"module:function"`, called as `examples(folder)`; of a model whose `scales` is
            None it writes small files of weights and yields their paths, so that the model can be
            checked. Since 1.1.
    """

    api: tuple[int, int]
    summary: str
    scales: tuple[int, ...] | None
    generator: str
    config: str
    recipes: Mapping[str, str] = field(default_factory=dict)
    weights: tuple[WeightsSpec, ...] = ()
    paper: str = ""
    license: str = ""
    variants: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    needs_weights: bool = True
    grows: bool = False
    read_keys: str = ""
    write_keys: str = ""
    grow_onto: str = ""
    fallback: bool = False
    examples: str = ""


@dataclass(frozen=True, kw_only=True)
class ComponentSpec:
    """A registered discriminator, loss, dataset, metric or step of a degradation.

    Attributes:
        api: the `PLUGIN_API` that the plugin was written for.
        summary: one line for listings.
        factory: `"module:factory"`, called as `factory(config)`.
        config: `"module:Class"` of a frozen dataclass whose fields all have defaults.
    """

    api: tuple[int, int]
    summary: str
    factory: str
    config: str
