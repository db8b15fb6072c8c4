"""From a model's name and settings, or its checkpoint, to a generator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.checkpoint.files import open_checkpoint
from sr_toolkit.checkpoint.metadata import Metadata
from sr_toolkit.config import validate
from sr_toolkit.errors import CheckpointError, ConfigError, PluginError, SrtkError
from sr_toolkit.registry import import_object, registry

if TYPE_CHECKING:
    from sr_toolkit.interfaces import Generator


def load_generator(path: Path, *, model: str = "") -> tuple[Generator, Metadata]:
    """Rebuild the generator that a checkpoint holds, in evaluation mode on the CPU.

    Args:
        path: a checkpoint written by `save`.
        model: the model name that was asked for; empty: any.

    Raises:
        CheckpointError: unreadable, made by another model, or not fitting its own config.
        SrtkError: the model's plugin is missing or broken.
    """
    metadata, tensors = open_checkpoint(path, tensors=True)
    if metadata.role != "generator":
        raise CheckpointError(f"'{path}' holds a {metadata.role}, not a generator.")
    name = f"{metadata.distribution}::{metadata.model}"
    if model and model not in (metadata.model, name):
        raise CheckpointError(
            f"'{path}' was made by the model '{metadata.model}', not by '{model}'; name the file "
            f"alone, or '{metadata.model}@{path}'."
        )
    try:
        generator = build_generator(name, metadata.config, metadata.scales)
    except (SrtkError, ValueError) as error:  # a plugin may refuse settings by a ValueError
        cause = str(error).rstrip(".")
        raise CheckpointError(
            f"'{path}' needs the model '{metadata.model}' of {metadata.distribution} "
            f"{metadata.version}: {cause}."
        ) from None
    try:
        generator.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        detail = " ".join(str(error).split())[:300].rstrip(".")
        raise CheckpointError(
            f"The weights in '{path}' do not fit its own configuration: {detail}."
        ) from None
    return generator.eval(), metadata


def build_generator(model: str, config: Mapping[str, Any], scales: tuple[int, ...]) -> Generator:
    """Build a registered model's generator, with fresh weights.

    Raises:
        UnknownNameError, PluginError: no such model, or its plugin is out of order.
        ConfigError: the config does not fit, or a scale is not offered.
    """
    spec = registry().model(model)
    for scale in scales:
        if spec.scales is not None and scale not in spec.scales:
            offered = ", ".join(f"×{s}" for s in spec.scales)
            raise ConfigError(f"The model '{model}' offers {offered}, not ×{scale}.")
    settings = validate(import_object(spec.config), config, where="generator")
    factory = import_object(spec.generator)
    try:
        generator: Generator = factory(settings, tuple(scales))
    except Exception as error:  # a plugin's code may raise anything
        raise PluginError(
            f"The model '{model}' cannot be built with these settings and scales {tuple(scales)}: "
            f"{type(error).__name__}: {error}."
        ) from error
    if generator.frames != 1:
        raise PluginError(
            f"The model '{model}' takes {generator.frames} frames at once, which this version of "
            f"sr-toolkit cannot run; upgrade it."
        )
    return generator
