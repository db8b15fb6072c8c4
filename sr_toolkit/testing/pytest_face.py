"""The kit for pytest: a decorator that makes a test of each check, and a registry to play in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from sr_toolkit.discovery import CORE, Offer, offers, same
from sr_toolkit.registry import Registry, registry, standing_in
from sr_toolkit.spec import KINDS, ComponentSpec, ModelSpec
from sr_toolkit.testing.check import Check
from sr_toolkit.testing.part import Part
from sr_toolkit.testing.running import checks_for, checks_of, refuse_unknown, run_one


def parametrize_with_model_checks(
    name: str,
    *,
    expected_failures: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> Any:
    """Parametrize a test with every check of a registered model; the test calls its argument.

    Args:
        name: bare or `distribution::name`.
        expected_failures: check to the reason why it is known to fail (strict: it has to).
        only: names of checks; all by default.
        settings: what the model's config gets beside its defaults, as `{"blocks": 2}`.

    Returns:
        A decorator for a function with the one argument `check`.
    """
    return parametrize_with_checks(
        "model", name, expected_failures=expected_failures, only=only, settings=settings
    )


def parametrize_with_checks(
    kind: str,
    name: str,
    *,
    expected_failures: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> Any:
    """Parametrize a test with every check of a part of any kind; see the one for models."""
    reasons = dict(expected_failures or {})
    part: list[Part] = []  # found when the first test runs: collecting must not fail

    def found() -> Part:
        if not part:
            part.append(Part(registry().find(kind, name), settings))
        return part[0]

    checks = _collected(kind, name, settings)
    refuse_unknown([one.name for one in checks], [*reasons, *only])
    chosen = [one for one in checks if not only or one.name in only]
    return pytest.mark.parametrize(
        "check",
        [
            pytest.param(_Bound(one, found, reasons.get(one.name, "")), id=one.name)
            for one in chosen
        ],
    )


def _collected(kind: str, name: str, settings: Mapping[str, Any] | None) -> list[Check]:
    """Return a part's checks, or where it cannot be found all of its kind."""
    try:
        return checks_for(Part(registry().find(kind, name), settings))
    except Exception:  # the tests themselves will say so
        return checks_of(kind)


class _Bound:
    """A check with its part; calling it fails, skips or passes as pytest has it."""

    def __init__(self, one: Check, part: Callable[[], Part], expected: str) -> None:
        self._check, self._part, self._expected = one, part, expected

    def __repr__(self) -> str:
        return self._check.name

    def __call__(self) -> None:
        outcome = run_one(self._check, self._part(), self._expected)
        if outcome.state == "skipped":
            pytest.skip(outcome.reason)
        if outcome.state == "expected":
            pytest.xfail(outcome.reason)
        if outcome.trouble:
            pytest.fail(outcome.story(), pytrace=False)


class IsolatedRegistry:
    """A registry of the core's own parts and of those that a test adds."""

    def __init__(self) -> None:
        self._offers = [offer for offer in offers() if same(offer.distribution, CORE)]

    def add(
        self,
        kind: str,
        name: str,
        spec: ModelSpec | ComponentSpec,
        *,
        distribution: str = "under-test",
        version: str = "0",
        module: str = "",
    ) -> None:
        """Register a part as if a distribution had it among its entry points.

        Args:
            kind: of `sr_toolkit.spec.KINDS`.
            name: the part's.
            spec: what the entry point would lead to.
            distribution, version: whose it is said to be.
            module: where the spec lives; by default, where its code does.
        """
        named = spec.generator if isinstance(spec, ModelSpec) else spec.factory
        value = f"{module or named.partition(':')[0]}:SPEC"
        point = _Given(name, value, KINDS[kind], spec)
        self._offers.append(Offer(point, distribution, version))
        self.refresh()

    def refresh(self) -> None:
        """Put the parts in force."""
        self._registry = Registry.of(self._offers)

    def entered(self) -> Any:
        """Return a context in which this is the process's registry."""
        self.refresh()
        return standing_in(_Live(self))


class _Given(EntryPoint):
    """An entry point whose object is at hand."""

    def __init__(self, name: str, value: str, group: str, spec: Any) -> None:
        super().__init__(name, value, group)
        vars(self)["spec"] = spec

    def load(self) -> Any:
        return vars(self)["spec"]


class _Live(Registry):
    """What an isolated registry holds at the moment of asking."""

    def __init__(self, isolated: IsolatedRegistry) -> None:
        self._isolated = isolated

    def entries(self, kind: str | None = None) -> Any:
        return self._isolated._registry.entries(kind)


@pytest.fixture
def isolated_registry() -> Iterator[IsolatedRegistry]:
    """A registry without any installed plugin; `.add(kind, name, spec)` registers a part.

    Import the fixture into your conftest.py or test module.
    """
    isolated = IsolatedRegistry()
    with isolated.entered():
        yield isolated
