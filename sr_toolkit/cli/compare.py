"""`srtk compare`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sr_toolkit.cli import manual, options

if TYPE_CHECKING:
    from sr_toolkit.benching.comparing import Comparison, Pair


@manual.verb(
    "compare",
    "srtk compare bench/results.json",
    "srtk compare before/ after/ --metrics psnr",
)
@click.argument("first", type=options.PATH)
@click.argument("second", type=options.PATH, required=False)
@click.option("--metrics", multiple=True, type=options.Words(), help="These alone; comma list.")
@options.together(options.as_json, options.debug)
def command(
    first: Path, second: Path | None, metrics: tuple[tuple[str, ...], ...], as_json: bool
) -> None:
    """Say which models truly differ, by paired tests on the same images.

    FIRST and SECOND are files that 'srtk bench --out' wrote, or their folders; one alone compares
    the models in it.
    """
    from sr_toolkit.benching.comparing import compare, left_over
    from sr_toolkit.benching.result import json_ready, read_results
    from sr_toolkit.errors import UnknownNameError

    results = [read_results(path) for path in (first, second) if path is not None]
    comparisons = compare(*results)
    wanted = options.flatten(metrics)
    known = list(dict.fromkeys(pair.metric for one in comparisons for pair in one.pairs))
    for name in wanted:
        if name not in known:
            raise UnknownNameError("metric of these results", name, known)
    comparisons = [
        dataclasses.replace(
            one, pairs=tuple(pair for pair in one.pairs if pair.metric in (wanted or known))
        )
        for one in comparisons
    ]
    if as_json:
        options.print_json(json_ready(comparisons))
        return
    for number, comparison in enumerate(comparisons):
        if number:
            click.echo()
        _print(comparison)
    for line in left_over(*results) if len(results) == 2 else ():
        click.echo(line)


def _print(comparison: Comparison) -> None:
    click.echo(comparison.title)
    heads = ["metric", "one", "other", "difference", "95 % interval", "won", "p", ""]
    if comparison.pairs:
        options.print_table(heads, [_row(pair) for pair in comparison.pairs])
    for remark in comparison.remarks:
        click.echo(remark)
    if not comparison.pairs:
        click.echo("There are no two models to compare.")
        return
    click.echo(
        "difference: one less other, mean over images; p: sign-flip test, corrected for the "
        "number of pairs (Holm)"
    )
    if comparison.pairs[0].paired.count < FEWEST:
        click.echo(
            f"{comparison.pairs[0].paired.count} images cannot show a difference by this test; "
            f"take {FEWEST} or more."
        )
    for label in comparison.unscored:
        click.echo(f"{label}: has no figures under some metrics")


FEWEST = 6
"""With fewer images no result can have p below .05: all signs equal has 2 in 2 to the count."""


def _row(pair: Pair) -> list[str]:
    paired, digits = pair.paired, pair.digits
    interval = "–"
    if paired.interval is not None:
        interval = " … ".join(f"{bound:+.{digits}f}" for bound in paired.interval)
    return [
        pair.head,
        pair.first,
        pair.second,
        f"{paired.difference:+.{digits}f}",
        interval,
        f"{paired.won}/{paired.count}",
        "–" if pair.p is None else f"{pair.p:.2g}",
        _verdict(pair),
    ]


def _verdict(pair: Pair) -> str:
    if pair.p is None:
        return "cannot be tested: infinite figures"
    return f"{pair.better} is better" if pair.better else "no difference shown"
