"""A GAN's health in words: has the discriminator won, has the generator collapsed?"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

WINDOW = 20  # log points that are looked back on
WON = 0.99  # share judged rightly from which a discriminator has won
LOST = 0.55
FALL = 3.0  # dB below the phase's first validation


class GanHealth:
    """Looks at the figures of a GAN phase, and warns once for each trouble.

    Args:
        every: steps between log points, for the wording.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self._accuracy: deque[float] = deque(maxlen=WINDOW)
        self._ratio: deque[float] = deque(maxlen=WINDOW)
        self._first_psnr: float | None = None
        self._told: set[str] = set()

    def note(self, means: Mapping[str, float]) -> list[str]:
        """Take the figures of a log point; return warnings that are new."""
        if "d_real" not in means or "d_fake" not in means:
            return []
        self._accuracy.append((means["d_real"] + means["d_fake"]) / 2)
        if means.get("adversarial") and means.get("d_loss"):
            self._ratio.append(means["adversarial"] / means["d_loss"])
        if len(self._accuracy) < WINDOW:
            return []
        span = f"over the last {WINDOW * self.every} steps"
        found = []
        if min(self._accuracy) >= WON:
            ratio = sum(self._ratio) / len(self._ratio) if self._ratio else float("nan")
            found.append(
                (
                    "won",
                    f"The discriminator has won: it judges {min(self._accuracy):.0%} rightly "
                    f"{span}, the generator's adversarial loss is {ratio:.0f} times its own, and "
                    f"little is learned from it. Try a lower adversarial.optimizer.lr, "
                    f"adversarial.threshold=0.8, spectral_norm, or label noise.",
                )
            )
        if max(self._accuracy) <= LOST:
            found.append(
                (
                    "lost",
                    f"The discriminator does no better than chance {span}; it guides nobody. Try "
                    f"a higher adversarial.optimizer.lr, adversarial.warmup, or more of its steps.",
                )
            )
        return self._new(found)

    def note_validation(self, scores: Mapping[str, float]) -> list[str]:
        """Take the scores of a validation; return warnings that are new."""
        psnr = scores["psnr"]
        if self._first_psnr is None:
            self._first_psnr = psnr
        if psnr > self._first_psnr - FALL:
            return []
        return self._new(
            [
                (
                    "collapsed",
                    f"The generator may have collapsed: the validation PSNR fell from "
                    f"{self._first_psnr:.2f} to {psnr:.2f} dB in this phase. Look at the strips in "
                    f"samples/; try a lower adversarial.weight or learning rate.",
                )
            ]
        )

    def _new(self, found: list[tuple[str, str]]) -> list[str]:
        fresh = [text for name, text in found if name not in self._told]
        self._told.update(name for name, _ in found)
        return fresh

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {
            "accuracy": list(self._accuracy),
            "ratio": list(self._ratio),
            "first_psnr": self._first_psnr,
            "told": sorted(self._told),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self._accuracy = deque(state["accuracy"], maxlen=WINDOW)
        self._ratio = deque(state["ratio"], maxlen=WINDOW)
        self._first_psnr = state["first_psnr"]
        self._told = set(state["told"])
