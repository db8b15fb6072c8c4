"""Trackers that accelerate knows: TensorBoard, Weights & Biases, MLflow and others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sr_toolkit.errors import ConfigError, suggest
from sr_toolkit.runs import Run
from sr_toolkit.training.logs import phase_ends, phase_offsets, read_log
from sr_toolkit.training.reporter import Reporter

SKIPPED = ("event", "time", "phase", "step", "text", "decision")
PROJECT = "srtk"
PACKAGES = {"comet_ml": "comet-ml"}
"""Trackers whose distribution has another name."""


@contextlib.contextmanager
def tracked(reporter: Reporter, run: Run, names: Sequence[str]) -> Iterator[None]:
    """While active, hand every logged figure to the trackers too, as `phase/figure`.

    Steps are counted over all phases. TensorBoard's files lie in the run's folder `tensorboard`,
    and validation strips are shown there too. A tracker that fails is told of once and left out;
    the training goes on.

    Raises:
        ConfigError: an unknown tracker, one that is not installed, or one that does not start.
    """
    if not names:
        yield
        return
    check_trackers(names)
    trackers = {name: _start(name, run) for name in dict.fromkeys(names)}
    ends = phase_ends(read_log(run.log_file))

    def listen(record: Mapping[str, Any]) -> None:
        phase, step = str(record.get("phase", "")), int(record.get("step", 0))
        ends[phase] = max(step, ends.get(phase, 0))
        place = phase_offsets(ends, run.phases).get(phase, 0) + step
        prefix = f"{phase}/validation" if record["event"] == "validation" else phase
        figures = {
            f"{prefix}/{key}": value
            for key, value in record.items()
            if key not in SKIPPED and isinstance(value, (int, float))
        }
        strip = run.path / "samples" / f"{phase}-{step:07d}.png"
        for name, tracker in list(trackers.items()):
            try:
                if figures:
                    tracker.log(figures, step=place)
                if name == "tensorboard" and record["event"] == "validation" and strip.is_file():
                    shown = {f"{phase}/strip": _picture(strip)}
                    tracker.log_images(shown, step=place, dataformats="NHWC")
            except Exception as error:
                del trackers[name]
                reporter.say(
                    f"Warning: the tracker '{name}' failed ({_in_short(error)}); the training "
                    f"goes on without it, and log.jsonl has everything."
                )

    reporter.listeners.append(listen)
    try:
        yield
    finally:
        reporter.listeners.remove(listen)
        for name, tracker in trackers.items():
            try:
                tracker.finish()
            except Exception as error:
                reporter.say(f"Warning: the tracker '{name}' did not end well: {_in_short(error)}.")


def _start(name: str, run: Run) -> Any:
    """Return a running tracker of accelerate's.

    It is made here and not by an `Accelerator`, which would set up devices once more and end the
    connection of several processes when it is done.
    """
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    from sr_toolkit.training.team import accelerator_state

    accelerator_state()  # trackers ask it whether this is the process that writes
    cls = LOGGER_TYPE_TO_CLASS[name]
    project = "tensorboard" if name == "tensorboard" else PROJECT
    try:
        if cls.requires_logging_directory:
            tracker = cls(project, logging_dir=str(run.path))
        else:
            tracker = cls(project)
        tracker.start()
    except Exception as error:
        raise ConfigError(
            f"The tracker '{name}' does not start: {_in_short(error)}. Set it up, or leave "
            f"--tracker out."
        ) from error
    return tracker


def check_trackers(names: Sequence[str]) -> None:
    """Refuse what `tracked` would refuse, before anything is written.

    Raises:
        ConfigError: an unknown tracker, or one that is not installed.
    """
    if not names:
        return
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    known = sorted(str(name) for name in LOGGER_TYPE_TO_CLASS)
    installed = [str(getattr(name, "value", name)) for name in get_available_trackers()]
    for name in names:
        if name not in known:
            raise ConfigError(f"Unknown tracker '{name}'.{suggest(name, known)}")
        if name not in installed:
            raise ConfigError(
                f"The tracker '{name}' is not installed; pip install {PACKAGES.get(name, name)}, "
                f"or leave --tracker out."
            )


def _picture(path: Path) -> Any:
    """Return a picture as (1, H, W, 3) uint8."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))[None]


def _in_short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(".")
