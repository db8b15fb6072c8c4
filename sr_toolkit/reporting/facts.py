"""What stands around the figures: what was measured on what, and how to measure it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sr_toolkit.benching.result import Result, Results
from sr_toolkit.reporting.gallery import Album

MACHINE = {
    "hardware": "device",
    "platform": "platform",
    "cores": "cores",
    "threads": "threads",
    "precision": "precision",
    "backend": "backend",
    "tile": "tiles of",
    "python": "Python",
}
"""Entries of the environment to their names; what else is a string there is a version."""
NOT_VERSIONS = {*MACHINE, "device", "code", "sr_toolkit"}


@dataclass(frozen=True)
class Fact:
    """A name and what is said under it; `code`: letter by letter; `note`: in smaller ones."""

    name: str
    values: tuple[str, ...]
    code: bool = False
    note: str = ""


def summary(results: Results) -> list[Fact]:
    """Return what a reader looks for first."""
    datasets = dict.fromkeys(f"{result.dataset}, {_count(result)}" for result in results)
    protocols = dict.fromkeys(result.protocol_text for result in results)
    return [
        Fact("Datasets", tuple(datasets)),
        Fact("Scales", (", ".join(f"×{scale}" for scale in _unique(r.scale for r in results)),)),
        Fact("Rule" if len(protocols) == 1 else "Rules", tuple(protocols)),
        Fact("Measured", (when(results),)),
        Fact("Device", (str(results.environment.get("hardware", "unknown")),)),
        Fact(
            "Verify",
            ("srtk bench --verify results.json",),
            code=True,
            note="scores all again, and compares; --out writes the file",
        ),
    ]


def provenance(results: Results) -> list[Fact]:
    """Return versions, hashes and sources."""
    environment = results.environment
    machine = [f"{name} {environment[key]}" for key, name in MACHINE.items() if key in environment]
    versions = [f"sr-toolkit {environment.get('sr_toolkit', 'unknown')}"]
    versions += [
        f"{name} {value}"
        for name, value in environment.items()
        if name not in NOT_VERSIONS and isinstance(value, str)
    ]
    code = environment.get("code")
    hashes = [f"{name} {value}" for name, value in code.items()] if isinstance(code, dict) else []
    rows = [row for result in results for row in result.rows]
    weights = _unique(f"{row.model} {row.weights_sha256}" for row in rows if row.weights_sha256)
    sets = _unique(f"{result.dataset} {result.dataset_fingerprint}" for result in results)
    facts = [
        Fact("Machine", (", ".join(machine),)),
        Fact("Versions", (", ".join(versions),)),
        Fact("Code, SHA-256", tuple(hashes), code=True),
        Fact("Weights, SHA-256", tuple(weights), code=True),
        Fact("Datasets, SHA-256", tuple(sets), code=True),
        Fact("Models", tuple(_unique(f"{row.model}: {row.source}" for row in rows))),
    ]
    return [fact for fact in facts if fact.values]


def notes(result: Result, results: Results) -> list[str]:
    """Return what a reader of one table must know."""
    several = len({one.protocol_text for one in results}) > 1  # a single one is at the top
    lines = [result.protocol_text] if several else []
    lines += [f"{c.head}: {c.note}" for c in result.columns if c.note and not c.missing]
    costs = next((row.cost for row in result.rows if row.cost is not None), None)
    if costs is not None:
        lines.append(
            f"Time: median of {len(costs.seconds)} runs alone after a warm-up, and below it the "
            f"fastest and the slowest, for an SR of {costs.width}×{costs.height} "
            f"('{costs.image}'), on {results.environment.get('hardware', 'unknown hardware')}"
        )
    if any(row.kind == "published" for row in result.rows):
        lines.append("† published, not measured here")
    return lines


def failures(result: Result) -> list[str]:
    """Return what failed or is missing in one table, a sentence each."""
    lines = [f"{column.head}: {column.missing}" for column in result.columns if column.missing]
    for column in result.columns:
        kept = len(result.images) - len(column.refused)
        for label, reason in {} if column.missing else column.refused.items():
            lines.append(
                f"{column.head} is a mean of {kept} of {len(result.images)} images; "
                f"'{label}': {reason}"
            )
    lines += [f"{row.model} at ×{result.scale}: {row.absent}" for row in result.rows if row.absent]
    return lines + result.failures


def warnings(results: Results) -> list[str]:
    """Return what must be seen at once: images that no figure stands for, models without any."""
    lines = []
    for result in results:
        total = len(result.images) + len(result.left_out)
        if result.left_out:
            lines.append(
                f"{result.dataset} ×{result.scale}: {len(result.left_out)} of {total} images could "
                f"not be scored and are in no figure."
            )
        broken = [row.model for row in result.rows if row.failure or row.failed]
        if broken:
            lines.append(
                f"{result.dataset} ×{result.scale}: {', '.join(broken)} failed, on all images or "
                f"on some."
            )
    return _unique(lines)


def picture_notes(album: Album, side: int) -> list[str]:
    """Return what is to be known of the pictures."""
    lines = []
    cut = any(not one.whole for one in album.shown.values())
    compressed = "kept without loss"
    if album.lossy:
        compressed = "compressed as WebP, with loss; differences are taken from them"
    if album.shown:
        lines.append(
            f"Figures are of the original images in full. The pictures here are {compressed}."
        )
    if cut:
        lines.append(
            f"Of images that are larger than {side} pixels, or too many for one page, the middle "
            f"is shown, pixel for pixel."
        )
    if album.skipped:
        lines.append(
            f"{album.skipped} images have no pictures here, to keep the page small; those shown "
            f"are evenly spaced from worst to best."
        )
    return lines


def when(results: Results) -> str:
    """Return when the figures were made."""
    return results.created.replace("T", " ").replace("+00:00", " UTC")


def _count(result: Result) -> str:
    total = len(result.images) + len(result.left_out)
    words = f"{len(result.images)} of {total}" if result.left_out else f"{total}"
    return f"{words} image{'s' * (total != 1)}"


def _unique(items: Iterable[object]) -> list[str]:
    return list(dict.fromkeys(str(item) for item in items))
