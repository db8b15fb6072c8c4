"""The images of a report: which are shown, their pictures, and what could not be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sr_toolkit.benching.pictures import Pictures, Uint8
from sr_toolkit.benching.result import Result, Results, Row
from sr_toolkit.errors import SrtkError
from sr_toolkit.reporting.embedding import BUDGET, LOSSLESS, Embedded, Embedder

Progress = Callable[[int, int], None]
UNAVAILABLE = (SrtkError, OSError, RuntimeError, LookupError)
"""What keeps a picture away and must not cost the report: torch's own errors are the third."""


@dataclass
class Album:
    """Pictures of one set at one scale; all protocols look at the same ones.

    Attributes:
        models: labels of the models, whose pictures are named m0, m1, ….
        shown: place of an image in the table to its pictures.
        lost: why pictures are missing, a sentence each.
        skipped: how many images were left out to bound the page.
    """

    models: list[str]
    shown: dict[int, Embedded] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    skipped: int = 0

    @property
    def lossy(self) -> bool:
        """Was any picture compressed with loss?"""
        return any(one.quality != LOSSLESS for one in self.shown.values())

    def name(self, model: str) -> str:
        """Return the name of a model's pictures, or ''."""
        return f"m{self.models.index(model)}" if model in self.models else ""


def key_of(result: Result) -> tuple[str, int, str]:
    """Return what tables that show the same pictures have in common."""
    return (result.dataset, result.scale, result.lr)


def collect(
    results: Results,
    pictures: Pictures,
    *,
    side: int,
    images: int,
    progress: Progress | None = None,
    budget: int = BUDGET,
) -> dict[tuple[str, int, str], Album]:
    """Return an album for each set, scale and kind of LR.

    Args:
        results: what was measured.
        pictures: gives the images behind it.
        side: pixels of the longest side that is shown.
        images: the most that are shown, of all albums together.
        progress: called with images done and all of them.
        budget: bytes of all pictures.
    """
    first: dict[tuple[str, int, str], Result] = {}
    for result in results:
        first.setdefault(key_of(result), result)
    chosen = [choose(result, share) for result, share in _shares(list(first.values()), images)]
    total = sum(map(len, chosen))
    embedder = Embedder(total, side, budget)
    albums, done = {}, 0
    for (key, result), places in zip(first.items(), chosen, strict=True):
        rows = [row for row in result.rows if row.kind == "model" and any(row.sr_sha256)]
        album = Album([row.model for row in rows], skipped=len(result.images) - len(places))
        for place in places:
            _add(album, result, rows, place, pictures, embedder)
            done += 1
            if progress is not None:
                progress(done, total)
        albums[key] = album
    return albums


def choose(result: Result, count: int) -> list[int]:
    """Return the places of at most `count` images, in order.

    Of more, those evenly spaced by rank under the first metric of the last model that has figures,
    the worst and the best among them.
    """
    places = range(len(result.images))
    if count >= len(places):
        return list(places)
    ranked: Sequence[int] = places
    for row in reversed(result.rows):
        scores = row.scores.get(result.columns[0].name, []) if result.columns else []
        if row.kind == "model" and len(scores) == len(places) and None not in scores:
            ranked = sorted(places, key=lambda place: scores[place] or 0.0)
            break
    spaced = np.linspace(0, len(places) - 1, max(count, 0)).round()
    return sorted({ranked[int(rank)] for rank in spaced})


def _shares(results: Sequence[Result], images: int) -> list[tuple[Result, int]]:
    """Return how many images each album may show; what small sets leave goes to the others."""
    shares, left = {}, images
    for number, place in enumerate(
        sorted(range(len(results)), key=lambda i: len(results[i].images))
    ):
        shares[place] = min(len(results[place].images), left // (len(results) - number))
        left -= shares[place]
    return [(result, shares[place]) for place, result in enumerate(results)]


def _add(
    album: Album,
    result: Result,
    rows: Sequence[Row],
    place: int,
    pictures: Pictures,
    embedder: Embedder,
) -> None:
    large: dict[str, Uint8] = {}
    try:
        lr, hr = pictures.lr(result, place), pictures.hr(result, place)
    except UNAVAILABLE as error:
        _lose(album, error)
        embedder.skip()
        return
    if hr is not None:
        large["hr"] = hr
    for number, row in enumerate(rows):
        try:
            sr = pictures.sr(result, row, place)
        except UNAVAILABLE as error:
            _lose(album, error)
            continue
        if sr is not None:
            large[f"m{number}"] = sr
    album.shown[place] = embedder.embed(lr, large, result.scale)


def _lose(album: Album, error: Exception) -> None:
    text = str(error) if isinstance(error, SrtkError) else f"{type(error).__name__}: {error}"
    if text not in album.lost:
        album.lost.append(text)
