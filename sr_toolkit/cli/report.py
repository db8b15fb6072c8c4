"""`srtk report`, and the page that `srtk bench --report` writes."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sr_toolkit.cli import manual, options

if TYPE_CHECKING:
    from sr_toolkit.benching.cache import Cache
    from sr_toolkit.benching.result import Results


@dataclass(frozen=True)
class Page:
    """A report to be written: where, and how large its pictures may be."""

    path: Path
    side: int
    images: int
    overwrite: bool
    quiet: bool

    def refuse(self) -> None:
        """Raise OutputError if it could not be written: before anything is computed."""
        from sr_toolkit.errors import OutputError
        from sr_toolkit.files import refuse_existing

        if self.path.is_dir():
            raise OutputError(
                f"Cannot write the report '{self.path}': it is a folder; name a file in it."
            )
        if not self.overwrite:
            refuse_existing(self.path, "name")

    def write(self, results: Results, cache: Cache) -> None:
        """Write it, showing how far it is."""
        from sr_toolkit.benching.pictures import Pictures
        from sr_toolkit.benching.runner import progress_bar
        from sr_toolkit.reporting import write_report

        with progress_bar(self.quiet) as bar:
            task = bar.add_task("report", total=None, label="")
            write_report(
                results,
                Pictures(results, cache),
                self.path,
                side=self.side,
                images=self.images,
                overwrite=self.overwrite,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        if not self.quiet:
            click.echo(f"Written: {self.path}", err=True)


@contextlib.contextmanager
def cache_for(*, kept: bool) -> Iterator[Cache]:
    """Give the user's cache, or one that is gone afterwards, in which a report finds its images."""
    from sr_toolkit.benching.cache import Cache, default_folder

    if kept:
        yield Cache(default_folder())
        return
    with tempfile.TemporaryDirectory(prefix="srtk-report-") as folder:
        yield Cache(Path(folder))


@manual.verb(
    "report",
    "srtk report results/results.json -o report.html",
    "srtk report results -o small.html --report-images 20 --report-side 320",
)
@click.argument("source", metavar="RESULTS", type=options.PATH)
@click.option("-o", "--out", type=options.PATH, required=True, help="The HTML file.")
@options.report_bounds
@click.option("--device", help="Where images are computed again; else where they were scored.")
@options.together(options.data_root, options.overwrite, options.quiet, options.debug)
def command(
    source: Path,
    out: Path,
    report_side: int | None,
    report_images: int | None,
    device: str | None,
    data_root: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Make a page of RESULTS, a results.json or its folder: tables, plots, images side by side.

    Images are taken from the cache of benchmarks or computed again; those that cannot be had are
    named on the page.
    """
    from sr_toolkit.benching.result import read_results

    page = make_page(out, report_side, report_images, overwrite=overwrite, quiet=quiet)
    page.refuse()
    results = read_results(source)
    if data_root is not None:
        results.request["data_root"] = str(data_root)
    if device is not None:
        results.request["device"] = device
    with cache_for(kept=True) as cache:
        page.write(results, cache)


def make_page(
    path: Path, side: int | None, images: int | None, *, overwrite: bool, quiet: bool
) -> Page:
    """Return the page of the given options; bounds that were not given are the usual ones."""
    from sr_toolkit.reporting.writing import IMAGES, SIDE

    side = SIDE if side is None else side
    images = IMAGES if images is None else images
    return Page(path, side, images, overwrite, quiet)
