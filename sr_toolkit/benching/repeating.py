"""What was asked, in a form that means the same later and elsewhere."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from sr_toolkit.benching.opening import UNFINISHED, Opened
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import read_results
from sr_toolkit.data.opening import pinned
from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.files import write_text
from sr_toolkit.registry import registry


def remember(request: Request) -> None:
    """Write what is asked into the output folder, for a resume; `forget` removes it.

    Raises:
        OutputError: it cannot be written, or something else was begun there.
    """
    assert request.out is not None
    file, plain = request.out / UNFINISHED, anywhere(request).to_plain()
    if file.is_file() and not request.overwrite and _others(file, plain):
        raise OutputError(
            f"'{request.out}' holds another benchmark that was stopped: go on with it by "
            f"srtk bench --resume, give --overwrite, or another --out."
        )
    write_text(file, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")


def _others(file: Path, plain: dict[str, Any]) -> bool:
    """Was something else asked for, but for what only a person sees?"""
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    apart = ("quiet", "overwrite", "pull")
    return any(before.get(key) != plain[key] for key in plain if key not in apart)


def forget(folder: Path) -> None:
    """Take back what `remember` wrote: the results are there."""
    (folder / UNFINISHED).unlink(missing_ok=True)


def unfinished(folder: Path) -> Request | None:
    """Return what was asked of a benchmark that was stopped, or None where it came to its end.

    Raises:
        DataError: no benchmark was begun in the folder.
        ConfigError: what was asked cannot be read.
    """
    asked = folder / UNFINISHED
    if not asked.is_file():
        if (folder / "results.json").is_file():
            return None
        raise DataError(f"No benchmark was begun in '{folder}'; give the folder that --out named.")
    try:
        data = json.loads(asked.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read '{asked}': {error}.") from None
    request = Request.from_plain(data)
    if (folder / "results.json").is_file() and not request.overwrite:
        # Stopped after all was written: what is asked for is there.
        write_text(folder / "results.csv", read_results(folder).to_csv())
        forget(folder)
        return None
    return request


def anywhere(request: Request) -> Request:
    """Return the request with paths that mean the same from any folder."""

    def absolute(path: Path | None) -> Path | None:
        return path and path.expanduser().resolve()

    return dataclasses.replace(
        request,
        models=tuple(_absolute_word(word) for word in request.models),
        datasets=tuple(pinned(reference) for reference in request.datasets),
        runs=request.runs.expanduser().resolve(),
        data_root=absolute(request.data_root),
        weights_root=absolute(request.weights_root),
        out=absolute(request.out),
    )


def _absolute_word(word: str) -> str:
    """Return a word of `--models` with its path, if it has one, made absolute."""
    if word not in registry().names("model") and Path(word).expanduser().exists():
        return str(Path(word).expanduser().resolve())
    name, at, place = word.rpartition("@")
    stem, colon, phase = place.rpartition(":")
    for path, rest in ((place, ""), (stem, colon + phase)):
        means_a_path = at or path not in registry().names("model")
        if path and means_a_path and Path(path).expanduser().exists():
            return f"{name}{at}{Path(path).expanduser().resolve()}{rest}"
    return word


def repeatable(request: Request, opened: Opened) -> Request:
    """Return the request so that it means the same elsewhere, and when newer runs are there."""
    models = [
        f"{one.model}@{one.path.resolve()}".removeprefix("@") if one.path else one.model
        for one in opened.located
    ]
    return dataclasses.replace(
        request,
        models=tuple(models),
        datasets=tuple(pinned(reference) for reference in request.datasets),
        scales=opened.scales,
    )
