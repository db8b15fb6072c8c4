"""Which panels a plot has, and which figures each one shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sr_toolkit.errors import ConfigError, suggest
from sr_toolkit.plotting.curves import History

NOT_LOSSES = ("lr", "d_real", "d_fake", "g_norm", "d_norm", "adversarial_weight")
ADVERSARIAL = ("d_loss", "adversarial", "penalty")
NAMES = {
    "loss": "loss (total)",
    "d_loss": "discriminator",
    "adversarial": "adversarial",
    "penalty": "gradient penalty",
    "d_real": "real",
    "d_fake": "fake",
    "g_norm": "generator",
    "d_norm": "discriminator",
}


@dataclass(frozen=True)
class Panel:
    """One set of axes.

    Attributes:
        title: above it.
        figures: names in the log, the most important one first.
        unit: the label of the y axis.
        validated: are they of validation?
        log: a logarithmic axis, where all values are above 0.
        bounds: of the y axis, where they are fixed.
        smooth: draw a smoothed curve over the points?
        chance: where to draw the line of mere chance.
    """

    title: str
    figures: tuple[str, ...]
    unit: str
    validated: bool = False
    log: bool = False
    bounds: tuple[float, float] | None = None
    smooth: bool = True
    chance: float | None = None


SCORES = {
    "psnr": Panel("Validation PSNR ↑", ("psnr",), "dB", validated=True),
    "ssim": Panel("Validation SSIM ↑", ("ssim",), "SSIM", validated=True),
    "lpips": Panel("Validation LPIPS ↓", ("lpips",), "LPIPS", validated=True),
}
COURSES = {
    "lr": Panel("Learning rate", ("lr",), "rate", log=True, smooth=False),
    "accuracy": Panel(
        "Discriminator accuracy", ("d_real", "d_fake"), "share right", bounds=(0, 1), chance=0.5
    ),
    "norms": Panel("Gradient norms", ("g_norm", "d_norm"), "norm", log=True),
}


def choose_panels(histories: Sequence[History], wanted: Sequence[str] = ()) -> list[Panel]:
    """Return the panels for some runs: those asked for, else all that have something to show.

    Args:
        histories: the runs.
        wanted: `losses`, `psnr`, `ssim`, `lpips`, `lr`, `accuracy`, `norms`, or any figure of the
            log, which gets a panel of its own.

    Raises:
        ConfigError: no run has logged a figure of that name.
    """
    logged = list(dict.fromkeys(name for one in histories for name in one.steps))
    scored = list(dict.fromkeys(name for one in histories for name in one.scores))
    named = {"losses": _losses(logged, several=len(histories) > 1)}
    named |= {name: [panel] for name, panel in (SCORES | COURSES).items()}
    named = {
        name: found
        for name, panels in named.items()
        if (found := [p for p in panels if set(p.figures) & {*logged, *scored}])
    }
    if not wanted:
        return [panel for panels in named.values() for panel in panels]
    chosen: list[Panel] = []
    for word in dict.fromkeys(wanted):
        if word in named:
            chosen += named[word]
        elif word in logged:
            title = word.replace("_", " ")
            chosen.append(Panel(title.capitalize(), (word,), title, log=word not in NOT_LOSSES))
        elif word in scored:
            chosen.append(Panel(word, (word,), word, validated=True))
        else:
            known = [*named, *(name for name in logged if name not in named)]
            raise ConfigError(f"No figure '{word}' was logged.{suggest(word, known)}")
    return chosen


def _losses(logged: Sequence[str], *, several: bool) -> list[Panel]:
    """Return the panels of the losses: of one run all terms; of several the totals alone."""
    losses = [name for name in logged if name not in NOT_LOSSES]
    if several:
        return [
            Panel("Generator loss", ("loss",), "loss", log=True),
            Panel("Discriminator loss", ("d_loss",), "loss", log=True),
        ]
    terms = [name for name in losses if name not in (*ADVERSARIAL, "loss")]
    game = [name for name in ADVERSARIAL if name in losses]
    found = [Panel("Generator loss, terms unweighted", ("loss", *terms), "loss", log=True)]
    if game:
        found.append(Panel("Adversarial losses", tuple(game), "loss", log=True))
    return found
