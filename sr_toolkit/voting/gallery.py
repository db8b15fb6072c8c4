"""The pictures that are compared, behind a table of a benchmark: which there are, and crops."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.benching.cache import Cache
from sr_toolkit.benching.pictures import Pictures
from sr_toolkit.benching.result import Result, Results, Row
from sr_toolkit.errors import ConfigError, DataError, UnknownNameError
from sr_toolkit.voting.pairs import Pair, Place, choose_place
from sr_toolkit.voting.votes import Contestant, Votes

HR = "hr"
"""The ground truth as a contestant."""

T = TypeVar("T")


def choose_table(results: Results, dataset: str | None = None, scale: int | None = None) -> Result:
    """Return the table of a dataset and scale; protocols have the same pictures.

    Raises:
        DataError: there is none, or several; says which there are.
    """
    tables = {(one.dataset, one.scale, one.lr): one for one in reversed(results.results)}
    fitting = [
        one
        for one in tables.values()
        if (dataset is None or one.dataset.lower() == dataset.lower())
        and (scale is None or one.scale == scale)
    ]
    if len(fitting) != 1:
        there = "; ".join(sorted(one.title for one in tables.values()))
        what = "none that was asked for" if not fitting else "several"
        raise DataError(
            f"Of these results' tables there are {what}: {there}. Choose by --dataset and --scale."
        )
    return fitting[0]


class Gallery:
    """Pictures of one table.

    All are taken by one thread, whichever thread asks: neither the cache's index nor a model is
    made for several.

    Args:
        results: that the table is of.
        result: the table.
        models: labels of its rows, `hr` for the ground truth; at least two.
        cache: folder of the cache that the results were made with; None: nothing is kept.

    Raises:
        UnknownNameError: a label that no row has.
        ConfigError: fewer than two models.
        DataError: a model without any picture, or `hr` where there is no HR.
    """

    def __init__(
        self, results: Results, result: Result, models: Sequence[str], cache: Path | None
    ) -> None:
        self._result = result
        self._rows = {row.model: row for row in result.rows if row.kind == "model"}
        self.models = tuple(dict.fromkeys(models))
        for label in self.models:
            if label not in self._rows and label != HR:
                raise UnknownNameError("model of these results", label, [*self._rows, HR])
        if len(self.models) < 2:
            raise ConfigError(
                "A pair takes two models: give --models two or more, such as srgan,bicubic,hr."
            )
        for label in self.models:
            if not any(self._hashes(label)):
                row = self._rows.get(label)
                why = row.failure or row.absent or "it failed on every image" if row else ""
                why = why or "these images have no HR"
                raise DataError(f"There is no picture of '{label}' to show: {why.rstrip('.')}.")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._pictures = self._taken(lambda: Pictures(results, Cache(cache)))
        self._places = {label: index for index, label in enumerate(result.labels)}
        self.png = lru_cache(maxsize=32)(self._png)

    def votes(self) -> Votes:
        """Return a file of votes without any."""
        return Votes(
            dataset=self._result.dataset,
            dataset_fingerprint=self._result.dataset_fingerprint,
            scale=self._result.scale,
            lr=self._result.lr,
            images=tuple(self._result.images),
            models=tuple(
                Contestant(
                    label=label,
                    weights_sha256=self._rows[label].weights_sha256 if label != HR else "",
                    sr_sha256=self._hashes(label),
                )
                for label in self.models
            ),
        )

    def images(self) -> dict[str, dict[str, str]]:
        """Return each image's label to its models' hashes, as `make_pairs` takes them."""
        hashes = {label: self._hashes(label) for label in self.models}
        return {
            image: {label: found[place] for label, found in hashes.items() if found[place]}
            for image, place in self._places.items()
        }

    def place(self, image: str, crop: int, seed: int) -> Place:
        """Return where an image is looked at.

        Raises:
            SrtkError: the image is not there any more.
        """
        lr = self._taken(lambda: self._pictures.lr(self._result, self._places[image]))
        return choose_place(lr, self._result.scale, crop, seed, image)

    def close(self) -> None:
        """Take no more pictures."""
        self._thread.shutdown(cancel_futures=True)

    def _hashes(self, label: str) -> tuple[str, ...]:
        """Return the hash of each image's pixels; '' where there are none."""
        if label == HR:
            return tuple(image.hr_sha256 for image in self._result.images)
        hashes = self._rows[label].sr_sha256
        return tuple(hashes) if hashes else ("",) * len(self._result.images)

    def _png(self, pair: Pair, model: str) -> bytes:
        """Return a crop as PNG, with nothing in it but pixels.

        Raises:
            SrtkError: the picture cannot be had any more.
        """
        from PIL import Image

        pixels = self._taken(lambda: self._picture(model, self._places[pair.image]))
        at = pair.place
        crop = np.ascontiguousarray(pixels[at.y : at.y + at.height, at.x : at.x + at.width])
        stream = io.BytesIO()
        Image.fromarray(crop).save(stream, "PNG")
        return stream.getvalue()

    def _picture(self, model: str, index: int) -> NDArray[np.uint8]:
        row: Row | None = self._rows.get(model) if model != HR else None
        found = (
            self._pictures.hr(self._result, index)
            if row is None
            else self._pictures.sr(self._result, row, index)
        )
        if found is None:
            raise DataError(f"There is no picture of '{self._result.labels[index]}'; bench again.")
        return found

    def _taken(self, action: Callable[[], T]) -> T:
        return self._thread.submit(action).result()
