"""Images decoded by several threads, in order, with few of them in memory at once."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from sr_toolkit.errors import DataError
from sr_toolkit.images.io import as_rgb, to_uint8
from sr_toolkit.interfaces import Dataset, Pixels

Result = TypeVar("Result")


def default_threads() -> int:
    """Return how many threads decode: as many as there are cores, at most 8.

    Threads serve as well as processes here, since decoders and hashes let go of Python's lock.
    """
    return min(os.cpu_count() or 1, 8)


def in_order(
    work: Callable[[int], Result], indices: Sequence[int], threads: int | None = None
) -> Iterator[Result]:
    """Yield `work(i)` for each index, in order, computed ahead by threads.

    At most `threads + 2` results wait, so that memory does not grow with the number of indices.
    An exception of `work` is raised here, and what has not begun is dropped.
    """
    threads = threads or default_threads()
    if threads == 1:
        yield from map(work, indices)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        try:
            for index in indices:
                waiting.append(pool.submit(work, index))
                if len(waiting) >= threads + 2:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def decoded(dataset: Dataset, index: int, channels: int) -> np.ndarray:
    """Return image `index` as uint8 (H, W, channels).

    Raises:
        ImageError: its file cannot be read; the message names it.
        DataError: it has other channels.
    """
    return convert_channels(dataset.image(index), channels, dataset.label(index))


def pixel_hash(image: np.ndarray) -> str:
    """Return the SHA-256 of a decoded uint8 image (H, W, C), its shape included."""
    total = hashlib.sha256(repr(tuple(image.shape)).encode())
    total.update(np.ascontiguousarray(image).data)
    return total.hexdigest()


def rate(images: int, size: int, began: float) -> str:
    """Return how fast `images` of `size` decoded bytes came since `began`, in words."""
    seconds = max(time.perf_counter() - began, 1e-9)
    return (
        f"{images} images in {seconds:.1f} s: {images / seconds:.1f} images/s, "
        f"{size / seconds / 1e6:.1f} MB/s"
    )


def convert_channels(image: Pixels, channels: int, label: str) -> np.ndarray:
    """Return `image` as uint8 (H, W, channels): gray to RGB, RGB to luma where one is wanted.

    Raises:
        DataError: any other pair of channel counts.
    """
    eight = to_uint8(image)
    have = eight.shape[2]
    if have == channels:
        return eight
    if (have, channels) == (1, 3):
        return as_rgb(eight)
    if (have, channels) == (3, 1):
        from sr_toolkit.images.color import luma_uint8

        return luma_uint8(eight)[..., None]
    raise DataError(
        f"The image '{label}' has {have} channels, but the generator takes {channels}; set "
        f"generator.channels={have} or give other data."
    )
