"""Which models of one or two results truly differ, by paired tests on the same images."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sr_toolkit.benching.result import Result, Results, Row
from sr_toolkit.benching.statistics import Paired, compare_paired, holm
from sr_toolkit.errors import DataError

LEVEL = 0.05
"""Of the test, corrected for the number of pairs."""


@dataclass(frozen=True)
class Pair:
    """Two models under one metric on one table's images.

    Attributes:
        metric: name of the column.
        head: what stands above it.
        digits: of its figures.
        first, second: labels.
        paired: the first less the second.
        better: the label of the better one, '' where nothing is shown.
        p: corrected for all pairs of the table and metric (Holm 1979).
    """

    metric: str
    head: str
    digits: int
    first: str
    second: str
    paired: Paired
    better: str
    p: float


@dataclass(frozen=True)
class Comparison:
    """All pairs of one table.

    Attributes:
        title: what was measured.
        protocol_text: the rule in words.
        pairs: each two models under each metric.
        unscored: labels that lack figures under some metric.
    """

    title: str
    protocol_text: str
    pairs: tuple[Pair, ...]
    unscored: tuple[str, ...]


def compare(first: Results, second: Results | None = None) -> list[Comparison]:
    """Return the comparison of each table that both results have, or of all tables of one.

    Raises:
        DataError: the two have no table in common, or not the same images; says what differs.
    """
    if second is None:
        return [_compared(result, result.rows) for result in first]
    theirs = {result.key: result for result in second}
    both = [(result, theirs[result.key]) for result in first if result.key in theirs]
    if not both:
        raise DataError(
            f"The two results have no table in common: the first has {_named(first)}; the second "
            f"has {_named(second)}. Bench both under one dataset, scale, protocol and LR."
        )
    for ours, other in both:
        _refuse_other_images(ours, other)
    return [_compared(ours, _joined(ours, other)) for ours, other in both]


def _named(results: Results) -> str:
    return "; ".join(f"{r.title}, protocol {r.protocol}" for r in results)


def _refuse_other_images(first: Result, second: Result) -> None:
    if first.protocol_text != second.protocol_text:
        raise DataError(
            f"'{first.title}' was scored under different rules: '{first.protocol_text}' and "
            f"'{second.protocol_text}'. Bench both by one version of srtk."
        )
    for one, other in itertools.zip_longest(first.images, second.images):
        if one != other:
            label = (one or other).label
            raise DataError(
                f"'{first.title}' was scored on different images: '{label}' is not the same, or "
                f"not there, in both. Bench both on the same files."
            )


def _joined(first: Result, second: Result) -> list[Row]:
    """Return the rows of both; one that gave the same SR images in both stands once."""
    rows = list(first.rows)
    labels = {row.model for row in rows}
    for row in second.rows:
        if any(row.sr_sha256 == other.sr_sha256 and row.sr_sha256 for other in first.rows):
            continue
        if row.model in labels:
            row.model = f"{row.model} (second)"
        rows.append(row)
    return rows


def _compared(result: Result, rows: Sequence[Row]) -> Comparison:
    pairs = [pair for name in _metrics(result) for pair in _pairs(result, rows, name)]
    unscored = {
        row.model
        for row in rows
        for name in _metrics(result)
        if row.kind != "published" and result.values(row, name) is None
    }
    return Comparison(
        f"{result.title}, protocol {result.protocol}",
        result.protocol_text,
        tuple(pairs),
        tuple(sorted(unscored)),
    )


def _metrics(result: Result) -> list[str]:
    return [column.name for column in result.columns if not column.missing]


def _pairs(result: Result, rows: Sequence[Row], metric: str) -> Iterator[Pair]:
    column = result.column(metric)
    scored = [(row.model, values) for row in rows if (values := result.values(row, metric))]
    combined = list(itertools.combinations(scored, 2))
    found = [
        compare_paired(ours, theirs, column.higher_is_better) for (_, ours), (_, theirs) in combined
    ]
    corrected = holm([paired.p for paired in found])
    for ((first, _), (second, _)), paired, p in zip(combined, found, corrected, strict=True):
        better = ""
        if p < LEVEL:
            ahead = (paired.difference > 0) == column.higher_is_better
            better = first if ahead else second
        yield Pair(metric, column.head, column.digits, first, second, paired, better, p)
