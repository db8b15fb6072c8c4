"""From a model's name and settings to a generator with fresh weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sr_toolkit.config import validate
from sr_toolkit.errors import PluginError, ScaleError, SrtkError
from sr_toolkit.registry import import_object, registry

if TYPE_CHECKING:
    from sr_toolkit.interfaces import Generator


def build_generator(model: str, config: Mapping[str, Any], scales: tuple[int, ...]) -> Generator:
    """Build a registered model's generator, with fresh weights.

    Raises:
        UnknownNameError, PluginError: no such model, or its plugin is out of order.
        ConfigError: the config does not fit.
        ScaleError: a scale is not offered.
    """
    spec = registry().model(model)
    for scale in scales:
        if spec.scales is not None and scale not in spec.scales:
            offered = ", ".join(f"×{s}" for s in spec.scales)
            raise ScaleError(f"The model '{model}' offers {offered}, not ×{scale}.")
    settings = validate(import_object(spec.config), config, where="generator")
    factory = import_object(spec.generator)
    try:
        generator: Generator = factory(settings, tuple(scales))
    except SrtkError:
        raise
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
