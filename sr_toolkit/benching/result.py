"""What a benchmark found: per-image scores with all that is needed to repeat them.

`Results` is the whole, and what results.json holds; a `Result` is one table of it, one dataset at
one scale under one protocol; a `Row` of it is one model.
"""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sr_toolkit.config import option, plain, validate
from sr_toolkit.errors import DataError
from sr_toolkit.files import write_text

SCHEMA = 2
"""The version of results.json; a reader refuses a newer one."""

Kind = Literal["model", "mean", "published"]
Score = float | None


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """One image of the set, as it was really used."""

    label: str = option(help="Its name in the set.")
    width: int = option(help="Of the HR cut to a multiple of the scale; without HR, of the LR.")
    height: int = option(help="As the width.")
    hr_sha256: str = option("", help="Of the HR's decoded pixels and shape; '' without HR.")
    lr_sha256: str = option("", help="Of the LR's pixels and shape.")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One metric of the table."""

    name: str = option(help="What it was asked for as: the key of the scores.")
    head: str = option(help="What stands above the column.")
    higher_is_better: bool = option(help="The direction.")
    digits: int = option(help="Digits shown after the point.")
    tolerance: float = option(0.0, help="How far a score may lie from it on another machine.")
    note: str = option("", help="What a reader must know, such as LPIPS's network.")
    missing: str = option("", help="Why there are no figures at all, or ''.")
    refused: dict[str, str] = option(
        factory=dict, help="Images that it cannot score, whatever the model, to the reason."
    )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one SR costs, timed alone on the set's image of median size, after a warm-up."""

    image: str = option(help="The image that was taken.")
    width: int = option(help="Of its SR.")
    height: int = option(help="Of its SR.")
    seconds: tuple[float, ...] = option(help="Each run of the model, reading and writing apart.")
    multiply_adds: int | None = option(None, help="For that SR; None where they cannot be counted.")
    peak_memory: int | None = option(None, help="Bytes beyond what was held before.")

    @property
    def per_megapixel(self) -> tuple[float, ...]:
        """Seconds for a megapixel of SR, each run."""
        return tuple(value / (self.width * self.height / 1e6) for value in self.seconds)

    @property
    def median(self) -> float:
        """The median of the seconds for a megapixel of SR."""
        return statistics.median(self.per_megapixel) if self.seconds else math.nan


@dataclass(kw_only=True)
class Row:
    """One model's scores."""

    model: str = option(help="Its label, unique in the table.")
    source: str = option(help="Where its weights came from, or what was published where.")
    kind: Kind = option(
        "model", help="model: measured; mean: over seeds; published: not measured here."
    )
    weights_sha256: str = option("", help="Of the checkpoint; '' for a fixed method.")
    parameters: int = option(0, help="Of the generator.")
    model_name: str = option("", help="Registered name.")
    distribution: str = option("", help="Whose it is.")
    version: str = option("", help="Of the distribution that trained it.")
    reference: str = option("", help="What finds it again: the word given, or a path.")
    scores: dict[str, list[Score]] = option(
        factory=dict, help="Metric to one figure an image, None where there is none."
    )
    over_set: dict[str, Score] = option(
        factory=dict, help="Metrics that score the whole set; published means, too."
    )
    sr_sha256: list[str] = option(factory=list, help="Of each SR's pixels; '' where it failed.")
    seconds: list[Score] = option(factory=list, help="The model's time for each image.")
    cached: int = option(0, help="How many of the SR images came from the cache.")
    cost: Cost | None = option(None, help="What one SR costs.")
    absent: str = option("", help="Why the row is empty though nothing failed: another scale.")
    failure: str = option("", help="What failed, where the whole row is empty; or ''.")
    failed: dict[str, str] = option(factory=dict, help="Images that failed, to the reason.")
    spread: dict[str, float] = option(
        factory=dict, help="Of a mean over seeds: the deviation of the seeds' means."
    )


