"""Where things are on this machine: settings, the cache, test sets, weights of feature networks."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from sr_toolkit.errors import DataError, WeightsError


def cache_dir() -> Path:
    """Return the user's cache folder, `SRTK_CACHE` where that is set; it may not exist yet."""
    named = os.environ.get("SRTK_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("srtk", appauthor=False))


def config_dir() -> Path:
    """Return the folder of the user's settings, `SRTK_CONFIG` where that is set; maybe absent."""
    named = os.environ.get("SRTK_CONFIG")
    return Path(named) if named else Path(platformdirs.user_config_dir("srtk", appauthor=False))


def data_roots(given: Path | None = None) -> tuple[Path, ...]:
    """Return the folders in which dataset folders such as `Set5` are looked for, in order.

    `given` is `--data-root`, then come `SRTK_DATA` and the cache; each one's `test` and
    `benchmark` subfolders are searched too.

    Raises:
        DataError: `given` is no folder.
    """
    if given is not None and not given.is_dir():
        raise DataError(
            f"The data root '{given}' is no folder; give --data-root a folder that holds dataset "
            f"folders such as 'Set5'."
        )
    return tuple(
        folder
        for root in _search(given, "SRTK_DATA", cache_dir() / "data")
        for folder in (root, root / "test", root / "benchmark")
    )


def new_data_root(given: Path | None = None) -> Path:
    """Return the folder that takes fetched sets; it may not exist yet.

    `given` is `--data-root`, then comes `SRTK_DATA`, then the cache.
    """
    return _search(given, "SRTK_DATA", cache_dir() / "data")[0]


def weights_roots(given: Path | None = None) -> tuple[Path, ...]:
    """Return the folders in which pretrained feature networks are looked for, in order.

    `given` is `--weights-root`, then come `SRTK_WEIGHTS` and the cache.

    Raises:
        WeightsError: `given` is no folder.
    """
    if given is not None and not given.is_dir():
        raise WeightsError(
            f"The weights root '{given}' is no folder; give --weights-root a folder that holds "
            f"feature networks such as VGG19's."
        )
    return _search(given, "SRTK_WEIGHTS", cache_dir() / "weights")


def _search(given: Path | None, variable: str, cache: Path) -> tuple[Path, ...]:
    named = os.environ.get(variable)
    roots = [given, Path(named) if named else None, cache]
    return tuple(root for root in roots if root is not None)
