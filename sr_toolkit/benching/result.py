"""What a benchmark found: per-image scores with all that is needed to repeat them."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sr_toolkit.files import write_text

SCHEMA = 1


@dataclass(frozen=True)
class Column:
    """One metric of the table.

    Attributes:
        name: registered name, the key of the scores.
        head: what stands above the column.
        higher_is_better: the direction.
        digits: digits after the point.
        note: what a reader must know, such as LPIPS's network.
        missing: why there are no figures, or ''.
    """

    name: str
    head: str
    higher_is_better: bool
    digits: int
    note: str = ""
    missing: str = ""


@dataclass
class Row:
    """One model's scores.

    Attributes:
        model: its label.
        source: where its weights came from.
        weights_sha256: of the checkpoint; '' for a fixed method.
        parameters: of the generator.
        model_name: registered name; `distribution` and `version` say whose.
        seconds: time of the model alone for each image.
        scores: metric to one figure an image, None where it could not be computed.
    """

    model: str
    source: str
    weights_sha256: str
    parameters: int
    model_name: str
    distribution: str
    version: str
    seconds: list[float] = field(default_factory=list)
    scores: dict[str, list[float | None]] = field(default_factory=dict)

    def mean(self, metric: str) -> float | None:
        """Return the mean over images, or None where any is missing."""
        values = self.scores.get(metric, [])
        if not values or any(value is None for value in values):
            return None
        return sum(value for value in values if value is not None) / len(values)

    @property
    def median_seconds(self) -> float:
        """The median time for an image."""
        return statistics.median(self.seconds) if self.seconds else math.nan


@dataclass
class Result:
    """A whole benchmark: rows, columns, protocol, and what it ran on."""

    dataset: str
    dataset_fingerprint: str
    scale: int
    protocol: str
    protocol_text: str
    lr: str
    images: list[str]
    columns: list[Column]
    rows: list[Row]
    environment: dict[str, Any]

    def table(self) -> str:
        """Return the table as plain text."""
        from sr_toolkit.benching.table import render_text

        return render_text(self)

    def to_json(self) -> str:
        """Return results.json: per-image scores, protocol, hashes, versions."""
        data = {"schema": SCHEMA, **asdict(self)}
        for row, plain in zip(self.rows, data["rows"], strict=True):
            plain["mean"] = {c.name: row.mean(c.name) for c in self.columns}
        return json.dumps(_finite(data), indent=1, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        """Return one line for each model and image."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        names = [column.name for column in self.columns]
        writer.writerow(["model", "image", *names, "seconds"])
        for row in self.rows:
            for index, image in enumerate(self.images):
                scores = [row.scores[name][index] if name in row.scores else "" for name in names]
                writer.writerow([row.model, image, *scores, f"{row.seconds[index]:.6f}"])
        return stream.getvalue()

    def save(self, folder: Path, *, overwrite: bool = False) -> None:
        """Write results.json and results.csv.

        Raises:
            OutputError: they exist, or cannot be written.
        """
        write_text(folder / "results.json", self.to_json(), overwrite=overwrite)
        write_text(folder / "results.csv", self.to_csv(), overwrite=overwrite)


def _finite(value: Any) -> Any:
    """Spell infinities, the PSNR of equal images, as strings: JSON has no word for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "inf" if value > 0 else ("-inf" if value < 0 else "nan")
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
