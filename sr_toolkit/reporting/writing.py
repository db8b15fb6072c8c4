"""From results and their images to one HTML file that asks for nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sr_toolkit import __version__
from sr_toolkit.benching.pictures import Pictures
from sr_toolkit.benching.result import Result, Results
from sr_toolkit.files import refuse_existing, write_text
from sr_toolkit.reporting import blocks, facts
from sr_toolkit.reporting.gallery import Album, Progress, collect, key_of
from sr_toolkit.reporting.plots import Plot, kinds, make_plots
from sr_toolkit.reporting.tables import Grid, differences_grid, scores_grid

SIDE, IMAGES = 640, 100
PAGE = "page"
STYLES = ("page.css", "pictures.css")
SCRIPTS = ("tables.js", "panes.js", "scores.js", "pictures.js")


@dataclass(frozen=True)
class Part:
    """One table with all that stands below it."""

    title: str
    grids: tuple[Grid, ...]
    plots: tuple[Plot, ...]
    kinds: tuple[str, ...]
    notes: tuple[str, ...]
    failures: tuple[str, ...]
    picture_notes: tuple[str, ...]
    lost: tuple[str, ...]
    has_pictures: bool
    data: Markup


def write_report(
    results: Results,
    pictures: Pictures,
    path: Path,
    *,
    side: int = SIDE,
    images: int = IMAGES,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write a report: tables, plots and images to compare, in one file that loads nothing.

    Pictures that cannot be had are named on the page with the reason; they cost nothing else.

    Args:
        results: what was measured.
        pictures: gives the images behind it.
        path: the HTML file.
        side: pixels of the longest side of a picture; of larger images the middle is shown.
        images: how many images have pictures, at most.
        overwrite: may the file be replaced?
        progress: called with images done and all of them.

    Raises:
        OutputError: the file exists, or cannot be written.
    """
    if not overwrite:
        refuse_existing(path)
    albums = collect(results, pictures, side=side, images=images, progress=progress)
    write_text(path, render(results, albums, side), overwrite=overwrite)


def render(results: Results, albums: dict[tuple[str, int, str], Album], side: int = SIDE) -> str:
    """Return the page."""
    numbers = {key: number for number, key in enumerate(albums)}
    parts = [
        _part(one, results, albums[key_of(one)], numbers[key_of(one)], side) for one in results
    ]
    style, script = _joined(STYLES), f"(() => {{\n'use strict';\n{_joined(SCRIPTS)}}})();"
    names = list(dict.fromkeys(result.dataset for result in results))
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=f"Benchmark on {', '.join(names)}",
            version=__version__,
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
            summary=facts.summary(results),
            warnings=facts.warnings(results),
            provenance=facts.provenance(results),
            parts=parts,
            blocks=blocks.blocks(albums),
        )
    )


def _part(result: Result, results: Results, album: Album, number: int, side: int) -> Part:
    grids = [scores_grid(result), differences_grid(result)]
    plots = make_plots(result)
    return Part(
        title=blocks.title(result),
        grids=tuple(grid for grid in grids if grid is not None),
        plots=tuple(plots),
        kinds=tuple(kinds(plots)),
        notes=tuple(facts.notes(result, results)),
        failures=tuple(facts.failures(result)),
        picture_notes=tuple(facts.picture_notes(album, side)),
        lost=tuple(album.lost),
        has_pictures=bool(album.shown),
        data=blocks.to_block(blocks.scores(result, album, number)),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("sr_toolkit.reporting", PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _joined(names: tuple[str, ...]) -> str:
    folder = files("sr_toolkit.reporting") / PAGE
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    """Return what a content security policy knows an inline element by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
