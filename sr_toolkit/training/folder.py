"""The run folder to be: which one, what may be replaced, and its beginning."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from sr_toolkit.config import yaml
from sr_toolkit.errors import ConfigError, OutputError
from sr_toolkit.runs import DEFAULT_RUNS, Run
from sr_toolkit.training.plan import Plan


def choose_run(plan: Plan, out: Path | None, *, overwrite: bool = False) -> Run:
    """Return the run to be, its folder not made yet.

    Args:
        plan: the training.
        out: the folder; None: runs/<model>-<date>-<time>.
        overwrite: may an existing run be replaced?

    Raises:
        OutputError: the folder holds a run or other files already.
    """
    path = out or _unused(DEFAULT_RUNS / f"{plan.model}-{datetime.now():%Y%m%d-%H%M%S}")
    if path.exists() and not path.is_dir():
        raise OutputError(f"'{path}' is a file; give --out a folder.")
    if path.is_dir() and any(not item.name.startswith(".lock") for item in path.iterdir()):
        if not _is_ours(Run(path)):
            raise OutputError(f"The folder '{path}' is not empty and no run; give another --out.")
        if not overwrite:
            raise OutputError(
                f"'{path}' holds a run already; go on with it by {Run(path).resume_command}, or "
                f"give --overwrite or another --out."
            )
    return Run(path)


def _unused(path: Path) -> Path:
    """Return a path that is not there: two trainings may begin in one second."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


def create_run(run: Run, plan: Plan) -> None:
    """Make the run folder, a former run in it removed, and write config.yaml into it.

    Only what a training writes is removed; anything else that lies there is left alone.

    Raises:
        OutputError: the folder or the disk refuses.
    """
    try:
        if run.path.exists():
            _clear(run)
    except OSError as error:
        cause = error.strerror or str(error)
        raise OutputError(f"Cannot replace '{run.path}': {cause}; give another --out.") from error
    yaml.save_file(run.config_file, plan.to_plain())


def _is_ours(run: Run) -> bool:
    """Does the folder hold a run, and not somebody else's config.yaml?"""
    if not run.config_file.is_file():
        return False
    try:
        return {"model", "scales", "recipe", "hardware"} <= set(Run(run.path).config)
    except (ConfigError, ValueError, TypeError):
        return False


def _clear(run: Run) -> None:
    if not run.config_file.is_file():
        return
    for name in ("state", "samples", "tensorboard", *Run(run.path).phases):
        folder = run.path / name
        # The names come from a file: what is not a folder of this very run is not ours.
        if Path(name).name == name and name != ".." and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
    for name in ("log.jsonl", "plot.png", "best.safetensors", "last.safetensors", "config.yaml"):
        (run.path / name).unlink(missing_ok=True)
