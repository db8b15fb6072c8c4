"""Run folders: what lies where, and which is the newest.

config.yaml                     written first: all that is needed to begin again
log.jsonl  samples/  state/     the training's own
<phase>/best.safetensors  <phase>/last.safetensors  <phase>/discriminator.safetensors
best.safetensors  last.safetensors     those of the last phase
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sr_toolkit.config import yaml
from sr_toolkit.errors import ConfigError, DataError

DEFAULT_RUNS = Path("runs")


@dataclass(frozen=True)
class Run:
    """One training's folder."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> Run:
        """Return the run at `path`.

        Raises:
            DataError: there is no run.
        """
        run = cls(path)
        if not run.config_file.is_file():
            raise DataError(
                f"'{path}' is no run folder: it has no config.yaml. Give the folder that "
                f"'srtk train' printed, such as runs/srgan-…."
            )
        return run

    @property
    def config_file(self) -> Path:
        """The file that makes a folder a run."""
        return self.path / "config.yaml"

    @property
    def log_file(self) -> Path:
        """One JSON object a line."""
        return self.path / "log.jsonl"

    @property
    def state_file(self) -> Path:
        """What a resume needs."""
        return self.path / "state" / "latest.safetensors"

    @property
    def lock_file(self) -> Path:
        """Held by the process that trains here."""
        return self.path / ".lock"

    @property
    def resume_command(self) -> str:
        """What to type to go on, quoted for a shell."""
        return f"srtk train --resume {shlex.quote(str(self.path))}"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The content of config.yaml.

        Raises:
            ConfigError: it is not valid YAML, or holds something else than keys and values.
        """
        data = yaml.load_file(self.config_file)
        if not isinstance(data, dict):
            raise ConfigError(
                f"'{self.config_file}' is damaged: it holds no keys and values. Restore it, or "
                f"train anew."
            )
        return data

    @property
    def model(self) -> str:
        """The model's registered name."""
        return str(self.config.get("model", ""))

    @property
    def phases(self) -> tuple[str, ...]:
        """All phases of the recipe, in order."""
        recipe = self.config.get("recipe")
        phases = recipe.get("phases") if isinstance(recipe, dict) else None
        return tuple(phases) if isinstance(phases, dict) else ()

    def checkpoint(self, phase: str, which: str = "best") -> Path:
        """Return the path of a phase's checkpoint, `best` or `last`, there or not."""
        return self.path / phase / f"{which}.safetensors"

    def discriminator(self, phase: str) -> Path:
        """Return the path of a phase's discriminator, there or not."""
        return self.path / phase / "discriminator.safetensors"

    def strips(self) -> list[Path]:
        """Return the pictures of the run's validations, LR beside bicubic, SR and HR, in order."""
        order = {phase: number for number, phase in enumerate(self.phases)}

        def place(path: Path) -> tuple[int, str]:
            phase = path.stem.rpartition("-")[0]
            return order.get(phase, order.get(phase.rpartition("_")[0], len(order))), path.stem

        return sorted((self.path / "samples").glob("*.png"), key=place)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the folder, its phases, and the last strip."""
        from base64 import b64encode
        from html import escape

        phases = ", ".join(self.trained_phases()) or "none yet"
        text = f"<p>Run <code>{escape(str(self.path))}</code>, trained phases: {escape(phases)}</p>"
        strips = self.strips()
        if not strips:
            return text
        picture = b64encode(strips[-1].read_bytes()).decode()
        name = escape(strips[-1].name)
        return f'{text}<img alt="{name}" src="data:image/png;base64,{picture}"><p>{name}</p>'

    def trained_phases(self) -> tuple[str, ...]:
        """Return the phases that have a checkpoint, in order."""
        return tuple(phase for phase in self.phases if self.find(phase) is not None)

    def find(self, phase: str) -> Path | None:
        """Return a phase's best checkpoint, else its last one, else None."""
        for which in ("best", "last"):
            if self.checkpoint(phase, which).is_file():
                return self.checkpoint(phase, which)
        return None


def list_runs(folder: Path, model: str = "") -> list[Run]:
    """Return the runs in `folder`, of one model or all, oldest first.

    The age is that of config.yaml, which is written once; names break ties. A run whose
    config.yaml is damaged is of no model: it must not take the others' weights from reach.
    """
    if not folder.is_dir():
        return []
    runs = [Run(path) for path in folder.iterdir() if (path / "config.yaml").is_file()]
    runs.sort(key=lambda run: (run.config_file.stat().st_mtime_ns, run.path.name))
    return [run for run in runs if not model or _model_of(run) == model]


def _model_of(run: Run) -> str:
    try:
        return run.model
    except ConfigError:
        return ""
