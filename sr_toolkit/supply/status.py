"""What is known of the sets, and what of them is here. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sr_toolkit.catalog.records import Archive, Entry, Piece
from sr_toolkit.supply.manifest import read_manifest
from sr_toolkit.supply.shelf import Found, find_piece, is_whole


def size_of(pieces: Sequence[Piece]) -> tuple[int, bool]:
    """Return (bytes to fetch, are they exact?) for pieces; what shares an archive counts once."""
    archives = {source.archive.name: source.archive for p in pieces for source in p.sources[:1]}
    exact = all(archive.size is not None for archive in archives.values())
    return sum(archive.ceiling for archive in archives.values()), exact


def presence(entry: Entry, found: Mapping[Piece, Found | None]) -> str:
    """Return 'yes', 'no', 'incomplete', or the parts that are here."""
    whole = {piece: is_whole(piece, found[piece]) for piece in entry.hr}
    if all(whole.values()):
        return "yes"
    if any(found[piece] for piece in entry.hr if not whole[piece]):
        return "incomplete"
    here = [
        part
        for part in entry.parts
        if all(whole[piece] for piece in entry.hr if piece.part == part)
    ]
    return f"{', '.join(here)} only" if here else "no"


def describe(entry: Entry, roots: Sequence[Path]) -> dict[str, Any]:
    """Return all that is known of a set, and where its folders are, as plain data."""
    size, exact = size_of(entry.hr)
    found = {piece: find_piece(piece, roots) for piece in entry.pieces}
    return {
        "name": entry.name,
        "title": entry.title,
        "images": entry.images,
        "parts": list(entry.parts),
        "scales": list(entry.scales),
        "bytes": size or None,
        "bytes_exact": exact,
        "terms": entry.terms,
        "citation": entry.citation,
        "page": entry.page,
        "refusal": entry.refusal,
        "present": presence(entry, found),
        "folders": [_folder(piece, found[piece]) for piece in entry.pieces],
    }


def _folder(piece: Piece, found: Found | None) -> dict[str, Any]:
    manifest = read_manifest(found.folder) if found else None
    return {
        "folder": piece.home,
        "part": piece.part,
        "scale": piece.scale,
        "images": piece.count,
        "path": str(found.folder) if found else None,
        "found": len(found.files) if found else 0,
        "checked": manifest.checked if manifest else None,
        "archives": [_archive(source.archive) for source in piece.sources],
    }


def _archive(archive: Archive) -> dict[str, Any]:
    return {**asdict(archive), "urls": list(archive.urls)}
