"""What the phases of one training share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sr_toolkit.config import plain
from sr_toolkit.errors import CheckpointError
from sr_toolkit.hardware import Hardware
from sr_toolkit.runs import Run
from sr_toolkit.training.archive import Archive
from sr_toolkit.training.health import GanHealth
from sr_toolkit.training.judging import Judge
from sr_toolkit.training.materials import Materials
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.reporter import Reporter
from sr_toolkit.training.team import Team


@dataclass
class RunContext:
    """One training: what is done, where, on what, by whom, and what was judged so far."""

    plan: Plan
    run: Run
    reporter: Reporter
    team: Team
    hardware: Hardware
    materials: Materials
    archive: Archive
    judges: dict[str, Judge] = field(init=False)
    health: dict[str, GanHealth] = field(init=False)

    def __post_init__(self) -> None:
        phases = self.plan.recipe.phases
        self.judges = {name: Judge(phase) for name, phase in phases.items()}
        self.health = {name: GanHealth(phase.log_every) for name, phase in phases.items()}

    @property
    def phases(self) -> list[str]:
        """The names of the phases, in order."""
        return list(self.plan.recipe.phases)

    def identity(self) -> dict[str, Any]:
        """Return what a state must have in common with the run that takes it up."""
        recipe = plain(self.plan.recipe)
        for phase in recipe["phases"].values():
            phase.pop("extend")
        return {
            "recipe": recipe,
            "seed": self.plan.seed,
            "mix": list(self.plan.mix),
            "data": self.materials.fingerprint,
            "validation": self.materials.val_fingerprint,
            "machine": {**plain(self.plan.hardware), "processes": self.team.size},
        }

    def judged(self) -> dict[str, Any]:
        """Return what was judged so far, for a resume."""
        return {
            "judges": {name: judge.state_dict() for name, judge in self.judges.items()},
            "health": {name: health.state_dict() for name, health in self.health.items()},
        }

    def take_up_judged(self, state: dict[str, Any]) -> None:
        """Take up again what `judged` returned; phases that are no more are left out."""
        for name in self.phases:
            if name in state["judges"]:
                self.judges[name].load_state_dict(state["judges"][name])
                self.health[name].load_state_dict(state["health"][name])

    def warn(self, phase: str, step: int, text: str) -> None:
        """Tell the user, and the log."""
        self.reporter.say(f"Warning: {text}")
        self.reporter.record("warning", {"phase": phase, "step": step, "text": text})

    def misfit(self, error: Exception) -> CheckpointError:
        """Return the refusal of a state that does not fit the run."""
        detail = " ".join(str(error).split())[:200].rstrip(".")
        return CheckpointError(
            f"The training state '{self.run.state_file}' does not fit the run's config.yaml "
            f"({detail}); undo what was changed there, or remove the state to begin again."
        )
