"""Scores of just these weights, out of a benchmark: for the card, and for programs."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sr_toolkit.benching.result import Result, Results, Row
from sr_toolkit.errors import DataError

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

KEPT = ("scales", "protocols", "metrics", "lpips_net", "lr", "precision", "no_reference")
"""Of a benchmark's request; the rest names folders of one machine."""


def own_scores(results: Results, sha256: str, label: str, where: str) -> Results:
    """Return the tables that have the weights, with their row and the fixed methods', no paths.

    Args:
        results: of `srtk bench`.
        sha256: of the weights.
        label: what the row is called from now on.
        where: the file of results, for the error.

    Raises:
        DataError: no row is of these weights.
    """
    tables = []
    for result in results:
        own = [row for row in result.rows if row.weights_sha256 == sha256 and row.kind == "model"]
        fixed = [row for row in result.rows if not row.weights_sha256 and row.kind == "model"]
        if own:
            rows = [*(_without_paths(row) for row in fixed), _named(own[0], label)]
            tables.append(dataclasses.replace(result, rows=rows))
    if not tables:
        raise DataError(
            f"'{where}' has no scores of these weights (SHA-256 {sha256[:12]}…); score them by "
            f"'srtk bench --models RUN -o FOLDER', and give that folder."
        )
    request = {key: results.request[key] for key in KEPT if key in results.request}
    return dataclasses.replace(results, request=request, results=tables)


def evaluations(results: Results, label: str) -> list[EvalResult]:
    """Return one record a dataset, setting and metric for the card's front matter."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type="image-to-image",
            task_name="Super-resolution",
            dataset_type=_identifier(result.dataset),
            dataset_name=result.dataset,
            dataset_config=f"x{result.scale}, protocol {result.protocol}, LR {result.lr}",
            metric_type=_identifier(name),
            metric_value=value,
            metric_name=head,
        )
        for result in results
        for name, head, value in _figures(result, label)
    ]


def metric_names(results: Results) -> list[str]:
    """Return the metrics that have figures, each once."""
    return list(dict.fromkeys(column.name for result in results for column in result.columns))


def table(result: Result) -> list[str]:
    """Return a table as lines of Markdown: its setting, the figures, the rule they follow."""
    heads = [column.head for column in result.columns]
    lines = [
        f"**{result.title}**",
        "",
        "| model | " + " | ".join(heads) + " |",
        "|---|" + "--:|" * len(heads),
    ]
    for row in result.rows:
        cells = [_cell(result, row, column.name, column.digits) for column in result.columns]
        lines.append(f"| {row.model} | " + " | ".join(cells) + " |")
    notes = [column.note for column in result.columns if column.note]
    return [*lines, "", "; ".join(dict.fromkeys([result.protocol_text, *notes])), ""]


def _figures(result: Result, label: str) -> Iterator[tuple[str, str, float]]:
    for column in result.columns:
        value: Any = result.mean(label, column.name)
        if value is not None and math.isfinite(value):
            yield column.name, column.head, round(value, 6)


def _cell(result: Result, row: Row, metric: str, digits: int) -> str:
    value = result.mean(row, metric)
    return "–" if value is None else f"{value:.{digits}f}"


def _named(row: Row, label: str) -> Row:
    return dataclasses.replace(_without_paths(row), model=label)


def _without_paths(row: Row) -> Row:
    source = "model.safetensors" if row.weights_sha256 else row.source
    return dataclasses.replace(row, source=source, reference="")


def _identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "unnamed"
