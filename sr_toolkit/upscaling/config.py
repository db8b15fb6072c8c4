"""Settings of the reference upscalers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ResizerConfig:
    """A reference upscaler has no settings."""
