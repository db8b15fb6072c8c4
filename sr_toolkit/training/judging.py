"""What validation decides: which weights are best, when to end, whether a higher weight stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sr_toolkit.training.recipe import EarlyStop, Phase, Search
from sr_toolkit.training.state import Snapshot
from sr_toolkit.training.trainer import Trainer

HIGHER_IS_BETTER = {"psnr": True, "ssim": True, "lpips": False}


def gain(metric: str, score: float, reference: float) -> float:
    """Return by how much a score is better than another; negative: worse."""
    return score - reference if HIGHER_IS_BETTER[metric] else reference - score


class Judge:
    """Follows the validation scores of one phase.

    Args:
        phase: says what counts.
    """

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        self.best: float | None = None
        self.patience = Patience(phase.early_stop) if phase.early_stop is not None else None
        gan = phase.adversarial
        self.search = WeightSearch(gan.search) if gan is not None and gan.search else None

    def is_best(self, scores: Mapping[str, float]) -> bool:
        """Note the scores; are the weights that earned them the ones to keep?"""
        metric = self.phase.best
        if metric == "last":
            return True
        if self.best is None or gain(metric, scores[metric], self.best) > 0:
            self.best = scores[metric]
            return True
        return False

    def is_over(self, scores: Mapping[str, float]) -> bool:
        """Note the scores; should the phase end here?"""
        return self.patience is not None and self.patience.is_spent(scores)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {
            "best": self.best,
            "patience": None if self.patience is None else self.patience.state_dict(),
            "search": None if self.search is None else self.search.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.best = state["best"]
        if self.patience is not None:
            self.patience.load_state_dict(state["patience"])
        if self.search is not None:
            self.search.load_state_dict(state["search"])


class Patience:
    """Counts the validations without an improvement."""

    def __init__(self, settings: EarlyStop) -> None:
        self.settings = settings
        self.best: float | None = None
        self.waited = 0

    def is_spent(self, scores: Mapping[str, float]) -> bool:
        """Note the scores; has it waited long enough?"""
        score = scores[self.settings.metric]
        if self.best is None or gain(self.settings.metric, score, self.best) > self.settings.by:
            self.best, self.waited = score, 0
        else:
            self.waited += 1
        return self.waited >= self.settings.patience

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.best, self.waited = state["best"], int(state["waited"])


class WeightSearch:
    """Raises the adversarial weight as long as that makes the score better.

    After a stretch of training with the weight as it is, the networks are remembered and a higher
    one is tried for a stretch. Better: it stays, and a still higher one is tried. Worse: networks
    and weight go back, and the search is over. Steps, data and learning rates go on all the while.
    """

    def __init__(self, settings: Search) -> None:
        self.settings = settings
        self.reference: float | None = None
        self.remembered: dict[str, Any] | None = None
        self.seen = self.trials = 0
        self.over = False

    def note(self, scores: Mapping[str, float], trainer: Trainer) -> str:
        """Judge the stretch that ended; return what was decided, or ''."""
        self.seen += 1
        if self.over or self.seen % self.settings.every:
            return ""
        score = scores[self.settings.metric]
        told = f"validation {self.settings.metric} {score:.4f}"
        if self.reference is None:
            return self._try_higher(score, trainer, f"{told}:")
        better = gain(self.settings.metric, score, self.reference)
        if better > 0 or -better < self.settings.tolerance:
            if self.trials >= self.settings.trials:
                self.over, self.remembered = True, None
                return f"{told}: the adversarial weight stays at {trainer.adversarial_weight():g}."
            return self._try_higher(
                score, trainer, f"{told}: {trainer.adversarial_weight():g} is kept;"
            )
        assert self.remembered is not None
        tried = trainer.adversarial_weight()
        trainer.load_networks(self.remembered)
        trainer.raised /= self.settings.factor
        self.over, self.remembered = True, None
        return (
            f"{told}, worse than {self.reference:.4f}: {tried:g} is taken back, networks and all; "
            f"the adversarial weight stays at {trainer.adversarial_weight():g}."
        )

    def _try_higher(self, score: float, trainer: Trainer, told: str) -> str:
        self.reference = score
        self.remembered = Snapshot.of(trainer.networks()).restored()
        trainer.raised *= self.settings.factor
        self.trials += 1
        return f"{told} an adversarial weight of {trainer.adversarial_weight():g} is tried."

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {
            "reference": self.reference,
            "remembered": self.remembered,
            "seen": self.seen,
            "trials": self.trials,
            "over": self.over,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.reference, self.remembered = state["reference"], state["remembered"]
        self.seen, self.trials = int(state["seen"]), int(state["trials"])
        self.over = bool(state["over"])
