"""From what people write, `psnr`, `lpips:vgg`, `pyiqa:musiq`, to metrics."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sr_toolkit.errors import ConfigError
from sr_toolkit.interfaces import Metric
from sr_toolkit.registry import build, import_object, registry


def open_metric(reference: str, offered: Mapping[str, Any] | None = None) -> Metric:
    """Return the metric that `[dist::]NAME[:ARGUMENT]` means.

    The argument fills the first field of the metric's config: `lpips:vgg`, `torchmetrics:NAME`.

    Args:
        reference: what was written.
        offered: what the caller knows, such as the device; taken where the metric has a setting of
            that name and the argument does not say otherwise.

    Raises:
        UnknownNameError, PluginError: no metric of that name, or one that cannot be had.
        ConfigError: an argument that the metric does not take.
    """
    distribution, separator, rest = reference.rpartition("::")
    name, colon, argument = rest.partition(":")
    full = f"{distribution}{separator}{name}"
    spec = registry().component("metric", full)
    if colon and not argument:
        raise ConfigError(f"'{reference}' ends in a colon; write {full} or {full}:ARGUMENT.")
    config: dict[str, Any] = {}
    if argument:
        fields = dataclasses.fields(import_object(spec.config))
        if not fields:
            raise ConfigError(f"The metric '{name}' takes no argument (received '{argument}').")
        config[fields[0].name] = argument
    metric: Metric = build("metric", full, config, offered)
    return metric
