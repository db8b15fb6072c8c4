"""Real distributions in a folder: what an installer leaves behind, and nothing faked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MODEL = """\
from sr_toolkit.api import ModelSpec

SPEC = ModelSpec(
    api={api},
    summary="A model of the tests.",
    scales=(2, 4),
    generator="{module}_network:build",
    config="{module}_network:Config",
)
"""


def write_distribution(
    site: Path,
    name: str,
    *,
    version: str = "1.2",
    points: Mapping[str, Mapping[str, str]] | None = None,
    entry_points: str | None = None,
    modules: Mapping[str, str] | None = None,
) -> None:
    """Write `<name>-<version>.dist-info` and modules into `site`.

    `points` maps a group to its names and values; `entry_points` is the file's text instead.
    """
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if entry_points is None:
        entry_points = "".join(
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in names.items())
            for group, names in (points or {}).items()
        )
    (info / "entry_points.txt").write_text(entry_points)
    for module, source in (modules or {}).items():
        (site / f"{module}.py").write_text(source)


def write_model(
    site: Path, distribution: str, model: str, *, source: str = MODEL, api: object = (1, 0)
) -> None:
    """Write a distribution with one model; `source` is its module, which holds SPEC."""
    module = f"plugin_{distribution.replace('-', '_')}"
    source = source.replace("{module}", module).replace("{api}", repr(api))
    points = {"srtk.models": {model: f"{module}:SPEC"}}
    write_distribution(site, distribution, points=points, modules={module: source})
