"""Comma lists, as the command line and Python take them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def words(value: str | Path | Iterable[str | Path]) -> tuple[str, ...]:
    """Return a comma list, a path, or several of either as words; empty ones fall out."""
    if isinstance(value, Path):
        return (str(value),)
    if isinstance(value, str):
        return tuple(word for word in (part.strip() for part in value.split(",")) if word)
    return tuple(str(word) for word in value)
