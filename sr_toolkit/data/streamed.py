"""Images of a set that is too large to keep decoded: a window of them at a time, in memory.

The images are shuffled, and the shuffled order is cut into windows of a fixed number; each is drawn
from for some steps while the next one is decoded in the background. Which images window k holds
depends on seed and k alone, so that a run resumes anywhere.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import torch

from sr_toolkit.data.decoding import decoded, in_order, rate
from sr_toolkit.data.pixel_file import Index
from sr_toolkit.data.store import Kept, PixelStore
from sr_toolkit.errors import DataError
from sr_toolkit.interfaces import Dataset

STREAM = 0x57AE  # sets the draw of windows apart from the sampler's
CROPS = 16
"""Crops that are drawn from an image, on average, each time it has been decoded."""


@dataclass(eq=False)
class StreamedStore:
    """A store of which a window is in memory; `at` gives it.

    Attributes:
        dataset: where the images come from.
        index: sizes and hashes of all of its images.
        kept: those that are as large as the crop.
        window: bytes of a window; while one is in use, the next one takes as many.
        seed: of the order.
        steps: for which a window is used.
        odds: (N,) how often each image is taken; None: all alike, each once before any again.
        say: told once how fast images are decoded.
        threads: that decode.
    """

    dataset: Dataset
    index: Index
    kept: Kept
    window: int
    seed: tuple[int, ...] = (0,)
    steps: int = 100
    odds: tuple[float, ...] | None = None
    say: Callable[[str], None] = lambda text: None
    threads: int | None = None
    _windows: dict[int, Future[PixelStore]] = field(init=False, repr=False, default_factory=dict)
    _speed: str = field(init=False, repr=False, default="")
    _told: bool = field(init=False, repr=False, default=False)

    def __len__(self) -> int:
        """Return the number of images, of all windows."""
        return len(self.kept.images)

    @property
    def channels(self) -> int:
        """The channels of the images."""
        return self.index.channels

    @property
    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of each decoded image, of all windows."""
        return tuple(self.index.hashes[image] for image in self.kept.images)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, of all windows."""
        return self.kept.labels

    @property
    def images(self) -> tuple[int, ...]:
        """The numbers of the images in the dataset."""
        return self.kept.images

    @property
    def skipped(self) -> tuple[str, ...]:
        """Labels of images left out as smaller than the crop."""
        return self.kept.skipped

    @property
    def count(self) -> int:
        """Images in a window: as many as the window holds of the largest, at least one."""
        largest = max(self.index.heights[i] * self.index.widths[i] for i in self.kept.images)
        return min(max(1, self.window // (largest * self.channels)), len(self))

    @property
    def speed(self) -> str:
        """How fast the last window was decoded, in words; empty before."""
        return self._speed

    def paced(
        self, batch: int, seed: tuple[int, ...], odds: tuple[float, ...] | None = None
    ) -> StreamedStore:
        """Return the stream for batches of `batch` crops, in an order of its own."""
        steps = max(1, -(-CROPS * self.count // batch))
        return dataclasses.replace(self, seed=seed, steps=steps, odds=odds)

    def at(self, step: int) -> PixelStore:
        """Return the images that step `step` draws from, and begin to decode the next ones.

        Raises:
            ImageError: one of them cannot be read.
            DataError: one of them is no longer what it was.
        """
        number = step // self.steps
        wanted = self._windows.get(number) or self._begin(number)
        following = self._windows.get(number + 1)
        self._windows = {number: wanted}
        store = wanted.result()
        self._windows[number + 1] = following or self._begin(number + 1)
        if not self._told:
            self._told = True
            self.say(f"Decoded {self.speed}.")
        return store

    def chosen(self, number: int) -> np.ndarray:
        """Return which of the kept images window `number` holds; with odds, some twice."""
        windows = -(-len(self) // self.count)
        turn, place = divmod(number, windows)
        rng = np.random.default_rng([*self.seed, STREAM, turn])
        if self.odds is None:
            order = rng.permutation(len(self))
        else:
            share = np.asarray(self.odds) / np.sum(self.odds)
            order = rng.choice(len(self), len(self), p=share)
        return np.array_split(order, windows)[place]

    def _begin(self, number: int) -> Future[PixelStore]:
        """Decode a window in a thread that ends with the process."""
        future: Future[PixelStore] = Future()

        def work() -> None:
            try:
                future.set_result(self._decode(number))
            except BaseException as error:  # raised again where the window is asked for
                future.set_exception(error)

        threading.Thread(target=work, name=f"window {number}", daemon=True).start()
        return future

    def _decode(self, number: int) -> PixelStore:
        began = time.perf_counter()
        once, places = np.unique(self.chosen(number), return_inverse=True)
        images = [self.kept.images[place] for place in once]
        heights, widths = (
            torch.tensor([sizes[image] for image in images])
            for sizes in (self.index.heights, self.index.widths)
        )
        counts = heights * widths
        offsets = torch.cumsum(counts, 0) - counts
        pixels = np.empty((int(counts.sum()), self.channels), np.uint8)
        work = in_order(lambda i: decoded(self.dataset, i, self.channels), images, self.threads)
        for place, part in enumerate(work):
            if part.shape[:2] != (heights[place], widths[place]):
                raise DataError(
                    f"The image '{self.dataset.label(images[place])}' has changed since the "
                    f"training began; start again."
                )
            first = int(offsets[place])
            pixels[first : first + int(counts[place])] = part.reshape(-1, self.channels)
        self._speed = rate(len(images), pixels.nbytes, began)
        drawn = torch.from_numpy(places)
        return PixelStore(torch.from_numpy(pixels), offsets[drawn], heights[drawn], widths[drawn])