@dataclass(kw_only=True)
class Result:
    """One table: rows of one dataset at one scale under one protocol."""

    dataset: str = option(help="Its name.")
    dataset_fingerprint: str = option(help="A hash of all that the set holds.")
    scale: int = option(help="The scale.")
    protocol: str = option(help="Its name; 'none' without HR.")
    protocol_text: str = option(help="The rule in words, as under the table.")
    lr: str = option(help="made, given, or the name and seed of the degradation.")
    images: list[ImageFacts] = option(help="The images that were scored, in order.")
    columns: list[Column] = option(help="The metrics, in order.")
    rows: list[Row] = option(help="The models, in order.")
    left_out: dict[str, str] = option(
        factory=dict, help="Images that no model was scored on, to the reason."
    )

    @property
    def labels(self) -> list[str]:
        """The images' labels, in order."""
        return [image.label for image in self.images]

    @property
    def key(self) -> tuple[str, int, str, str]:
        """What tells this table from the others: dataset, scale, protocol, LR."""
        return (self.dataset, self.scale, self.protocol, self.lr)

    @property
    def title(self) -> str:
        """What stands above the table."""
        total = len(self.images) + len(self.left_out)
        count = f"{len(self.images)} of {total}" if self.left_out else f"{total}"
        words = f"{self.dataset}, {count} image{'s' * (total != 1)}, ×{self.scale}"
        return words if self.lr in ("made", "none") else f"{words}, LR {self.lr}"

    def row(self, model: str) -> Row:
        """Return the row of a label.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            if row.model == model:
                return row
        raise KeyError(model)

    def column(self, name: str) -> Column:
        """Return the column of a metric.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def scored(self, metric: str) -> list[int]:
        """Return the places of the images that the metric takes."""
        refused = self.column(metric).refused
        return [index for index, image in enumerate(self.images) if image.label not in refused]

    def values(self, row: Row, metric: str) -> list[float] | None:
        """Return a row's figures on those images, or None where any of them is missing."""
        places, scores = self.scored(metric), row.scores.get(metric, [])
        if not places or len(scores) != len(self.images):
            return None
        found = [value for place in places if (value := scores[place]) is not None]
        return found if len(found) == len(places) else None

    def mean(self, row: Row | str, metric: str) -> float | None:
        """Return the figure of a cell: the mean over images, or the score of the whole set.

        Args:
            row: or its label.
            metric: the name of a column.
        """
        row = self.row(row) if isinstance(row, str) else row
        if metric in row.over_set:
            return row.over_set[metric]
        values = self.values(row, metric)
        return None if values is None else sum(values) / len(values)

    @property
    def failures(self) -> list[str]:
        """What failed, one sentence each; images that a metric refuses are no failure."""
        lines = [
            f"Image '{label}' of '{self.dataset}': {reason}"
            for label, reason in self.left_out.items()
        ]
        for row in self.rows:
            if row.failure:
                lines.append(f"{row.model} on '{self.dataset}': {row.failure}")
            lines += [
                f"{row.model} on '{label}' of '{self.dataset}': {why}"
                for label, why in row.failed.items()
            ]
        return lines


