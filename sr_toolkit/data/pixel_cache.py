"""Each dataset decoded once per machine: a store in the cache, or a stream if it is too large.

A store is found by its content, whatever the crop: `KEY` hashes the dataset's fingerprint, the
channels and the format. One process builds it, under a lock that ends with the process, while
others that want it wait. The data file is written under another name and renamed when it is whole;
the index follows. An index alone belongs to a set that was too large to keep, or was evicted.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from sr_toolkit.config.places import cache_dir
from sr_toolkit.data.decoding import decoded, in_order, pixel_hash, rate
from sr_toolkit.data.pixel_file import (
    Index,
    evict,
    open_pixels,
    part_file,
    publish,
    remove_leftovers,
)
from sr_toolkit.data.store import Kept, PixelStore
from sr_toolkit.data.streamed import StreamedStore
from sr_toolkit.errors import OutputError
from sr_toolkit.interfaces import Dataset

FORMAT = 1
GIB = 2**30
RESERVE = 64 * 2**20  # bytes for which room is made at a time, or a 16th of the limit
SMALLEST_WINDOW, LARGEST_WINDOW = 64 * 2**20, 2 * GIB
POLL = 0.2  # seconds between looks at another builder's lock

Progress = Callable[[int, int], None]
Say = Callable[[str], None]


def open_store(
    dataset: Dataset,
    *,
    channels: int = 3,
    crop: int = 1,
    limit: float = 50.0,
    progress: Progress | None = None,
    say: Say | None = None,
    threads: int | None = None,
    window: int | None = None,
) -> PixelStore | StreamedStore:
    """Return the decoded images of `dataset`, from the cache where they are there.

    Args:
        dataset: images; 16-bit ones are rounded to 8 bits.
        channels: what the generator takes; gray becomes RGB for 3, RGB its luma for 1.
        crop: side of a training crop; smaller images are stored, but left out of what is returned.
        limit: GiB that all stores together may take; of unused ones the least recently used go
            first. A set that is larger by itself is streamed, whatever else is in the cache.
        progress: called with (done, total), from (0, total) on, if images are decoded.
        say: called with sentences: what is reused, waited for, how fast images are decoded.
        threads: that decode.
        window: bytes of images that a stream holds at a time; a quarter of the limit, within
            64 MiB and 2 GiB, unless given.

    Raises:
        ImageError: an image cannot be read.
        DataError: an image has other channels, or none is as large as the crop.
        OutputError: the cache cannot be written, or its disk is full.
    """
    say = say or (lambda text: None)
    progress = progress or (lambda done, total: None)
    allowed = max(0, int(limit * GIB))
    named = f"{FORMAT}:{channels}:{dataset.fingerprint()}"
    key = hashlib.sha256(named.encode()).hexdigest()
    builder = _Builder(cache_dir() / "pixels", key, dataset, channels, allowed, threads)
    found = builder.find()
    if found is not None:
        say(_reused(found, len(dataset)))
    while found is None:
        with builder.alone(say):
            found = builder.find()  # another process may have built it meanwhile
            if found is not None:
                say(_reused(found, len(dataset)))
            else:
                found = builder.build(progress, say)
    index, pixels = found
    kept = Kept.of(dataset, index.heights, index.widths, crop)
    if pixels is not None:
        return _view(index, pixels, kept)
    if window is None:
        window = min(max(allowed // 4, SMALLEST_WINDOW), LARGEST_WINDOW)
    store = StreamedStore(dataset, index, kept, window, say=say, threads=threads)
    say(
        f"The decoded images take {index.bytes / GIB:.2f} GiB, more than --cache-limit of "
        f"{limit:g} GiB: they are streamed, {store.count} of {len(store)} at a time."
    )
    return store


@dataclass(frozen=True)
class _Builder:
    """Finds or makes the files of one dataset; `limit` is in bytes."""

    folder: Path
    key: str
    dataset: Dataset
    channels: int
    limit: int
    threads: int | None

    @property
    def index_file(self) -> Path:
        return self.folder / f"{self.key}.json"

    @property
    def data_file(self) -> Path:
        return self.folder / f"{self.key}.pixels"

    def find(self) -> tuple[Index, Tensor | None] | None:
        """Return index and pixels, no pixels if the set is to be streamed, None if neither."""
        index = Index.read(self.index_file, self.channels, len(self.dataset))
        if index is None or index.bytes > self.limit:
            return None if index is None else (index, None)
        pixels = open_pixels(self.data_file, index)
        return None if pixels is None else (index, pixels)

    @contextlib.contextmanager
    def alone(self, say: Say) -> Iterator[None]:
        """Wait until no other process builds this store, and keep others from it."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / f"{self.key}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                say("Another process decodes these images; waiting for it.")
                lock.acquire(poll_interval=POLL)
        try:
            yield
        finally:
            lock.release()

    def build(self, progress: Progress, say: Say) -> tuple[Index, Tensor | None] | None:
        """Decode all images; what exceeds the limit is measured and hashed, but not kept."""
        count, began = len(self.dataset), time.perf_counter()
        offsets: dict[str, int] = {}
        hashes: list[str] = []
        sizes: list[tuple[int, int]] = []
        pixels = reserved = 0
        remove_leftovers(self.folder)
        progress(0, count)
        work = in_order(self._image, range(count), self.threads)
        with self._part() as (path, stream):
            for done, (image, name) in enumerate(work, 1):
                hashes.append(name)
                sizes.append((image.shape[0], image.shape[1]))
                if name not in offsets:
                    offsets[name] = pixels
                    pixels += image.shape[0] * image.shape[1]
                    size = pixels * self.channels
                    with self._writing():
                        if size > self.limit:
                            stream.truncate(0)
                        else:
                            if size > reserved:
                                reserved = min(size + min(RESERVE, self.limit // 16), self.limit)
                                evict(self.folder, self.limit - reserved)
                            stream.write(image.data)
                progress(done, count)
            index = Index(
                self.channels,
                pixels,
                [offsets[name] for name in hashes],
                [height for height, _ in sizes],
                [width for _, width in sizes],
                hashes,
                [self.dataset.label(number) for number in range(count)],
            )
            with self._writing():
                if index.bytes <= self.limit:
                    publish(path, stream, self.data_file)
                with part_file(self.folder, self.key) as (short, text):
                    text.write(index.text().encode())
                    publish(short, text, self.index_file)
            say(f"Decoded {rate(count, sum(h * w for h, w in sizes) * self.channels, began)}.")
            return self.find()

    def _image(self, index: int) -> tuple[np.ndarray, str]:
        image = np.ascontiguousarray(decoded(self.dataset, index, self.channels))
        return image, pixel_hash(image)

    @contextlib.contextmanager
    def _part(self) -> Iterator[tuple[Path, IO[bytes]]]:
        with contextlib.ExitStack() as stack:
            with self._writing():
                part = stack.enter_context(part_file(self.folder, self.key))
            yield part

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            cause = error.strerror or str(error)
            raise OutputError(
                f"Cannot write decoded images to '{self.folder}': {cause}. Free that disk, name "
                f"another cache folder by SRTK_CACHE, or give a smaller --cache-limit (in GiB): a "
                f"set that exceeds it is streamed instead."
            ) from error


def _reused(found: tuple[Index, Tensor | None], count: int) -> str:
    what = "decoded images" if found[1] is not None else "images' sizes and hashes"
    return f"Reusing {count} {what} from '{cache_dir() / 'pixels'}'."


def _view(index: Index, pixels: Tensor, kept: Kept) -> PixelStore:
    """Return the kept images of what is stored."""
    chosen = list(kept.images)
    offsets, heights, widths = (
        torch.tensor(values)[chosen] for values in (index.offsets, index.heights, index.widths)
    )
    return PixelStore(
        pixels,
        offsets,
        heights,
        widths,
        skipped=kept.skipped,
        hashes=tuple(index.hashes[image] for image in chosen),
        labels=kept.labels,
        images=kept.images,
    )
