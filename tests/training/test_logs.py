"""The log is read whatever a kill or a full disk left of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sr_toolkit.training.logs import (
    PAUSE,
    Record,
    phase_ends,
    phase_offsets,
    read_log,
    training_time,
)


def line(event: str = "step", *, time: float = 0.0, phase: str = "psnr", step: int = 1, **more):
    return json.dumps({"event": event, "time": time, "phase": phase, "step": step, **more})


def test_figures_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        line(loss=0.5, lr=1e-4, flag=True, note="x")
        + "\n"
        + line("warning", text="Too hot.")
        + "\n"
    )
    step, warning = read_log(path)
    assert step.figures == {"loss": 0.5, "lr": 1e-4}
    assert (warning.event, warning.text) == ("warning", "Too hot.")


@pytest.mark.parametrize(
    "rest",
    [
        b'{"event": "step", "time": 3.0, "ph',
        b"\x00\x00\xff\xfe",
        b"[1, 2]",
        b"null",
        b'{"event": "step", "time": "soon", "phase": "psnr", "step": 1}',
        b'{"event": "step", "time": 1, "phase": "psnr", "step": Infinity}',
        b"",
    ],
)
def test_what_is_damaged_is_left_out(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(f"{line(step=1)}\n".encode() + rest + f"\n{line(step=2)}\n".encode() + rest)
    assert [record.step for record in read_log(path)] == [1, 2]


def test_no_log(tmp_path: Path) -> None:
    assert read_log(tmp_path / "log.jsonl") == []
    assert read_log(tmp_path) == []


def test_stops_are_not_training_time() -> None:
    times = [0, 100, 100 + PAUSE, 5000, 5030, 5020]
    records = [Record("step", time, "psnr", 1) for time in times]
    assert training_time(records) == 100 + PAUSE + 30
    assert training_time([]) == 0


def test_steps_over_all_phases() -> None:
    records = [Record("step", 0, phase, step) for phase, step in [("a", 5), ("a", 3), ("b", 2)]]
    ends = phase_ends(records)
    assert ends == {"a": 5, "b": 2}
    assert phase_offsets(ends, ("a", "b", "c")) == {"a": 0, "b": 5, "c": 7}
