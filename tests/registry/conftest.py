from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sr_toolkit.cli import main
from sr_toolkit.registry import registry


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on sys.path to put distributions in; what was imported from it is forgotten."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.delenv("SRTK_PLUGINS", raising=False)
    monkeypatch.delenv("SRTK_STRICT_PLUGINS", raising=False)
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    registry.cache_clear()
    yield folder
    registry.cache_clear()
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]


@dataclass(frozen=True)
class Ended:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def srtk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ended]]:
    """Run the command line in this process, with a registry scanned anew."""

    def run(*words: str) -> Ended:
        registry.cache_clear()
        monkeypatch.setattr(sys, "argv", ["srtk", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return Ended(int(stop.value.code or 0), captured.out, captured.err)

    yield run
    registry.cache_clear()
