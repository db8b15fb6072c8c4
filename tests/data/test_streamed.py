"""Streams and odds: what a step draws from depends on seed and step alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from arrays import Arrays

from sr_toolkit.data.pixel_cache import open_store
from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.data.streamed import CROPS, StreamedStore
from sr_toolkit.errors import DataError, ImageError
from sr_toolkit.interfaces import Pixels

SIDE = 24


def flat(count: int) -> Arrays:
    """Images whose every pixel is their number."""
    return Arrays([np.full((SIDE, SIDE, 3), number, np.uint8) for number in range(count)])


def stream(dataset: Arrays, held: int, **arguments: object) -> StreamedStore:
    store = open_store(dataset, crop=16, limit=0, window=held * SIDE * SIDE * 3)
    assert isinstance(store, StreamedStore)
    return store.paced(4, (3,), **arguments)  # type: ignore[arg-type]


def inside(store: PixelStore) -> list[int]:
    return store.pixels[store.offsets, 0].tolist()


def test_each_image_comes_once_before_any_again() -> None:
    store = stream(flat(10), 4)
    assert (store.count, store.steps) == (4, CROPS)
    for turn in range(3):
        windows = [inside(store.at((3 * turn + k) * store.steps)) for k in range(3)]
        assert max(map(len, windows)) <= 4
        assert sorted(number for window in windows for number in window) == list(range(10))
    assert inside(store.at(store.steps)) == inside(store.at(2 * store.steps - 1))


def test_a_resumed_stream_draws_the_same() -> None:
    rng = np.random.default_rng(0)
    dataset = Arrays([rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(7)])
    straight = CropSampler(stream(dataset, 2), 16, 4, 4, (3,))
    drawn = [straight.draw(step).hr for step in range(0, 120, 7)]
    resumed = CropSampler(stream(dataset, 2), 16, 4, 4, (3,))
    for place in (9, 2, 16):
        assert torch.equal(resumed.draw(7 * place).hr, drawn[place])
    other = CropSampler(stream(dataset, 2).paced(4, (4,)), 16, 4, 4, (3,))
    assert any(not torch.equal(other.draw(7 * k).hr, drawn[k]) for k in range(6))


def test_the_rate_is_told_once() -> None:
    said: list[str] = []
    store = stream(flat(6), 2)
    store.say = said.append
    store.at(0)
    store.at(0)
    assert len(said) == 1
    assert "images/s" in said[0]
    assert "MB/s" in said[0]


def test_a_broken_image_is_named_where_its_window_is_asked_for() -> None:
    class Broken(Arrays):
        broken = False

        def image(self, index: int) -> Pixels:
            if self.broken:
                raise ImageError("Cannot read 'a.png': the file is damaged.")
            return super().image(index)

    dataset = Broken(flat(4).images)
    store = stream(dataset, 2)
    dataset.broken = True
    with pytest.raises(ImageError, match=r"a\.png"):
        store.at(0)
    dataset.broken = False
    dataset.images = [image[:16] for image in dataset.images]
    with pytest.raises(DataError, match="has changed since"):
        store.paced(4, (5,)).at(0)


def test_odds_are_kept_by_whole_stores_and_streams() -> None:
    odds = (1.0, 2.0, 5.0, 0.0)
    sampler = CropSampler(PixelStore.build(flat(4)), 16, 4, 4000, (0,), augment=False, odds=odds)
    store = stream(flat(4), 1, odds=odds)
    streamed = np.concatenate([store.chosen(window) for window in range(4000)])
    drawn = (sampler.draw(0).hr[:, 0, 0, 0] * 255).round().long().numpy()
    for numbers in (drawn, streamed):
        counts = np.bincount(numbers, minlength=4)
        expected = len(numbers) * np.array(odds[:3]) / 8
        assert counts[3] == 0
        assert ((counts[:3] - expected) ** 2 / expected).sum() < 13.8  # chi-square, 2, p = 0.001


def test_odds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="3 odds for 4 images"):
        CropSampler(PixelStore.build(flat(4)), 16, 4, 4, (0,), odds=(1, 1, 1))
    with pytest.raises(ValueError, match="by its own odds"):
        CropSampler(stream(flat(4), 2), 16, 4, 4, (0,), odds=(1, 1, 1, 1))
