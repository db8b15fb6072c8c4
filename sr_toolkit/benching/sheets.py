"""Tables for people: models down, datasets and metrics across, what they were measured under below.

A sheet holds all datasets of one scale, protocol and kind of LR; it is made once and shown on a
terminal, as Markdown, CSV or LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sr_toolkit.benching.cache import readable_size
from sr_toolkit.benching.result import Column, Cost, Result, Results

EMPTY = "–"
PUBLISHED = "†"
FIXED = "fixed method, no weights"
COST = "cost"
"""The last group of columns: what holds for the model and not for a dataset."""
BEST = "best of its column, of what was measured here"


@dataclass(frozen=True)
class Cell:
    """One figure as text; the best of its column stands out."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Line:
    """One model."""

    model: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """One table.

    Attributes:
        title: what was measured, as `×4, protocol y`.
        groups: what stands over neighboring columns, with their number: datasets.
        heads: one for each column.
        lines: one for each model.
        notes: what a reader must know, a sentence each.
    """

    title: str
    groups: tuple[tuple[str, int], ...]
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def make_sheets(results: Results) -> list[Sheet]:
    """Return the sheets of all tables; notes that hold for several stand under the last."""
    together: dict[tuple[int, str, str], list[Result]] = {}
    for result in results:
        together.setdefault((result.scale, result.protocol, result.lr), []).append(result)
    wanted = bool(results.request.get("published"))
    sheets, said = [], set[str]()
    for number, group in enumerate(together.values(), start=1):
        last = number == len(together)
        notes = [*_notes(group), *(_unpublished(group) if wanted else ())]
        notes += _closing(results) if last else ()
        fresh = [note for note in notes if note not in said]
        said |= set(fresh)
        sheets.append(_sheet(group, tuple(fresh)))
    return sheets


def _sheet(group: Sequence[Result], notes: tuple[str, ...]) -> Sheet:
    labels = list(dict.fromkeys(row.model for result in group for row in result.rows))
    timed = any(row.cost is not None for result in group for row in result.rows)
    costs = ("params", "MACs", "s/MP", "memory") if timed else ("params",)
    lines = [
        Line(
            label + (PUBLISHED if _kind(group, label) == "published" else ""),
            tuple(
                cell
                for result in group
                for column in result.columns
                for cell in [_cell(result, label, column)]
            )
            + tuple(_cost_cells(group, label)[: len(costs)]),
        )
        for label in labels
    ]
    groups = [(_dataset(result), len(result.columns)) for result in group]
    heads = [
        f"{column.head} {'↑' if column.higher_is_better else '↓'}"
        for result in group
        for column in result.columns
    ]
    return Sheet(
        _setting(group[0]), (*groups, (COST, len(costs))), (*heads, *costs), tuple(lines), notes
    )


def _setting(result: Result) -> str:
    title = f"×{result.scale}"
    if result.protocol != "none":
        title += f", protocol {result.protocol}"
    if result.lr not in ("made", "none"):
        title += f", LR {result.lr}"
    return title


def _unpublished(group: Sequence[Result]) -> list[str]:
    return [
        f"no published figures are known for {result.dataset}, {_setting(result)}"
        for result in group
        if not any(row.kind == "published" for row in result.rows)
    ]


def _dataset(result: Result) -> str:
    total = len(result.images) + len(result.left_out)
    count = f"{len(result.images)} of {total}" if result.left_out else str(total)
    return f"{result.dataset}, {count} image{'s' * (total != 1)}"


def _kind(group: Sequence[Result], label: str) -> str:
    return next(row.kind for result in group for row in result.rows if row.model == label)


def _cell(result: Result, label: str, column: Column) -> Cell:
    row = next((row for row in result.rows if row.model == label), None)
    mean = None if row is None else result.mean(row, column.name)
    if row is None or mean is None:
        return Cell(EMPTY)
    # Papers print two digits of decibels.
    digits = 2 if row.kind == "published" and mean > 2 else column.digits
    text = f"{mean:.{digits}f}"
    if column.name in row.spread:
        text += f" ±{row.spread[column.name]:.{column.digits}f}"
    measured = [other for other in result.rows if other.kind == "model"]
    means = [m for other in measured if (m := result.mean(other, column.name)) is not None]
    choose: Callable[[list[float]], float] = max if column.higher_is_better else min
    best = row.kind == "model" and len(means) > 1 and mean == choose(means)
    return Cell(text, best)


def _cost_cells(group: Sequence[Result], label: str) -> list[Cell]:
    """Return parameters, multiply-adds, time and memory; of the largest SR where sets differ."""
    rows = [row for result in group for row in result.rows if row.model == label]
    parameters = max(row.parameters for row in rows)
    costs = [row.cost for row in rows if row.cost is not None]
    cost = max(costs, key=lambda one: one.width * one.height) if costs else None
    texts = [f"{parameters:,}" if parameters else EMPTY, *_cost_texts(cost)]
    return [Cell(text) for text in texts]


def _cost_texts(cost: Cost | None) -> list[str]:
    if cost is None:
        return [EMPTY] * 3
    adds = EMPTY if cost.multiply_adds is None else f"{cost.multiply_adds / 1e9:.1f} G"
    memory = EMPTY if cost.peak_memory is None else _memory(cost.peak_memory)
    half = (max(cost.per_megapixel) - min(cost.per_megapixel)) / 2 / cost.median
    return [adds, f"{cost.median:.3g} ±{half:.0%}", memory]


def _memory(count: int) -> str:
    return readable_size(count) if count >= 1e6 else "< 1 MB"


def _notes(group: Sequence[Result]) -> list[str]:
    lines = list(dict.fromkeys(result.protocol_text for result in group))
    columns = [(result, column) for result in group for column in result.columns]
    lines += [f"{c.head}: {c.note}" for _, c in columns if c.note and not c.missing]
    for result, column in columns:
        if column.missing:
            lines.append(f"{column.head}: {EMPTY}, {column.missing}")
        elif column.refused:
            label, reason = next(iter(column.refused.items()))
            kept = len(result.images) - len(column.refused)
            lines.append(
                f"{column.head} on {result.dataset}: mean of {kept} of {len(result.images)} "
                f"images; '{label}': {reason}"
            )
    for result in group:
        lines += [
            f"{r.model} at ×{result.scale}: {EMPTY}, {r.absent}" for r in result.rows if r.absent
        ]
        lines += [f"{EMPTY}, {failure}" for failure in result.failures]
    rows = [row for result in group for row in result.rows]
    lines += [f"{row.model}: {row.source}" for row in rows if row.source != FIXED]
    return list(dict.fromkeys(lines))


def _closing(results: Results) -> list[str]:
    lines = []
    if any(row.kind == "published" for result in results for row in result.rows):
        lines.append(f"{PUBLISHED} published, not measured here")
    costs = {(row.cost.width, row.cost.height) for r in results for row in r.rows if row.cost}
    if costs:
        sizes = ", ".join(f"{width}×{height}" for width, height in sorted(costs))
        lines.append(
            f"cost: for an SR of {sizes}; seconds for a megapixel of SR, the median of runs alone "
            f"after a warm-up and half their spread; memory beyond what was held; "
            f"{results.environment['hardware']}"
        )
    return lines
