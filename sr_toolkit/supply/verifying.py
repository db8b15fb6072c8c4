"""Is a set still what was fetched? Damaged, missing and added files, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.catalog.records import Entry, Piece
from sr_toolkit.errors import ImageError
from sr_toolkit.fetching.reporting import Reporter
from sr_toolkit.images.listing import list_images
from sr_toolkit.supply.choosing import choose_pieces
from sr_toolkit.supply.manifest import NAME, Manifest, read_manifest, stamp_of
from sr_toolkit.supply.shelf import absent, find_piece


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a folder.

    Attributes:
        folder: the folder.
        scale: of a folder of LR images; None: HR.
        files: how many were looked at.
        hashes_known: False: a folder placed by hand, of which counts and readability say all.
        damaged, missing, added: paths in the folder.
        fault: what else is wrong, as a sentence; '' if nothing.
    """

    folder: Path
    scale: int | None
    files: int
    hashes_known: bool
    damaged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Is all as it should be?"""
        return not (self.damaged or self.missing or self.added or self.fault)


def verify(
    entry: Entry,
    roots: Sequence[Path],
    reporter: Reporter,
    *,
    part: str = "",
    limit: int | None = None,
) -> list[Verdict]:
    """Check every folder of a set that is here: HR, and LR where there is some.

    Raises:
        DataError: the set is not here at all.
    """
    pieces = choose_pieces(entry, part=part, scales=entry.scales, limit=limit)
    found = [(piece, _folder(piece, roots)) for piece in pieces]
    present = [(piece, folder) for piece, folder in found if folder is not None]
    if not present:
        raise absent(entry.name, entry, [p for p in pieces if p.scale is None], roots, part)
    return [_judge(piece, folder, reporter) for piece, folder in present]


def _folder(piece: Piece, roots: Sequence[Path]) -> Path | None:
    """Return a piece's folder; one whose images are all gone is known by its manifest."""
    found = find_piece(piece, roots)
    if found is not None:
        return found.folder
    homes = [root / piece.home for root in roots]
    return next((home for home in homes if read_manifest(home) is not None), None)


def _judge(piece: Piece, folder: Path, reporter: Reporter) -> Verdict:
    manifest = read_manifest(folder)
    if manifest is not None:
        return _by_hash(piece, folder, manifest, reporter)
    return _by_reading(piece, folder, reporter)


def _by_hash(piece: Piece, folder: Path, manifest: Manifest, reporter: Reporter) -> Verdict:
    here = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != NAME
    }
    damaged = []
    total = sum(stamp.size for stamp in manifest.files.values())
    done = 0
    for name in sorted(here & manifest.files.keys()):
        stamp = manifest.files[name]
        path = folder / name
        if path.stat().st_size != stamp.size or stamp_of(path) != stamp:
            damaged.append(name)
        done += stamp.size
        reporter.amount(f"verifying {folder.name}", done, total)
    return Verdict(
        folder=folder,
        scale=piece.scale,
        files=len(here),
        hashes_known=True,
        damaged=tuple(damaged),
        missing=tuple(sorted(manifest.files.keys() - here)),
        added=tuple(sorted(here - manifest.files.keys())),
    )


def _by_reading(piece: Piece, folder: Path, reporter: Reporter) -> Verdict:
    from sr_toolkit.images.reading import read_image

    files = list_images(folder, recursive=piece.nested)
    damaged = []
    for done, path in enumerate(files, 1):
        try:
            read_image(path)
        except ImageError:
            damaged.append(path.relative_to(folder).as_posix())
        reporter.amount(f"reading {folder.name}", done, len(files))
    fault = "has no readable manifest" if (folder / NAME).exists() else ""
    if piece.count not in (None, len(files)):
        fault = f"holds {len(files)} images, not {piece.count}"
    return Verdict(
        folder=folder,
        scale=piece.scale,
        files=len(files),
        hashes_known=False,
        damaged=tuple(damaged),
        fault=fault,
    )
