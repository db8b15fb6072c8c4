"""What is installed of plugins: distributions, where they lie, who provides which package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions, packages_distributions
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlparse

from sr_toolkit.discovery import CORE, UNNAMED, folded, offers, refuse_misnamed
from sr_toolkit.errors import UnknownNameError


@dataclass(frozen=True)
class Installed:
    """One distribution with parts.

    Attributes:
        name: as it spells itself.
        version: as it says.
        place: the folder that its metadata lies in.
        source: the folder of an editable installation, else None.
        license: SPDX expression or text of its metadata, or ''.
        requires: the lines of its `Requires-Dist`.
        extras: the names of its `Provides-Extra`.
        others: further places where the same distribution is installed, and that do not count.
    """

    name: str
    version: str
    place: Path
    source: Path | None
    license: str
    requires: tuple[str, ...]
    extras: tuple[str, ...] = ()
    others: tuple[Path, ...] = ()

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that its packages may come from."""
        return (self.place, self.source) if self.source else (self.place,)


def installed_plugins() -> tuple[Installed, ...]:
    """Return every distribution with parts, ours first, the others by name."""
    names = {folded(offer.distribution) for offer in offers() if offer.distribution != UNNAMED}
    copies: dict[str, list[Distribution]] = {}
    for distribution in distributions():
        try:
            name = folded(str(distribution.metadata["Name"] or ""))
        except Exception:  # half removed; its parts are told by discovery
            continue
        if name in names:
            copies.setdefault(name, []).append(distribution)
    found = [_installed(of_one) for of_one in copies.values()]
    return tuple(sorted(found, key=lambda one: (folded(one.name) != CORE, folded(one.name))))


def find_plugin(name: str) -> Installed:
    """Return the distribution with parts that `name` spells.

    Raises:
        UnknownNameError: there is none; near ones are suggested.
    """
    known = installed_plugins()
    for one in known:
        if folded(one.name) == folded(name):
            return one
    refuse_misnamed(name)
    raise UnknownNameError("distribution", name, [one.name for one in known])


def providers(package: str) -> tuple[str, ...]:
    """Return the distributions that bring a top-level package, each once."""
    found = {folded(name): name for name in packages_distributions().get(package, ())}
    return tuple(sorted(found.values()))


def imported_from(package: str) -> tuple[Path, ...]:
    """Return the folders that Python would import a top-level package from; imports nothing."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError, AttributeError):
        return ()
    if spec is None:
        return ()
    if spec.submodule_search_locations:  # of a package without an __init__ there may be several
        return tuple(Path(folder).resolve().parent for folder in spec.submodule_search_locations)
    return (Path(spec.origin).resolve().parent,) if spec.origin else ()


def _installed(copies: list[Distribution]) -> Installed:
    first = copies[0]  # as for imports, the first one counts
    place, source = _place(first), _source(first)
    others = dict.fromkeys(
        _place(copy)
        for copy in copies[1:]
        if not _are_one((place, source), (_place(copy), _source(copy)))
    )
    metadata = first.metadata
    return Installed(
        name=str(metadata["Name"]),
        version=str(metadata["Version"] or "0"),
        place=place,
        source=source,
        license=_license(first),
        requires=tuple(first.requires or ()),
        extras=tuple(metadata.get_all("Provides-Extra") or ()),
        others=tuple(others),
    )


def _are_one(one: tuple[Path, Path | None], other: tuple[Path, Path | None]) -> bool:
    """Are two (place, source) one installation: an editable one, and what lies in its folder?"""
    inside = any(
        source is not None and place.is_relative_to(source)
        for (place, _), (_, source) in ((one, other), (other, one))
    )
    return one[0] == other[0] or inside or (one[1] is not None and one[1] == other[1])


def _license(distribution: Distribution) -> str:
    for key in ("License-Expression", "License"):
        if text := distribution.metadata[key]:
            return str(text).strip().splitlines()[0]
    return ""


def _place(distribution: Distribution) -> Path:
    return Path(str(distribution.locate_file(""))).resolve()


def _source(distribution: Distribution) -> Path | None:
    """Return the folder that an editable installation points to."""
    try:
        direct = json.loads(distribution.read_text("direct_url.json") or "{}")
        if direct.get("dir_info", {}).get("editable"):
            return Path(unquote(urlparse(direct["url"]).path)).resolve()
    except (ValueError, KeyError, AttributeError, OSError):  # not written by an installer
        pass
    return None
