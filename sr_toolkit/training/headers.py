"""The header of a safetensors file, read by hand: a listing needs no tensors, so no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sr_toolkit.errors import CheckpointError

LONGEST = 100_000_000
"""Bytes that the format allows a header."""


def read_header(path: Path) -> dict[str, str]:
    """Return the metadata in a safetensors file's header.

    The file begins with the header's length, 8 bytes little-endian, and then JSON.

    Raises:
        CheckpointError: absent, truncated, or no safetensors file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(LONGEST, size - 8):
                raise ValueError("it is too short for its header")
            header: Any = json.loads(stream.read(length))
        metadata = header.pop("__metadata__", {})
        ends = [int(entry["data_offsets"][1]) for entry in header.values()]
        if max(ends, default=0) != size - 8 - length:
            raise ValueError("its end is missing")
        return {str(key): str(value) for key, value in metadata.items()}
    except OSError as error:
        cause = error.strerror or str(error)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        cause = str(error).splitlines()[0] if isinstance(error, ValueError) else "a wrong header"
    raise CheckpointError(f"'{path}' cannot be read ({cause}); copy it again, or train anew.")


def read_values(path: Path, *keys: str) -> dict[str, Any]:
    """Return what some keys of the metadata hold as JSON; absent ones are left out.

    Raises:
        CheckpointError: as `read_header`, or a key holds no JSON.
    """
    header = read_header(path)
    try:
        return {key: json.loads(header[key]) for key in keys if key in header}
    except (ValueError, RecursionError):
        raise CheckpointError(
            f"The header of '{path}' is damaged; copy the file again, or train anew."
        ) from None
