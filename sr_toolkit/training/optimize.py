"""Optimizers and learning-rate schedules, torch's own, from a recipe's records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.optim import lr_scheduler

from sr_toolkit.hardware import Hardware
from sr_toolkit.training.recipe_parts import Optimizer, Schedule

FUSED = ("adam", "adamw", "sgd")
"""The optimizers for which torch has one kernel for a whole update, on CPUs and CUDA alike."""


def make_optimizer(
    settings: Optimizer, parameters: Iterable[nn.Parameter], hardware: Hardware
) -> optim.Optimizer:
    """Return torch's optimizer over the parameters that are trained."""
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    cls: Any = {
        "adam": optim.Adam,
        "adamw": optim.AdamW,
        "nadam": optim.NAdam,
        "radam": optim.RAdam,
        "rmsprop": optim.RMSprop,
        "sgd": optim.SGD,
    }[settings.name]
    if settings.name in ("sgd", "rmsprop"):
        moments: dict[str, Any] = {"momentum": settings.betas[0]}
    else:
        moments = {"betas": settings.betas}
    if settings.name in FUSED and hardware.kind in ("cpu", "cuda"):
        moments["fused"] = True
    else:
        moments["foreach"] = True
    made: optim.Optimizer = cls(
        trained, lr=settings.lr, weight_decay=settings.weight_decay, **moments
    )
    return made


class Rate:
    """The course of a learning rate over a phase.

    torch's scheduler runs on a stand-in of one number and the rate is copied from there, so that it
    can be multiplied (`factor`, after a divergence) without bending the scheduler's own arithmetic.

    Args:
        settings: which course.
        peak: the optimizer's `lr`.
        steps: the length of the course; after it the last rate stays.
    """

    def __init__(self, settings: Schedule, peak: float, steps: int) -> None:
        self._stand_in = optim.SGD([nn.Parameter(torch.zeros(()))], lr=peak)
        self._scheduler = _scheduler(settings, self._stand_in, peak, steps)
        self._stand_in.step()  # schedulers warn where they are stepped before their optimizer
        self.course = repr((settings, peak, steps))
        self.steps, self.done = steps, 0
        self.factor = 1.0

    @property
    def value(self) -> float:
        """The rate of the step to come."""
        return float(self._stand_in.param_groups[0]["lr"]) * self.factor

    def step(self) -> None:
        """Go on by one step."""
        self.done += 1
        if self.done < self.steps:
            self._scheduler.step()

    def apply(self, optimizer: optim.Optimizer) -> None:
        """Hand the rate to an optimizer."""
        for group in optimizer.param_groups:
            group["lr"] = self.value

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs, plain data."""
        return {
            "done": self.done,
            "steps": self.steps,
            "factor": self.factor,
            "course": self.course,
            "group": {
                key: value
                for key, value in self._stand_in.param_groups[0].items()
                if isinstance(value, float)
            },
            "scheduler": _plain(self._scheduler.state_dict()),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again; one of another course goes on in this one, at the same place."""
        if state["course"] != self.course:
            for _ in range(int(state["done"])):
                self.step()
            self.factor = float(state["factor"])
            return
        self.done, self.factor = int(state["done"]), float(state["factor"])
        self.steps = int(state["steps"])
        self._scheduler.load_state_dict(state["scheduler"])
        _restore_counters(self._scheduler)
        self._stand_in.param_groups[0].update(state["group"])


def _scheduler(
    settings: Schedule, optimizer: optim.Optimizer, peak: float, steps: int
) -> lr_scheduler.LRScheduler:
    if settings.name == "one-cycle":
        rise = 0.1 if settings.warmup is None else settings.warmup
        share = rise if rise <= 1 else min(rise / steps, 1.0)
        if share * max(steps, 2) == 1:  # torch divides by the steps of the rise, less one
            share = 0.0
        return lr_scheduler.OneCycleLR(
            optimizer, peak, total_steps=max(steps, 2), pct_start=share, cycle_momentum=False
        )
    rise = _place(settings.warmup, steps) if settings.warmup else 0
    rest = max(steps - rise, 1)
    floor = peak * settings.floor
    main: lr_scheduler.LRScheduler
    if settings.name == "milestones":
        places = [max(1, _place(place, steps) - rise) for place in settings.milestones]
        main = lr_scheduler.MultiStepLR(optimizer, places, settings.gamma)
    elif settings.name == "cosine":
        main = lr_scheduler.CosineAnnealingLR(optimizer, rest, floor)
    elif settings.name == "restarts":
        length = -(-rest // settings.cycles)
        main = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, length, 1, floor)
    else:
        main = lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
    if not rise:
        return main
    first = lr_scheduler.LinearLR(optimizer, start_factor=1 / (rise + 1), total_iters=rise)
    return lr_scheduler.SequentialLR(optimizer, [first, main], milestones=[rise])


def _place(place: float, steps: int) -> int:
    """Return a place in a phase as a step: a share up to 1, a step above."""
    return round(place * steps) if place <= 1 else round(place)


def load_optimizer(optimizer: optim.Optimizer, state: dict[str, Any]) -> None:
    """Take up an optimizer's moments; its settings stay those that it was made with."""
    settings = [
        {key: value for key, value in group.items() if key != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(state)
    for group, own in zip(optimizer.param_groups, settings, strict=True):
        group.update(own)
    _match_layout(optimizer)


def _match_layout(optimizer: optim.Optimizer) -> None:
    """Lay loaded moments out as their weights: fused kernels take it for granted that they are."""
    for parameter, moments in optimizer.state.items():
        for key, value in moments.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                moments[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _plain(value: Any) -> Any:
    """Return a scheduler's state without what is no plain data (Counters, methods)."""
    if isinstance(value, Counter):
        return sorted(value.elements())
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if not callable(item)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _restore_counters(scheduler: lr_scheduler.LRScheduler) -> None:
    if isinstance(scheduler, lr_scheduler.SequentialLR):
        for part in scheduler._schedulers:
            _restore_counters(part)
    elif isinstance(scheduler, lr_scheduler.MultiStepLR):
        scheduler.milestones = Counter(scheduler.milestones)
