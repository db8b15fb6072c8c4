"""What installed distributions offer through entry points; nothing of it is imported here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

from sr_toolkit.errors import PluginError, suggest
from sr_toolkit.spec import KINDS

CORE = "sr-toolkit"
"""Our own distribution: its parts come through the same door, and always load."""

UNNAMED = "unknown"


@dataclass(frozen=True)
class Offer:
    """An entry point with the distribution that it comes from.

    `fault` says what is wrong with the distribution's list of entry points, or is empty.
    """

    point: EntryPoint
    distribution: str
    version: str
    fault: str = ""


def misnamed() -> dict[str, tuple[str, ...]]:
    """Return distributions with groups that begin as ours do and are none of ours, by name."""
    found: dict[str, tuple[str, ...]] = {}
    for distribution in distributions():
        try:
            groups = {point.group for point in distribution.entry_points}
        except Exception:  # damaged: its parts are told otherwise
            continue
        odd = sorted(g for g in groups if g.startswith("srtk.") and g not in KINDS.values())
        if odd:
            found[folded(_identity(distribution)[0])] = tuple(odd)
    return found


def refuse_misnamed(name: str) -> None:
    """Refuse a distribution that is installed, and offers its parts where nobody looks.

    Raises:
        PluginError: names the group, and the one that may be meant.
    """
    groups = misnamed().get(folded(name))
    if groups:
        raise PluginError(
            f"'{name}' is installed, but the entry-point group '{groups[0]}' is none of "
            f"sr-toolkit's.{suggest(groups[0], KINDS.values())} Correct it, and install again."
        )


def offers() -> Iterator[Offer]:
    """Yield every entry point in a group of ours; a damaged distribution costs only itself."""
    seen: set[str] = set()
    for distribution in distributions():
        try:
            found = [p for p in distribution.entry_points if p.group in KINDS.values()]
            faults: list[str] = []
        except Exception as error:
            found, faults = _stand_ins(distribution), [f"its entry_points.txt is damaged, {error}"]
        if not found:
            continue
        name, version = _identity(distribution)
        if name != UNNAMED and folded(name) in seen:  # as for imports, the first one counts
            continue
        seen.add(folded(name))
        for point in dict.fromkeys(found):  # the same line twice is one offer
            yield Offer(point, name, version, *faults)


def _stand_ins(distribution: Distribution) -> list[EntryPoint]:
    """Return one entry point for each group of ours that an unreadable list speaks of."""
    try:
        text = distribution.read_text("entry_points.txt") or ""
    except Exception:  # not even text, so nothing says that it is a plugin of ours
        return []
    groups = [group for group in KINDS.values() if f"[{group}]" in text]
    return [EntryPoint("entry_points.txt", "", group) for group in groups]


def _identity(distribution: Distribution) -> tuple[str, str]:
    """Return name and version; a half-removed distribution may have lost its METADATA."""
    try:
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
    except Exception:
        return UNNAMED, "0"
    return str(name or UNNAMED), str(version or "0")


def same(one: str, other: str) -> bool:
    """Are these two spellings of one distribution's name?"""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """Fold a distribution's name as installers do: case and the kind of dash do not count."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
