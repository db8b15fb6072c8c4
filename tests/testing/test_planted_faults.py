"""The kit is itself checked: a sound part of each kind passes, each planted fault is found."""

from __future__ import annotations

from collections.abc import Callable

import learning_faults
import model_faults
import part_faults
import pytest
from planted import SOUND, Fault

from sr_toolkit.testing import checks_of, run_checks

FAULTS = (*model_faults.FAULTS, *learning_faults.FAULTS, *part_faults.FAULTS)


@pytest.mark.parametrize("what", SOUND)
def test_a_sound_part_passes(what: str, planted: Callable[..., str]) -> None:
    kind = planted(what)
    outcomes = list(run_checks(kind, "planted"))
    assert [one.story() for one in outcomes if one.trouble] == []
    assert [one for one in outcomes if one.state == "skipped"] == []
    void = {one.check for one in outcomes if one.state == "void"}
    assert void <= {"seed_repeats", "weights_hold", "variants_build", "condition_counts"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_fault_is_found(fault: Fault, planted: Callable[..., str]) -> None:
    kind = planted(fault.what, fault)
    outcomes = {one.check: one for one in run_checks(kind, "planted", only={fault.found_by})}
    found = outcomes[fault.found_by]
    assert found.state == "failed", found
    # An error counts where the plugin raised it: else the kit itself would have stumbled.
    assert found.expected != "no error" or found.line or "planted" in found.received, found
    assert all((found.expected, found.received, found.why, found.mend)), found


def test_every_check_has_a_planted_fault() -> None:
    kinds = ("model", "loss", "discriminator", "metric", "dataset", "degradation")
    checks = {check.name for kind in kinds for check in checks_of(kind)}
    # That one takes a second distribution: test_sound_parts plants it.
    assert checks - {fault.found_by for fault in FAULTS} == {"name_is_its_own"}
