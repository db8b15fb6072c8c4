"""Figures of the literature beside measured ones, only under the protocol they were made by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sr_toolkit.benching.result import Result, Row
from sr_toolkit.config import option, validate, yaml


@dataclass(frozen=True, kw_only=True)
class Published:
    """One model of one paper under one protocol."""

    model: str = option(help="What the paper calls it.")
    source: str = option(help="Paper and table.")
    protocol: str = option(help="The protocol that agrees with the paper's.")
    scale: int = option(help="The scale.")
    datasets: dict[str, dict[str, float]] = option(help="Dataset to metric to figure.")


@cache
def published() -> tuple[Published, ...]:
    """Return all figures that the package knows, the table in published.yaml."""
    text = (files("sr_toolkit.benching") / "published.yaml").read_text(encoding="utf-8")
    return tuple(
        validate(Published, entry, where="published")
        for entry in yaml.parse(text, source="published.yaml")
    )


def add_published(result: Result) -> None:
    """Add the rows that were published for a table's dataset, scale and protocol.

    Only for the LR that papers use, MATLAB's bicubic, and where no image was left out.
    """
    if result.lr not in ("made", "given") or result.left_out:
        return
    taken = {row.model for row in result.rows}
    for entry in published():
        figures = entry.datasets.get(result.dataset)
        if figures is None or (entry.protocol, entry.scale) != (result.protocol, result.scale):
            continue
        shown = {
            name: figures[name]
            for name in (column.name for column in result.columns)
            if name in figures and _agrees(result, name)
        }
        if shown:
            label = entry.model if entry.model not in taken else f"{entry.model} (published)"
            result.rows.append(
                Row(model=label, source=entry.source, kind="published", over_set=dict(shown))
            )


def _agrees(result: Result, metric: str) -> bool:
    """Is the column what papers mean by its name? LPIPS is: with AlexNet."""
    return metric != "lpips" or result.column(metric).note == "net alex"
