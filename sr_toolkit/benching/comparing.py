"""Which models of one or two results truly differ, by paired tests on the same images."""

from __future__ import annotations

import dataclasses
import itertools
import math
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
        p: corrected for all pairs of the table and metric (Holm 1979); None where a figure is
            infinite, which cannot be tested.
    """

    metric: str
    head: str
    digits: int
    first: str
    second: str
    paired: Paired
    better: str
    p: float | None


@dataclass(frozen=True)
class Comparison:
    """All pairs of one table.

    Attributes:
        title: what was measured.
        protocol_text: the rule in words.
        pairs: each two models under each metric.
        unscored: labels that lack figures under some metric.
        remarks: what of the two results could not be compared, a sentence each.
    """

    title: str
    protocol_text: str
    pairs: tuple[Pair, ...]
    unscored: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def compare(first: Results, second: Results | None = None) -> list[Comparison]:
    """Return the comparison of each table that both results have, or of all tables of one.

    Raises:
        DataError: the two have no table in common, or not the same images; says what differs.
    """
    if second is None:
        return [_compared(result, _measured(result), _metrics(result)) for result in first]
    theirs = {result.key: result for result in second}
    both = [(result, theirs[result.key]) for result in first if result.key in theirs]
    if not both:
        raise DataError(
            f"The two results have no table in common: the first has {_named(first)}; the second "
            f"has {_named(second)}. Bench both under one dataset, scale, protocol and LR."
        )
    for ours, other in both:
        _refuse_other_images(ours, other)
    return [_of_both(ours, other) for ours, other in both]


def left_over(first: Results, second: Results) -> list[str]:
    """Return the tables that only one of two results has, in words."""
    keys = [{result.key for result in results} for results in (first, second)]
    return [
        f"{r.title}, protocol {r.protocol}: only in the {word}"
        for results, others, word in ((first, keys[1], "first"), (second, keys[0], "second"))
        for r in results
        if r.key not in others
    ]


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


def _of_both(first: Result, second: Result) -> Comparison:
    """Return the comparison of all models of two tables, each that is the same in both once."""
    metrics, remarks = [], []
    theirs = {column.name: column for column in second.columns if not column.missing}
    for name in _metrics(first):
        column, other = first.column(name), theirs.pop(name, None)
        if other is None:
            remarks.append(f"{column.head}: only in the first")
        elif (column.note, column.refused) != (other.note, other.refused):
            remarks.append(
                f"{column.head}: not compared, {column.note or 'all images'} in the first, "
                f"{other.note or 'all images'} in the second"
            )
        else:
            metrics.append(name)
    remarks += [f"{column.head}: only in the second" for column in theirs.values()]
    rows, labels = _measured(first), {row.model for row in first.rows}
    for row in _measured(second):
        twin = next((r for r in rows if _same(r, row, metrics)), None)
        if twin is not None:
            remarks.append(f"{twin.model}: the same images and figures in both, taken once")
            continue
        label = f"{row.model} (second)" if row.model in labels else row.model
        rows.append(dataclasses.replace(row, model=label))
    return _compared(first, rows, metrics, tuple(remarks))


def _same(one: Row, other: Row, metrics: Sequence[str]) -> bool:
    return one.sr_sha256 == other.sr_sha256 and all(
        one.scores.get(name) == other.scores.get(name) for name in metrics
    )


def _measured(result: Result) -> list[Row]:
    """Return the rows of models: a mean over seeds has its seeds beside it, papers no images."""
    return [row for row in result.rows if row.kind == "model" and any(row.sr_sha256)]


def _compared(
    result: Result, rows: Sequence[Row], metrics: Sequence[str], remarks: tuple[str, ...] = ()
) -> Comparison:
    pairs = [pair for name in metrics for pair in _pairs(result, rows, name)]
    unscored = {row.model for row in rows for name in metrics if result.values(row, name) is None}
    return Comparison(
        f"{result.title}, protocol {result.protocol}",
        result.protocol_text,
        tuple(pairs),
        tuple(sorted(unscored)),
        remarks,
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
    tested = [place for place, paired in enumerate(found) if math.isfinite(paired.p)]
    corrected = dict(zip(tested, holm([found[place].p for place in tested]), strict=True))
    for place, (((first, _), (second, _)), paired) in enumerate(zip(combined, found, strict=True)):
        better, p = "", corrected.get(place)
        if p is not None and p < LEVEL:
            ahead = (paired.difference > 0) == column.higher_is_better
            better = first if ahead else second
        yield Pair(metric, column.head, column.digits, first, second, paired, better, p)