@dataclass(kw_only=True)
class Results:
    """All tables of one call, what was asked, and what it ran on."""

    request: dict[str, Any] = option(
        help="What was asked, as `--verify` asks again.", extensible=True
    )
    environment: dict[str, Any] = option(
        help="Machine, device, threads, versions, hashes of the code.", extensible=True
    )
    created: str = option(help="When, in UTC.")
    results: list[Result] = option(help="The tables.")
    schema: int = option(SCHEMA, help="The version of this form.")

    def __getitem__(self, index: int) -> Result:
        """Return a table."""
        return self.results[index]

    def __len__(self) -> int:
        """Return the number of tables."""
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        """Go through the tables."""
        return iter(self.results)

    @property
    def failures(self) -> list[str]:
        """What failed, each sentence once."""
        return list(dict.fromkeys(line for result in self.results for line in result.failures))

    def table(self) -> str:
        """Return the tables as plain text."""
        from sr_toolkit.benching.table import render_text

        return render_text(self)

    def _repr_markdown_(self) -> str:
        """Return the tables as a notebook shows them."""
        from sr_toolkit.benching.formats import render

        return render(self, "markdown")

    def to_json(self) -> str:
        """Return results.json; docs/results.schema.json describes it."""
        data = {"schema": self.schema, **json_ready(self)}
        data["results"] = [result_to_plain(result) for result in self.results]
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        """Return one line for each table, model and image."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        names = list(dict.fromkeys(c.name for result in self.results for c in result.columns))
        writer.writerow(["dataset", "scale", "protocol", "lr", "model", "image", *names, "seconds"])
        for result in self.results:
            setting = [result.dataset, result.scale, result.protocol, result.lr]
            for row in result.rows:
                for index in range(len(result.images) if row.kind != "published" else 0):
                    scores = [_at(row.scores.get(name, []), index) for name in names]
                    seconds = _at(row.seconds, index)
                    timed = "" if seconds == "" else f"{seconds:.6f}"
                    label = result.images[index].label
                    writer.writerow([*setting, row.model, label, *scores, timed])
        return stream.getvalue()

    def save(self, folder: Path, *, overwrite: bool = False) -> None:
        """Write results.json and results.csv.

        Raises:
            OutputError: they exist, or cannot be written.
        """
        text = self.to_json()
        write_text(folder / "results.csv", self.to_csv(), overwrite=overwrite)
        write_text(folder / "results.json", text, overwrite=overwrite)  # last: then all is there


def result_to_plain(result: Result) -> dict[str, Any]:
    """Return a table as results.json holds it: with means and statistics, which follow from it."""
    from sr_toolkit.benching.summaries import row_statistics

    data: dict[str, Any] = json_ready(result)
    for row, entry in zip(result.rows, data["rows"], strict=True):
        entry["mean"] = {c.name: _word(result.mean(row, c.name)) for c in result.columns}
        entry["statistics"] = {
            c.name: json_ready(facts)
            for c in result.columns
            if (facts := row_statistics(result, row, c)) is not None
        }
    return data


def read_results(path: Path) -> Results:
    """Read results.json, or the one in a folder.

    Raises:
        DataError: absent, no JSON, not ours, or of a newer form.
    """
    file = path / "results.json" if path.is_dir() else path
    if not file.is_file():
        raise DataError(
            f"There is no results.json at '{path}'; give the file or folder that "
            f"'srtk bench --out' wrote."
        )
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"Cannot read '{file}': {error}.") from None
    except ValueError:
        data = None
    if not isinstance(data, dict) or "results" not in data or "schema" not in data:
        raise DataError(
            f"'{file}' is no results.json; give the file or folder that 'srtk bench --out' wrote."
        )
    if data["schema"] != SCHEMA:
        raise DataError(
            f"'{file}' has form {data['schema']}, this srtk reads form {SCHEMA}; take the srtk "
            f"that wrote it, or bench again."
        )
    return from_plain(data, str(file))


def from_plain(data: Mapping[str, Any], where: str) -> Results:
    """Return the results that plain data, as of results.json, describe.

    Raises:
        DataError: something is missing or of the wrong type; the message names it.
    """
    from sr_toolkit.errors import ConfigError

    content = _numbers(json.loads(json.dumps(dict(data))))
    try:
        for result in content["results"]:
            for row in result["rows"]:
                row.pop("mean", None)
                row.pop("statistics", None)
        return validate(Results, content)
    except (ConfigError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"'{where}' is damaged: {error}") from None


_WORDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_FIGURES = ("scores", "over_set", "seconds", "spread")


def json_ready(value: Any) -> Any:
    """Return `value`, dataclasses too, as JSON holds it: infinities, not in JSON, as words."""
    return _words(plain(value))


def _words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_words(item) for item in value]
    return _word(value)


def _word(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "inf" if value > 0 else ("-inf" if value < 0 else "nan")
    return value


def _numbers(value: Any, figures: bool = False) -> Any:
    """Undo `_words` where figures stand."""
    if isinstance(value, dict):
        return {key: _numbers(item, figures or key in _FIGURES) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item, figures) for item in value]
    return _WORDS.get(value, value) if figures and isinstance(value, str) else value


def _at(values: Sequence[Score], index: int) -> Any:
    value = values[index] if index < len(values) else None
    return "" if value is None else value
