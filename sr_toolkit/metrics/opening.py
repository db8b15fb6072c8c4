"""Temporary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sr_toolkit.interfaces import Metric
from sr_toolkit.registry import build


def open_metric(reference: str, offered: Mapping[str, Any] | None = None) -> Metric:
    """Return a metric."""
    metric: Metric = build("metric", reference, offered=offered)
    return metric
