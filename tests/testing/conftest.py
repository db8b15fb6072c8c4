from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from planted import SOUND, Fault

from sr_toolkit.registry import registry

KINDS = {
    "model": "srtk.models",
    "loss": "srtk.losses",
    "game": "srtk.losses",
    "discriminator": "srtk.discriminators",
    "metric": "srtk.metrics",
    "dataset": "srtk.datasets",
    "degradation": "srtk.degradations",
}


@pytest.fixture
def planted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, Fault | None], str]]:
    """Install a sound plugin, or one with a fault, named `planted`; returns its kind."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.delenv("SRTK_PLUGINS", raising=False)
    monkeypatch.syspath_prepend(str(site))

    def install(what: str, planted_fault: Fault | None = None) -> str:
        modules = dict(SOUND[what])
        for module, text, other in planted_fault.changes if planted_fault else ():
            assert text in modules[module], f"the fault does not fit into {module}"
            modules[module] = modules[module].replace(text, other)
        for module, source in modules.items():
            (site / f"planted_{module}.py").write_text(source)
        info = site / "planted-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.4\nName: planted\nVersion: 1.0\nLicense-Expression: MIT\n"
        )
        (info / "entry_points.txt").write_text(f"[{KINDS[what]}]\nplanted = planted_plugin:SPEC\n")
        registry.cache_clear()
        return "loss" if what == "game" else what

    yield install
    registry.cache_clear()
    for name in [name for name in sys.modules if name.startswith("planted_")]:
        del sys.modules[name]
