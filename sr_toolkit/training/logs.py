"""Reading log.jsonl: what a training noted, whatever state the file is in. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

PAUSE = 600.0
"""Seconds between two records above which nothing was trained in between."""

_FRAME = ("event", "time", "phase", "step")


@dataclass(frozen=True)
class Record:
    """One line of the log.

    Attributes:
        event: `step`, `validation`, `warning` or `search`.
        time: seconds since 1970.
        phase, step: where in the training; steps are counted within the phase.
        figures: the numbers of the line, by name.
        text: what a warning says or a search decided, else ''.
    """

    event: str
    time: float
    phase: str
    step: int
    figures: Mapping[str, float] = field(default_factory=dict)
    text: str = ""


def read_log(path: Path) -> list[Record]:
    """Return the records of a log, in the order written; [] where there is no log.

    A line that a kill or a full disk cut off, or that is none of ours, is left out.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    return [record for record in map(_parse, lines) if record is not None]


def _parse(line: bytes) -> Record | None:
    try:
        data: Any = json.loads(line)
        return Record(
            event=str(data["event"]),
            time=float(data["time"]),
            phase=str(data["phase"]),
            step=int(data["step"]),
            figures={
                str(key): float(value)
                for key, value in data.items()
                if key not in _FRAME
                and isinstance(value, (int, float))
                and not isinstance(value, bool)
            },
            text=str(data.get("text", data.get("decision", ""))),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def training_time(records: Sequence[Record]) -> float:
    """Return for how many seconds a run was trained, by the stamps of its records.

    Gaps of more than `PAUSE` between two records count as stops and are left out; so a run that
    logs less often than that is told too short, and the decoding of images before the first record
    is not in it.
    """
    gaps = (later.time - earlier.time for earlier, later in pairwise(records))
    return sum(gap for gap in gaps if 0 < gap <= PAUSE)


def phase_ends(records: Iterable[Record]) -> dict[str, int]:
    """Return the largest step that each phase has come to."""
    ends: dict[str, int] = {}
    for record in records:
        ends[record.phase] = max(record.step, ends.get(record.phase, 0))
    return ends


def phase_offsets(ends: Mapping[str, int], phases: Sequence[str]) -> dict[str, int]:
    """Return the steps before each phase, so that steps can be counted over all of them."""
    offsets, total = {}, 0
    for phase in phases:
        offsets[phase] = total
        total += ends.get(phase, 0)
    return offsets
