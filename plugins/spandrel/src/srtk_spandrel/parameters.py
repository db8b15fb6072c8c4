"""Parameters of a network's constructor: checked, filled in, and as plain data.

spandrel's networks take keywords alone, and remember them in `hyperparameters`.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from sr_toolkit.api import ConfigError
from srtk_spandrel.library import Network, nearest

SCALES = ("upscale", "scale", "upscaling_factor", "upscale_factor", "up_scale")
"""What constructors call the scale."""

CHANNELS = ("num_in_ch", "num_out_ch")
"""Image channels, where constructors name no default."""

STARTS: Mapping[str, Mapping[str, Any]] = {
    "HAT": {"window_size": 16, "embed_dim": 144},
    "SAFMN": {"dim": 36},
    "SAFMNBCIE": {"dim": 36, "upscaling_factor": 2},  # of its inside; it restores at ×1
    "Swin2SR": {"window_size": 8},
    "SwinIR": {"window_size": 8},
}
"""What takes the place of defaults that are missing, or that nobody trains with."""


def complete(network: Network, given: Mapping[str, Any], scale: int) -> dict[str, Any]:
    """Return the keywords for a network's constructor: `given`, and what follows from the scale.

    Raises:
        ConfigError: an unknown parameter (the nearest is suggested), a wrong type, a missing one.
    """
    known = signature(network)
    for key, value in given.items():
        if key not in known:
            raise ConfigError(
                f"Unknown key 'generator.parameters.{key}' of {network.name}.{nearest(key, known)}"
            )
        _check(network, key, value)
    filled = {**_start(network, known, scale), **given}
    missing = [k for k, one in known.items() if one.default is one.empty and k not in filled]
    if missing:
        raise ConfigError(
            f"{network.name} has no default for {', '.join(missing)}; give "
            f"--set generator.parameters.{missing[0]}=…."
        )
    return {key: _like(value, known[key].default) for key, value in filled.items()}


def signature(network: Network) -> dict[str, inspect.Parameter]:
    """Return the parameters that a config can give: those that are no classes or functions."""
    parameters = list(inspect.signature(network.cls.__init__).parameters.values())[1:]
    return {
        one.name: one for one in parameters if one.default is one.empty or is_plain(one.default)
    }


def is_plain(value: object) -> bool:
    """Is it what YAML and JSON hold?"""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(one) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return all(is_plain(one) for one in value)
    return value is None or isinstance(value, (bool, int, float, str))


def plain_parameters(network: Network, model: nn.Module) -> dict[str, Any]:
    """Return what a built network remembers of its constructor's keywords, as plain data."""
    remembered: Mapping[str, Any] = model.hyperparameters  # type: ignore[assignment]
    return {key: _listed(remembered[key]) for key in signature(network)}


def _start(network: Network, known: Mapping[str, inspect.Parameter], scale: int) -> dict[str, Any]:
    start: dict[str, Any] = {}
    for key in set(SCALES) & set(known):
        start[key] = [scale] if isinstance(known[key].default, list) else scale
    start |= {key: 3 for key in CHANNELS if key in known and known[key].default is known[key].empty}
    # Swin's relatives are built for ×1 unless told how to enlarge.
    if "upsampler" in known and known["upsampler"].default == "" and scale > 1:
        start["upsampler"] = "pixelshuffle"
    return {**start, **STARTS.get(network.name, {})}


def _check(network: Network, key: str, value: object) -> None:
    hint, default = _hints(network).get(key, Any), signature(network)[key].default
    if hint is Any and default is not inspect.Parameter.empty and default is not None:
        # What is 2 by default and not annotated, may well be 2.66.
        hint = float if type(default) is int else type(default)
        if hint in (list, tuple) and default and _kinds(default):
            hint = list[typing.Union[_kinds(default)]]  # noqa: UP007 - made from a tuple of types
    if not _fits(value, hint):
        raise ConfigError(
            f"'generator.parameters.{key}' of {network.name} takes {_named(hint)} "
            f"(received {value!r})."
        )


def _hints(network: Network) -> dict[str, Any]:
    try:
        return typing.get_type_hints(inspect.unwrap(network.cls.__init__))
    except (NameError, TypeError):  # annotations that only a type checker can read
        return {}


def _kinds(values: Sequence[object]) -> tuple[type, ...]:
    return tuple(dict.fromkeys(type(one) for one in values))


def _fits(value: object, hint: Any) -> bool:
    """Is `value`, plain data, of the annotated type? What cannot be judged, passes."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is typing.Literal:
        return value in inner
    kind = origin or hint
    if kind in (type(None), None):
        return value is None
    if kind in (bool, str):
        return isinstance(value, kind)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(kind, type) and kind is not str and issubclass(kind, Sequence):
        items = [one for one in inner if one is not Ellipsis]
        if not isinstance(value, (list, tuple)):
            return False
        return not items or all(any(_fits(one, item) for item in items) for one in value)
    return True


def _named(hint: Any) -> str:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(map(repr, inner))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_named, inner))
    if inner:
        return f"a list of {' or '.join(_named(one) for one in inner if one is not Ellipsis)}"
    return getattr(hint, "__name__", str(hint))


def _like(value: Any, default: object) -> Any:
    """Return lists, which is all that YAML has, as the tuple that the default is."""
    return tuple(value) if isinstance(default, tuple) and isinstance(value, list) else value


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _listed(one) for key, one in value.items()}
    return [_listed(one) for one in value] if isinstance(value, (list, tuple)) else value
