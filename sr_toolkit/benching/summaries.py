"""Statistics of a table's rows: their own, and against bicubic and the first model."""

from __future__ import annotations

from dataclasses import dataclass

from sr_toolkit.benching.choosing import BASELINE
from sr_toolkit.benching.result import Column, Result, Row
from sr_toolkit.benching.statistics import Paired, Summary, compare_paired, summarize


@dataclass(frozen=True)
class Statistics:
    """What one model's figures under one metric say.

    Attributes:
        summary: of its own figures.
        against: label of a reference to the paired difference from it.
    """

    summary: Summary
    against: dict[str, Paired]


def reference_rows(result: Result) -> list[Row]:
    """Return what rows are held against: bicubic, and the first model besides."""
    measured = [row for row in result.rows if row.kind == "model" and any(row.sr_sha256)]
    baseline = [row for row in measured if row.model_name == BASELINE]
    return baseline[:1] + [row for row in measured if row not in baseline][:1]


def row_statistics(result: Result, row: Row, column: Column) -> Statistics | None:
    """Return the statistics of a row under a metric; None where a figure is missing."""
    values = result.values(row, column.name)
    if values is None:
        return None
    against = {}
    for reference in reference_rows(result):
        theirs = result.values(reference, column.name)
        if reference is not row and theirs is not None:
            against[reference.model] = compare_paired(values, theirs, column.higher_is_better)
    return Statistics(summarize(values), against)
