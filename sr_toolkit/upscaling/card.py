"""What there is to know about a model, as plain data."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from sr_toolkit.checkpoint import build_generator, load_generator
from sr_toolkit.config import describe, plain
from sr_toolkit.errors import PluginError
from sr_toolkit.interfaces import Generator
from sr_toolkit.registry import import_object, registry
from sr_toolkit.spec import ModelSpec
from sr_toolkit.upscaling.cost import OUTPUT, multiply_adds
from sr_toolkit.upscaling.locate import locate


def describe_model(name: str) -> dict[str, Any]:
    """Return a model's card: spec, settings, sizes per variant and scale, recipes, weights.

    Sizes are counted on networks built without memory (torch's meta device). Where one network
    serves several scales, that of a scale has the smaller ones too.

    Raises:
        UnknownNameError, PluginError: as the registry's lookup.
    """
    entry = registry().find("model", name)
    spec = registry().model(name)
    config = import_object(spec.config)
    return {
        "name": entry.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "summary": spec.summary,
        "paper": spec.paper,
        "license": spec.license,
        "scales": list(spec.scales or ()),
        "needs_weights": spec.needs_weights,
        "config": [dataclasses.asdict(field) for field in describe(config)],
        "multiply_adds_output": list(reversed(OUTPUT)),
        "sizes": _sizes(entry.qualified, spec),
        "recipes": {key: _summary(reference) for key, reference in spec.recipes.items()},
        "weights": [plain(weights) for weights in spec.weights],
    }


def describe_weights(reference: str) -> dict[str, Any]:
    """Return the card of weights, of a run, a checkpoint or another program's file.

    Raises:
        SrtkError: nothing is found, or it cannot be loaded.
    """
    located = locate(reference)
    if located.path is None:
        return describe_model(reference)
    generator, metadata = load_generator(located.path, model=located.model)
    return {
        "label": located.label,
        "model": metadata.model,
        "distribution": metadata.distribution,
        "version": metadata.version,
        "source": located.source,
        "remark": generator.remark,
        "license": metadata.license,
        "data_terms": metadata.data_terms,
        "origin": metadata.origin,
        "channels": list(generator.channels),
        "config": plain(generator.config),
        "parameters": sum(p.numel() for p in generator.parameters()),
        "sizes": [
            {"scale": scale, "receptive_field": generator.receptive_field(scale)}
            for scale in generator.scales
        ],
    }


def _sizes(name: str, spec: ModelSpec) -> list[dict[str, Any]]:
    sizes = []
    for variant, changes in (spec.variants or {"default": {}}).items():
        for scale in spec.scales or ():
            built = tuple(s for s in spec.scales or () if s <= scale) if spec.grows else (scale,)
            generator = _light(name, dict(changes), built)
            sizes.append(
                {
                    "variant": variant,
                    "scale": scale,
                    "parameters": sum(p.numel() for p in generator.parameters()),
                    "multiply_adds": multiply_adds(generator, scale),
                    "receptive_field": generator.receptive_field(scale),
                }
            )
    return sizes


def _light(name: str, changes: dict[str, Any], scales: tuple[int, ...]) -> Generator:
    """Build a generator without memory, or with it where building looks at values."""
    try:
        with torch.device("meta"):
            return build_generator(name, changes, scales)
    except PluginError:
        return build_generator(name, changes, scales)


def _summary(reference: str) -> str:
    try:
        return str(import_object(reference).summary)
    except PluginError as error:
        return f"broken: {error}"
