"""Trainings of seconds: a tiny generator on a few small photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import TINY

import sr_toolkit as sr
from sr_toolkit.runs import Run


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six small cuts of photographs."""
    from PIL import Image
    from skimage import data

    folder = tmp_path_factory.mktemp("photos")
    for name, image in (("cat", data.chelsea()), ("coffee", data.coffee())):
        for index in range(3):
            top = 80 * index
            Image.fromarray(image[top : top + 72, 100:180]).save(folder / f"{name}{index}.png")
    return folder


@pytest.fixture
def train(photos: Path, tmp_path: Path) -> Any:
    """Return a function that trains the tiny recipe: train('name', *settings, **arguments)."""

    def run(name: str, *settings: str, **arguments: Any) -> Run:
        given = {"data": f"folder:{photos}", "preset": "quick", "quiet": True, **arguments}
        return sr.train("srgan", settings=(*TINY, *settings), out=tmp_path / name, **given)

    run.folder = tmp_path  # where runs lie that ended in an error
    return run
