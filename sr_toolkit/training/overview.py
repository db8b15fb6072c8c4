"""What became of each run: how far it is, what it scored, how to go on. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sr_toolkit.errors import CheckpointError, ConfigError, SrtkError
from sr_toolkit.runs import Run, list_runs
from sr_toolkit.training.headers import read_values
from sr_toolkit.training.lock import training_process
from sr_toolkit.training.logs import Record, phase_ends, read_log, training_time

State = Literal["finished", "stopped", "running", "damaged"]
_KEYS = {"model", "scales", "recipe", "hardware"}


@dataclass(frozen=True, kw_only=True)
class PhaseScore:
    """A phase's best weights: their step, and the validation scores by name."""

    phase: str
    step: int
    scores: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """One run at a glance.

    Attributes:
        path: its folder.
        state: `damaged` where it can be neither used nor gone on with; `cause` says why.
        cause: or a remark on a sound run.
        process: of a running one, the process that trains.
        phase, step, steps: how far it is; steps is None where the phase's length is not known yet.
        best: per phase that has weights.
        seconds: trained so far; stops are not counted.
        size: bytes on disk.
        go_on: the command that goes on with it, or ''.
        warnings: what the training warned of.
    """

    path: str
    state: State
    cause: str = ""
    process: int | None = None
    model: str = ""
    scales: tuple[int, ...] = ()
    preset: str = ""
    data: tuple[str, ...] = ()
    phase: str = ""
    step: int = 0
    steps: int | None = None
    best: tuple[PhaseScore, ...] = ()
    seconds: float = 0.0
    size: int = 0
    go_on: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The state in words, such as `stopped at gan 300/1000`."""
        if self.state == "finished":
            return "finished"
        if self.state == "damaged":
            return f"damaged: {self.cause.rstrip('.')}"
        word = "running" if self.state == "running" else "stopped at"
        return f"{word} {self.phase} {self.step}/{self.steps or '?'}"

    def to_plain(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return asdict(self)


def survey(folder: Path) -> list[Overview]:
    """Return an overview of every run in `folder` and in its sweeps, oldest first."""
    runs = list_runs(folder)
    if folder.is_dir():
        for below in sorted(folder.iterdir()):
            if below.is_dir() and not (below / "config.yaml").is_file():
                runs += list_runs(below)
    return [look(run) for run in runs]


def look(run: Run) -> Overview:
    """Return an overview of a run; whatever is wrong with it becomes its state and cause."""
    records = read_log(run.log_file)
    seen: dict[str, Any] = {
        "path": str(run.path),
        "seconds": training_time(records),
        "size": size_of(run.path),
        "warnings": tuple(record.text for record in records if record.event == "warning"),
    }
    try:
        seen |= _described(run)
        seen |= _judged(run, records)
    except (SrtkError, OSError) as error:
        seen |= {"state": "damaged", "cause": str(error), "go_on": ""}
    return Overview(**seen)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder; one that vanishes meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:
                continue
    return total


def _described(run: Run) -> dict[str, Any]:
    config = run.config
    try:
        if not config.keys() >= _KEYS or not run.phases:
            raise ConfigError(f"'{run.config_file}' is not that of a training; restore it.")
        return {
            "model": str(config["model"]),
            "scales": tuple(int(scale) for scale in config["scales"]),
            "preset": str(config.get("preset", "")),
            "data": tuple(str(name) for name in config.get("data", ())),
        }
    except (TypeError, ValueError, IndexError, KeyError):
        raise ConfigError(f"'{run.config_file}' is damaged; restore it, or train anew.") from None


def _judged(run: Run, records: Sequence[Record]) -> dict[str, Any]:
    """Return state, place, scores and the way on.

    Raises:
        CheckpointError: there are states or weights, and none can be read.
    """
    process = training_process(run)
    progress, remark = _progress(run)
    best, spoiled = _scores(run)
    remark = remark or spoiled
    last = run.phases[-1]
    done = (run.path / "last.safetensors").is_file()
    if progress:
        extend = _phase(run, last).get("extend", 0)
        reached = progress.get("phase") == last and bool(progress.get("over"))
        finished = done and reached and progress.get("extend") == extend
    else:
        finished = done
        if done and not remark:
            remark = "its state was removed: it can be used, but not gone on with"
    phase = str(progress.get("phase") or run.phases[0])
    step = int(progress.get("step") or 0)
    if process is not None and records:  # the log is ahead of the last saved state
        phase, step = records[-1].phase, records[-1].step
    over = finished and process is None
    if over:
        phase = last
        step = step or next((one.step for one in best if one.phase == last), 0)
    go_on = run.resume_command
    if over:
        go_on = f"{go_on} --steps +1000" if progress else ""
    return {
        "state": "finished" if over else "stopped" if process is None else "running",
        "cause": remark,
        "process": process,
        "phase": phase,
        "step": step,
        "steps": step if over else _length(run, phase, progress, records),
        "best": best,
        "go_on": "" if process is not None else go_on,
    }


def _progress(run: Run) -> tuple[dict[str, Any], str]:
    """Return how far the newest sound state is, {} without a state, and a remark."""
    remark = ""
    places = (run.state_file, run.state_file.with_name("previous.safetensors"))
    found = [place for place in places if place.is_file()]
    for place in found:
        try:
            progress = read_values(place, "progress").get("progress")
        except CheckpointError as error:
            if place == found[-1]:
                raise
            remark = f"{error} The state before it will be taken"
            continue
        return (progress if isinstance(progress, dict) else {}), remark
    return {}, ""


def _scores(run: Run) -> tuple[tuple[PhaseScore, ...], str]:
    """Return the scores of each phase's best weights, and what is wrong with any."""
    found, remark = [], ""
    for phase in run.phases:
        path = run.find(phase)
        if path is None:
            continue
        try:
            values = read_values(path, "scores", "steps")
            scores = {
                str(name).removeprefix("validation/"): float(value)
                for name, value in values.get("scores", {}).items()
            }
            found.append(PhaseScore(phase=phase, step=int(values.get("steps", 0)), scores=scores))
        except (CheckpointError, ValueError, TypeError, AttributeError) as error:
            remark = str(error)
    return tuple(found), remark


def _phase(run: Run, name: str) -> dict[str, Any]:
    phase = run.config["recipe"]["phases"].get(name)
    return phase if isinstance(phase, dict) else {}


def _length(
    run: Run, name: str, progress: Mapping[str, Any], records: Sequence[Record]
) -> int | None:
    """Return a phase's length: as set, else, counted in epochs, where it is known to have ended."""
    phase = _phase(run, name)
    if isinstance(phase.get("steps"), int):
        return int(phase["steps"]) + int(phase.get("extend") or 0)
    ended = progress.get("phase") == name and progress.get("over")
    later = records and records[-1].phase != name
    return phase_ends(records).get(name) if ended or later else None


def find_run(word: str, folder: Path) -> Run:
    """Return the run that a person means: a path, or the name of one in `folder`.

    Raises:
        DataError: there is none.
    """
    for path in (Path(word), folder / word):
        if (path / "config.yaml").is_file():
            return Run(path)
    return Run.open(Path(word))
