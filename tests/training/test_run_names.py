"""A run without --out gets a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from made import TINY_TRAINING

from sr_toolkit.training.folder import choose_run
from sr_toolkit.training.plan import Request, make_plan


def test_two_trainings_of_one_second_have_two_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    class Still:
        @staticmethod
        def now() -> Still:
            return Still()

        def __format__(self, form: str) -> str:
            return "20260102-030405"

    monkeypatch.setattr("sr_toolkit.training.folder.datetime", Still)
    plan, _ = make_plan(Request(model="srgan", preset="quick", settings=TINY_TRAINING))
    names = []
    for _ in range(3):
        run = choose_run(plan, None)
        names.append(run.path.name)
        run.path.mkdir(parents=True)
    first = "srgan-20260102-030405"
    assert names == [first, f"{first}-2", f"{first}-3"]
