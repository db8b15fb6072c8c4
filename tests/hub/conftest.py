"""The hub's own client, led to a stand-in; its cache, token and variables stay in the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made import save_checkpoint
from standin import Hub, connected


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of the hub's library."""
    return tmp_path / "hf-home"


@pytest.fixture
def hub(home: Path) -> Iterator[Hub]:
    """A stand-in that the client talks to."""
    with connected(home) as server:
        yield server


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A checkpoint that states its license."""
    return save_checkpoint(tmp_path / "weights" / "tiny.safetensors", license="MIT")
