"""What a distribution asks of others, against what is installed."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion

State = Literal["ok", "missing", "wrong version", "unreadable"]


@dataclass(frozen=True)
class Need:
    """One requirement.

    Attributes:
        requirement: as the distribution writes it, without its marker.
        extra: the extra that asks for it, or '': always needed.
        state: is it met?
        installed: the version that is there, or ''.
        mend: the command that installs it, or ''.
    """

    requirement: str
    extra: str
    state: State
    installed: str
    mend: str


def needs(lines: Iterable[str], extras: Collection[str] = ()) -> tuple[Need, ...]:
    """Return the requirements that hold on this machine, those of extras too.

    Args:
        lines: `Requires-Dist` as in the metadata.
        extras: `Provides-Extra` likewise.
    """
    found = []
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            found.append(Need(line, "", "unreadable", "", ""))
            continue
        extra = _extra(requirement, extras)
        if extra is not None:
            found.append(_need(requirement, extra))
    return tuple(found)


def _extra(requirement: Requirement, extras: Iterable[str]) -> str | None:
    """Return the extra that a requirement belongs to, '' for none, None: not on this machine."""
    marker = requirement.marker
    if marker is None or marker.evaluate({"extra": ""}):
        return ""
    return next((name for name in extras if marker.evaluate({"extra": name})), None)


def _need(requirement: Requirement, extra: str) -> Need:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    at = f" @ {requirement.url}" if requirement.url else ""
    plain = f"{requirement.name}{extras}{requirement.specifier}{at}"
    mend = f"pip install {shlex.quote(plain)}"
    try:
        there = version(requirement.name)
    except PackageNotFoundError:
        return Need(plain, extra, "missing", "", mend)
    try:
        fits = requirement.specifier.contains(there, prereleases=True)
    except InvalidVersion:
        return Need(plain, extra, "unreadable", there, mend)
    return (
        Need(plain, extra, "ok", there, "")
        if fits
        else Need(plain, extra, "wrong version", there, mend)
    )
