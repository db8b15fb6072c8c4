"""A store on disk: `KEY.pixels`, raw uint8, and `KEY.json`, what lies where in it.

A process that uses or writes a file holds a shared lock on it for as long, which its memory map
keeps and its death ends; a file is removed by none that does not get the exclusive lock. Where the
system has no such locks (Windows), it refuses to remove an open file by itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.images.quiet import quiet

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True)
class Index:
    """Where each image of a dataset lies; equal images lie in the same place.

    Attributes:
        channels: bytes of a pixel.
        pixels: the number of pixels in the file.
        offsets: (N,) the first pixel of each image.
        heights: (N,) in pixels.
        widths: (N,) in pixels.
        hashes: (N,) SHA-256 of each decoded image, its shape included.
        labels: (N,) of the images, for people who look into the file.
    """

    channels: int
    pixels: int
    offsets: Sequence[int]
    heights: Sequence[int]
    widths: Sequence[int]
    hashes: Sequence[str]
    labels: Sequence[str]

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return self.pixels * self.channels

    @classmethod
    def read(cls, path: Path, channels: int, images: int) -> Index | None:
        """Return the index in a file; None if there is none, or one of something else."""
        try:
            found = cls(**json.loads(path.read_text("utf-8")))
            lists = (found.offsets, found.heights, found.widths, found.hashes)
            ends = [o + h * w for o, h, w in zip(*lists[:3], strict=True)]
            sound = (
                found.channels == channels
                and {len(values) for values in lists} == {images}
                and min([*found.offsets, *found.heights, *found.widths]) >= 0
                and max(ends) == found.pixels
            )
        except (OSError, ValueError, TypeError):
            return None
        return found if sound else None

    def text(self) -> str:
        """Return what the file holds."""
        return json.dumps(dataclasses.asdict(self))


def open_pixels(path: Path, index: Index) -> Tensor | None:
    """Return the pixels in a file, (P, C) uint8, mapped for reading; None if it is not whole.

    Its time of change becomes now, by which `evict` tells what was used last.
    """
    try:
        stream = path.open("rb")
    except OSError:
        return None
    with stream:
        share(stream)
        status = os.fstat(stream.fileno())
        if status.st_nlink == 0 or status.st_size != index.bytes:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        # The map has the file's handle, and so its lock, for as long as the tensor lives.
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    rows = np.frombuffer(mapped, np.uint8).reshape(-1, index.channels)
    with quiet():  # torch warns that it cannot mark a tensor as read-only
        return torch.from_numpy(rows)


def share(stream: IO[bytes]) -> None:
    """Hold a file against removal until the stream and all maps of it are closed."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(stream, fcntl.LOCK_SH)


def remove_unused(path: Path) -> bool:
    """Remove a file unless a living process uses it; say whether it is gone."""
    try:
        with path.open("rb") as stream:
            if sys.platform != "win32":
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
        if sys.platform == "win32":
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def part_file(folder: Path, key: str) -> Iterator[tuple[Path, IO[bytes]]]:
    """Yield a new file in `folder` and its stream; what was not renamed is removed after.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        path = folder / f".{key}.{os.getpid()}.{os.urandom(4).hex()}.part"
        stream = path.open("xb")
        share(stream)
        if os.fstat(stream.fileno()).st_nlink:
            break
        stream.close()  # another process took it for a leftover just before it was held
    try:
        yield path, stream
    finally:
        with contextlib.suppress(OSError):  # a full disk refuses the buffered rest again
            stream.close()
        path.unlink(missing_ok=True)


def publish(path: Path, stream: IO[bytes], target: Path) -> None:
    """Write a part file through to the disk and give it its name; raises OSError."""
    stream.flush()
    os.fsync(stream.fileno())
    if sys.platform == "win32":
        stream.close()
    path.replace(target)


def remove_leftovers(folder: Path) -> None:
    """Remove what builders that died left behind."""
    for path in folder.glob(".*.part"):
        remove_unused(path)


def evict(folder: Path, room: int) -> None:
    """Remove the least recently used stores that no process uses until `room` bytes are kept."""
    files: list[tuple[float, int, Path]] = []
    for path in folder.glob("*.pixels"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= room:
            return
        if remove_unused(path):
            total -= size
