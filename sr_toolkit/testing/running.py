"""Checks in order, and what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from sr_toolkit.blame import blamed_line, in_one_line
from sr_toolkit.errors import ConfigError, suggest
from sr_toolkit.registry import registry
from sr_toolkit.testing.check import Check, NotHere, NothingToCheck, Unmet
from sr_toolkit.testing.part import Part

State = Literal["passed", "void", "failed", "skipped", "expected", "unexpected"]

MODULES: Mapping[str, tuple[str, ...]] = {
    "model": ("size_checks", "generator_checks", "field_checks", "learning_checks", "model_checks"),
    "loss": ("loss_checks",),
    "discriminator": ("discriminator_checks",),
    "metric": ("metric_checks",),
    "dataset": ("dataset_checks",),
    "degradation": ("degradation_checks",),
}
"""Kind to the modules of its own checks, in order; those of the spec come first."""

GATES = ("loads", "config_round_trips", "builds", "judges")
"""Checks without which those that follow would only repeat the failure."""


@dataclass(frozen=True)
class Outcome:
    """What became of a check.

    Attributes:
        check: its name.
        what: what it says.
        state: `passed`, `void` (no matter of this part), `failed`, `skipped` (something is missing
            here), `expected` (failed, as was declared) or `unexpected` (passed, though a failure
            was declared: the declaration is out of date).
        expected, received: of a failure, in words.
        reason: of what was skipped or void, or of an expected failure.
        why: what a user would suffer.
        mend: what the author does about it.
        line: the plugin's line that raised, or ''.
        seconds: how long it took.
    """

    check: str
    what: str
    state: State
    expected: str = ""
    received: str = ""
    reason: str = ""
    why: str = ""
    mend: str = ""
    line: str = ""
    seconds: float = 0.0

    @property
    def trouble(self) -> bool:
        """Does it count against the part?"""
        return self.state in ("failed", "unexpected")

    def story(self) -> str:
        """Return a failure in words, for people."""
        if self.state == "unexpected":
            return f"{self.check} was expected to fail, and passes: {self.mend}"
        lines = [
            f"{self.check}: {self.what}",
            f"  expected  {self.expected}",
            f"  received  {self.received}",
        ]
        lines += [f"  raised by {self.line}"] if self.line else []
        lines += [f"  matters   {self.why}", f"  mend      {self.mend}"]
        return "\n".join(lines)


def checks_of(kind: str, family: str = "") -> list[Check]:
    """Return the checks of a kind of part, in order.

    Args:
        kind: of `sr_toolkit.spec.KINDS`.
        family: of losses, `image` or `adversarial`; empty: both.

    Raises:
        ConfigError: no such kind.
    """
    if kind not in MODULES:
        raise ConfigError(f"There is no kind of part '{kind}'.{suggest(kind, MODULES)}")
    found: list[Check] = []
    for name in ("spec_checks", *MODULES[kind]):
        found += import_module(f"sr_toolkit.testing.{name}").CHECKS
    return [
        one
        for one in found
        if kind in one.kinds and (not one.family or not family or one.family == family)
    ]


def checks_for(part: Part) -> list[Check]:
    """Return the checks of one part; of a loss those of its family."""
    family = ""
    if part.entry.kind == "loss" and part.entry.loaded.state == "ok":
        from sr_toolkit.testing.loss_checks import family_of

        try:
            family = family_of(part)
        except Exception:  # the checks themselves will tell
            family = "image"
    return checks_of(part.entry.kind, family)


def run_checks(
    kind: str,
    name: str,
    *,
    expected_failures: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    settings: Mapping[str, Any] | None = None,
    before: Callable[[Check], None] | None = None,
) -> Iterator[Outcome]:
    """Check a registered part; yield an outcome for each check as it ends.

    Args:
        kind: of `sr_toolkit.spec.KINDS`.
        name: bare or `distribution::name`.
        expected_failures: check to the reason why it is known to fail; one that passes is trouble.
        only: names of checks; all by default.
        settings: what the part's config gets beside its defaults.
        before: called with each check as it begins.

    Raises:
        UnknownNameError, PluginError: no such part, or an ambiguous name.
        ConfigError: an expected failure or a name in `only` that is no check of this part, or
            settings that do not fit.
    """
    part = Part(registry().find(kind, name), settings)
    if settings and part.entry.loaded.state == "ok":
        part.config()
    known = {one.name: one for one in checks_for(part)}
    refuse_unknown(known, [*(expected_failures or {}), *only])
    for one in known.values():
        if only and one.name not in only:
            continue
        if before is not None:
            before(one)
        outcome = run_one(one, part, (expected_failures or {}).get(one.name, ""))
        yield outcome
        if one.name in GATES and outcome.state == "failed":
            return


def refuse_unknown(known: Collection[str], named: Collection[str]) -> None:
    """Raise ConfigError where a name is no check."""
    for name in named:
        if name not in known:
            raise ConfigError(f"There is no check '{name}' of this part.{suggest(name, known)}")


@contextmanager
def _own_random_numbers() -> Iterator[None]:
    """Put the random numbers of the process back afterwards: checks stir them."""
    import random

    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def run_one(one: Check, part: Part, expected: str = "") -> Outcome:
    """Run one check of one part; `expected` is the reason of a failure that is known."""
    start = time.perf_counter()
    told: dict[str, Any] = {"state": "passed"}
    try:
        with _own_random_numbers():
            one.body(part)
    except NotHere as missing:
        told = {"state": "skipped", "reason": str(missing)}
    except NothingToCheck as nothing:
        told = {"state": "void", "reason": str(nothing)}
    except Unmet as seen:
        told = {"state": "failed", "expected": seen.expected, "received": seen.received}
        told["mend"] = seen.mend
        told["line"] = blamed_line(seen.__cause__, part.packages) if seen.__cause__ else ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's code may do anything, sys.exit included
        told = {"state": "failed", "expected": "no error", "received": in_one_line(error)}
        told["line"] = blamed_line(error, part.packages)
    if expected and told["state"] == "failed":
        told |= {"state": "expected", "reason": expected}
    elif expected and told["state"] in ("passed", "void"):
        told = {"state": "unexpected", "mend": "take it out of the expected failures."}
    told["mend"] = told.get("mend") or one.mend
    seconds = time.perf_counter() - start
    return Outcome(check=one.name, what=one.what, why=one.why, seconds=seconds, **told)
