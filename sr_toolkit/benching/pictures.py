"""The images behind a result, to be looked at: HR, LR and every SR, the very pixels scored."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.benching.cache import Cache, array_hash
from sr_toolkit.benching.cases import NONE, LRRule, Prepared, prepare
from sr_toolkit.benching.enlarging import Contestant
from sr_toolkit.benching.opening import open_datasets
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import Result, Results, Row
from sr_toolkit.config.places import data_roots
from sr_toolkit.errors import DataError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Dataset
from sr_toolkit.upscaling.locate import locate
from sr_toolkit.upscaling.upscaler import Upscaler, open_located

Uint8 = NDArray[np.uint8]


class Pictures:
    """Gives the images of results, from the sets, the cache, and where that forgot, the models.

    Args:
        results: what was measured, or read from results.json.
        cache: that the results were made with; None: nothing is kept.
    """

    def __init__(self, results: Results, cache: Cache | None = None) -> None:
        self.results, self.cache = results, cache or Cache(None)
        self._request = Request.from_plain(results.request)
        self._datasets: dict[str, Dataset] = {}
        self._upscalers: dict[tuple[str, int], Upscaler] = {}
        self._prepared = lru_cache(maxsize=4)(self._prepare)

    def hr(self, result: Result, index: int) -> Uint8 | None:
        """Return the HR as RGB uint8 (H, W, 3), cut to a multiple of the scale; None without one.

        Raises:
            DataError: the set is not here, or holds another image now.
        """
        case = self._prepared(result.dataset, result.scale, result.lr, index).case
        return None if case is None else case.hr

    def lr(self, result: Result, index: int) -> Uint8:
        """Return the LR as RGB uint8; errors as `hr`."""
        return self._prepared(result.dataset, result.scale, result.lr, index).lr

    def sr(self, result: Result, row: Row, index: int) -> Uint8 | None:
        """Return a model's SR as RGB uint8; None where it has none, or is not measured here.

        Raises:
            SrtkError: the model is not here any more, or gives something else.
        """
        if row.kind != "model" or not row.sr_sha256 or not row.sr_sha256[index]:
            return None
        kept = self.cache.pixels(row.sr_sha256[index])
        if kept is not None:
            return kept
        upscaler = self._upscaler(row, result.scale)
        ready = self._prepared(result.dataset, result.scale, result.lr, index)
        image = Contestant(upscaler, row, result.scale, self.cache).enlarge(ready).sr.rgb
        if array_hash(image) != row.sr_sha256[index]:
            raise DataError(
                f"'{row.model}' gives another SR of '{result.labels[index]}' than the one that was "
                f"scored; bench again."
            )
        return image

    def _prepare(self, dataset: str, scale: int, lr: str, index: int) -> Prepared:
        result = next(r for r in self.results if (r.dataset, r.scale, r.lr) == (dataset, scale, lr))
        facts = result.images[index]
        found = self._dataset(dataset)
        labels = [found.label(place) for place in range(len(found))]
        if facts.label not in labels:
            raise DataError(f"The image '{facts.label}' is not in '{dataset}' any more.")
        place = labels.index(facts.label)
        rule = LRRule(NONE) if lr == NONE else LRRule.parse(lr)
        ready = prepare(found, place, found.image(place), scale, rule)
        if ready.facts != facts:
            raise DataError(
                f"The image '{facts.label}' of '{dataset}' is not the one that was scored; bench "
                f"again."
            )
        return ready

    def _dataset(self, name: str) -> Dataset:
        if not self._datasets:
            roots = data_roots(self._request.data_root)
            opened = open_datasets(self._request.datasets, roots)
            self._datasets = {dataset.name: dataset for dataset in opened}
        return self._datasets[name]

    def _upscaler(self, row: Row, scale: int) -> Upscaler:
        key = (row.reference, scale)
        if key not in self._upscalers:
            hardware = Hardware.choose(self._request.device, self._request.precision)
            self._upscalers[key] = open_located(locate(row.reference), hardware, scale=scale)
        return self._upscalers[key]
