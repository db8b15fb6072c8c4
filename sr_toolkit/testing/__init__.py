"""The conformance kit: what a plugin is checked for, by pytest, the command line or Python.

A plugin's own tests need one statement:

    from sr_toolkit.testing import parametrize_with_model_checks

    @parametrize_with_model_checks("acme-sr")
    def test_conforms(check):
        check()

Importing this imports neither torch nor pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sr_toolkit._lazy import lazy

_HOMES = {
    "Check": "sr_toolkit.testing.check",
    "Outcome": "sr_toolkit.testing.running",
    "checks_of": "sr_toolkit.testing.running",
    "isolated_registry": "sr_toolkit.testing.pytest_face",
    "parametrize_with_checks": "sr_toolkit.testing.pytest_face",
    "parametrize_with_model_checks": "sr_toolkit.testing.pytest_face",
    "run_checks": "sr_toolkit.testing.running",
}

__getattr__, __all__ = lazy(__name__, _HOMES)

if TYPE_CHECKING:
    from sr_toolkit.testing.check import Check as Check
    from sr_toolkit.testing.pytest_face import isolated_registry as isolated_registry
    from sr_toolkit.testing.pytest_face import parametrize_with_checks as parametrize_with_checks
    from sr_toolkit.testing.pytest_face import (
        parametrize_with_model_checks as parametrize_with_model_checks,
    )
    from sr_toolkit.testing.running import Outcome as Outcome
    from sr_toolkit.testing.running import checks_of as checks_of
    from sr_toolkit.testing.running import run_checks as run_checks
