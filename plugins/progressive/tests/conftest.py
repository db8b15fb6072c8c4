"""Trainings of seconds: a tiny growing network on cuts of a photograph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from short import TINY
from skimage import data

import sr_toolkit as sr
from sr_toolkit.runs import Run

TrainTiny = Callable[..., Run]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three cuts of a photograph."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(3):
        cut = data.coffee()[:96, 100 * number : 100 * number + 96]
        Image.fromarray(cut).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def train_tiny(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainTiny:
    """Return a function that trains the tiny recipe: train_tiny('name', *settings, **arguments)."""
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path / "cache"))

    def run(name: str, *settings: str, **arguments: Any) -> Run:
        given = {"preset": "quick", "data": f"folder:{photos}", "quiet": True, "device": "cpu"}
        given |= {"settings": (*TINY, *settings), "precision": "fp32", **arguments}
        return sr.train(given.pop("model", "progressive"), out=tmp_path / name, **given)

    return run
