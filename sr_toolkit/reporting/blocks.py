"""What the page's script reads: JSON in script elements, which no text in it can end."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from sr_toolkit.benching.choosing import BASELINE
from sr_toolkit.benching.result import Result, Row
from sr_toolkit.reporting.embedding import LOSSLESS, Embedded
from sr_toolkit.reporting.gallery import Album


def to_block(data: Any) -> Markup:
    """Return JSON that may stand in a script element: without <, > and &."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def scores(result: Result, album: Album, number: int) -> dict[str, Any]:
    """Return one table's scores by image, as the script takes them.

    Args:
        result: the table.
        album: its pictures.
        number: of the album on the page.
    """
    columns = [column for column in result.columns if not column.missing]
    rows = [row for row in result.rows if row.kind == "model"]
    per_image = [c for c in columns if any(row.scores.get(c.name) for row in rows)]
    baseline = next((i for i, row in enumerate(rows) if row.model_name == BASELINE), None)
    return {
        "title": title(result),
        "scale": result.scale,
        "images": [image.label for image in result.images],
        "pictures": {str(place): f"p{number}-{place}" for place in album.shown},
        "columns": [
            {"head": c.head, "higher": c.higher_is_better, "digits": c.digits} for c in per_image
        ],
        "models": [row.model for row in rows],
        "names": [album.name(row.model) for row in rows],
        "scores": [[_figures(row, c.name, result) for c in per_image] for row in rows],
        "baseline": baseline,
    }


def title(result: Result) -> str:
    """Return what a table is chosen by."""
    words = result.title
    return words if result.protocol == "none" else f"{words}, protocol {result.protocol}"


def picture_block(embedded: Embedded) -> dict[str, Any]:
    """Return one image's pictures, as the script takes them."""
    window = embedded.window
    return {
        "width": window.width,
        "height": window.height,
        "whole": embedded.whole,
        "left": window.left,
        "top": window.top,
        "quality": "lossless" if embedded.quality == LOSSLESS else f"quality {embedded.quality}",
        "uris": dict(embedded.uris),
    }


def _figures(row: Row, metric: str, result: Result) -> list[float | str | None]:
    values = row.scores.get(metric, [])
    if len(values) != len(result.images):
        return [None] * len(result.images)
    return [_plain(value) for value in values]


def _plain(value: float | None) -> float | str | None:
    if value is None or math.isnan(value):
        return None
    return round(value, 6) if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def blocks(albums: Mapping[Any, Album]) -> list[tuple[str, Markup]]:
    """Return the pictures of all albums, an id with its JSON."""
    return [
        (f"p{number}-{place}", to_block(picture_block(one)))
        for number, album in enumerate(albums.values())
        for place, one in album.shown.items()
    ]
