"""Shared by all tests: the user's own folders stay out, real data come by variables alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from real import REAL

# Tests are tiny: threads cost more than they bring, and fight where two suites share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
for name in ("SRTK_PLUGINS", "SRTK_STRICT_PLUGINS", "SRTK_CACHE", "SRTK_CONFIG"):
    os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's cache, settings and torch hub's folder out of the tests."""
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("SRTK_CONFIG", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))


def _folder(variable: str) -> Path:
    value = REAL[variable]
    if not value:
        pytest.skip(f"{variable} is not set")
    return Path(value)


@pytest.fixture
def srtk_data() -> Path:
    """The folder with Set5, Set14 and BSD100."""
    return _folder("SRTK_DATA")


@pytest.fixture
def srtk_train() -> Path:
    """The folder with training photographs."""
    return _folder("SRTK_TRAIN")


@pytest.fixture
def srtk_weights() -> Path:
    """The folder with feature networks."""
    return _folder("SRTK_WEIGHTS")


@pytest.fixture
def rng() -> Iterator[np.random.Generator]:
    """A seeded generator."""
    yield np.random.default_rng(0)
