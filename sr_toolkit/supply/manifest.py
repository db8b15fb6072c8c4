"""The hidden file in a fetched folder that says what belongs there, with hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NAME = ".srtk-manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Stamp:
    """Size and SHA-256 of a file."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a fetched folder holds.

    Attributes:
        set: name in the catalog.
        home: the folder below the data root.
        limit: the number of images that it was limited to; None: whole.
        source: the archive it came from.
        checked: how that was checked, in words.
        files: path in the folder, with slashes, to size and hash.
    """

    set: str
    home: str
    limit: int | None
    source: str
    checked: str
    files: Mapping[str, Stamp]

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder, or None: it has none that can be read."""
    try:
        return parse_manifest((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None


def parse_manifest(data: bytes) -> Manifest:
    """Return a manifest from its JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        found: Any = json.loads(data)
        if found.pop("format") != FORMAT:
            raise ValueError("of another format")
        files = {str(path): Stamp(**stamp) for path, stamp in found.pop("files").items()}
        manifest = Manifest(files=files, **found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no manifest: {error}") from None
    texts = (manifest.set, manifest.home, *(stamp.sha256 for stamp in files.values()))
    sizes = [stamp.size for stamp in files.values()]
    if not all(isinstance(text, str) for text in texts) or not all(
        isinstance(size, int) and size >= 0 for size in sizes
    ):
        raise ValueError("no manifest: a value of another type")
    return manifest


def stamp_of(path: Path) -> Stamp:
    """Return size and hash of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Stamp(stream.tell(), digest)
