"""Which code a figure was made with: a hash of a package's files beside its version."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

LARGEST = 1_000_000
"""Larger files are weights, which have hashes of their own."""


@cache
def package_hash(package: str) -> str:
    """Return a SHA-256 over the files of an installed package; '' where it has none.

    Versions do not change while somebody edits an installed tree; the files do.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return ""
    origin = Path(spec.origin)
    folder = origin.parent
    files = [origin] if spec.submodule_search_locations is None else folder.rglob("*")
    total = hashlib.sha256()
    for path in sorted(files):
        if "__pycache__" in path.parts or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def package_of(location: str) -> str:
    """Return the top-level package of `"package.module:Object"`."""
    return location.partition(":")[0].partition(".")[0]
