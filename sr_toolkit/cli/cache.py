"""`srtk cache`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sr_toolkit.cli import manual, options

if TYPE_CHECKING:
    from sr_toolkit.benching.cache import Cache


@manual.verbs(
    "cache",
    "srtk cache info",
    "srtk cache clear",
)
def command() -> None:
    """Show or empty what benchmarks keep: SR images and scores."""


@command.command(
    "info",
    examples=(
        "srtk cache info",
        "srtk cache info --json",
    ),
)
@options.together(options.as_json, options.debug)
def info(as_json: bool) -> None:
    """Show where the cache is and what it holds."""
    from sr_toolkit.benching.cache import LIMIT, default_folder, readable_size

    folder = default_folder()
    found = _opened(folder).info() if folder.is_dir() else None
    images, size, scores = (found.images, found.bytes, found.scores) if found else (0, 0, 0)
    if as_json:
        options.print_json(
            {"folder": str(folder), "images": images, "bytes": size, "scores": scores}
        )
        return
    click.echo(f"{folder}: {images} SR images ({readable_size(size)}), {scores} scores")
    click.echo(f"SR images beyond {readable_size(LIMIT)} are dropped, the longest unused first.")


@command.command(
    "clear",
    examples=("srtk cache clear",),
)
@options.together(options.quiet, options.debug)
def clear(quiet: bool) -> None:
    """Remove all SR images and scores."""
    from sr_toolkit.benching.cache import Cache, default_folder, readable_size

    folder = default_folder()
    if not folder.is_dir():
        if not quiet:
            click.echo(f"{folder}: nothing to remove")
        return
    with contextlib.redirect_stderr(None):  # one that cannot be read is removed all the same
        cache = Cache(folder)
    found = cache.info()
    cache.clear()
    if not quiet:
        size = readable_size(found.bytes)
        click.echo(f"{folder}: removed {found.images} SR images ({size}), {found.scores} scores")


def _opened(folder: Path) -> Cache:
    """Return the cache; raises OutputError where it cannot be read."""
    from sr_toolkit.benching.cache import Cache
    from sr_toolkit.errors import OutputError

    with contextlib.redirect_stderr(None):
        cache = Cache(folder)
    if not cache.keeps:
        raise OutputError(f"The cache '{folder}' cannot be read; 'srtk cache clear' removes it.")
    return cache
