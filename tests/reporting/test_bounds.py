"""How large a report is, and how long it takes to open."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from many import MadeUpPictures, made_up
from reading import read

from sr_toolkit.reporting import write_report
from sr_toolkit.reporting.embedding import LOSSLESS, Embedder, Window
from sr_toolkit.reporting.gallery import choose

MODELS = ("bicubic", "one", "two", "three", "four", "five")
MEGABYTES = 40
SECONDS = 3


def noise(rng: np.random.Generator, side: int) -> np.ndarray:
    return rng.integers(0, 256, (side, side, 3), np.uint8)


def size_of(embedded: Any) -> float:
    return sum(len(uri) for uri in embedded.uris.values()) * 3 / 4


def test_little_is_kept_without_loss(rng: np.random.Generator) -> None:
    one = Embedder(1, 640).embed(noise(rng, 16), {"hr": noise(rng, 64)}, 4)
    assert one.quality == LOSSLESS
    assert one.whole


def test_the_budget_holds_for_what_compresses_worst(rng: np.random.Generator) -> None:
    embedder = Embedder(4, 256, budget=200_000)
    made = [
        embedder.embed(noise(rng, 64), {name: noise(rng, 256) for name in ("hr", "m0")}, 4)
        for _ in range(4)
    ]
    assert sum(map(size_of, made)) <= 200_000
    assert all(one.quality < LOSSLESS for one in made)


def test_where_even_the_least_quality_is_too_much_less_of_the_image_is_shown(
    rng: np.random.Generator,
) -> None:
    one = Embedder(1, 256, budget=12_000).embed(noise(rng, 64), {"hr": noise(rng, 256)}, 4)
    assert not one.whole
    assert one.window.width == one.window.height < 256
    assert size_of(one) <= 12_000


def test_what_an_image_leaves_goes_to_the_next(rng: np.random.Generator) -> None:
    embedder = Embedder(2, 256, budget=200_000)
    flat = np.full((256, 256, 3), 99, np.uint8)
    embedder.embed(flat[::4, ::4], {"hr": flat}, 4)
    assert embedder.budget > 190_000
    embedder.skip()
    assert embedder.left == 0


@pytest.mark.parametrize(
    ("size", "side", "scale", "window"),
    [
        ((48, 40), 640, 4, (0, 0, 48, 40)),
        ((1000, 500), 640, 4, (180, 0, 640, 500)),
        ((99, 99), 50, 3, (24, 24, 48, 48)),
        ((80, 80), 5, 8, (32, 32, 8, 8)),
    ],
)
def test_windows_keep_to_the_grid_of_lr(
    size: tuple[int, int], side: int, scale: int, window: tuple[int, ...]
) -> None:
    found = Window.center(*size, side, scale)
    assert (found.left, found.top, found.width, found.height) == window


def test_images_are_chosen_by_rank() -> None:
    result = made_up(9)[0]
    scores = result.row("second").scores["psnr"]
    ranks = sorted(range(9), key=scores.__getitem__)
    assert choose(result, 3) == sorted([ranks[0], ranks[4], ranks[8]])
    assert choose(result, 0) == []
    assert choose(result, 9) == list(range(9))


@pytest.mark.slow
def test_a_hundred_images_of_six_models(tmp_path: Path, visit: Callable[..., Any]) -> None:
    path = tmp_path / "report.html"
    told = []
    write_report(
        made_up(100, MODELS, side=640),
        MadeUpPictures(640),
        path,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(done, 100) for done in range(1, 101)]
    assert path.stat().st_size < MEGABYTES * 1e6
    blocks = read(path).pictures
    assert len(blocks) == 100
    assert {(block["width"], block["height"]) for block in blocks.values()} == {(640, 640)}
    began = time.perf_counter()
    page = visit(path)
    page.wait_for_selector("#panes canvas")
    assert time.perf_counter() - began < SECONDS
    assert page.locator("#list li").count() == 100
