"""Where the folders of a set lie below the data roots. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.catalog.records import Entry, Piece
from sr_toolkit.errors import DataError
from sr_toolkit.images.listing import list_images


@dataclass(frozen=True)
class Found:
    """A folder of a set, as it lies here.

    Attributes:
        folder: holds the images.
        files: the images, sorted.
    """

    folder: Path
    files: tuple[Path, ...]


def find_piece(piece: Piece, roots: Iterable[Path]) -> Found | None:
    """Return the first folder that a piece goes by and that holds images, or None.

    Folder names are compared without case.
    """
    for root in roots:
        for name in piece.folders:
            folder = _descend(root, name)
            if folder is not None and (files := list_images(folder, recursive=piece.nested)):
                return Found(folder, files)
    return None


def is_whole(piece: Piece, found: Found | None) -> bool:
    """Is it there, with all its images?"""
    return found is not None and piece.count in (None, len(found.files))


def folder_names(pieces: Iterable[Piece]) -> str:
    """Return the folder names that pieces go by, for a sentence."""
    paths = [name.removesuffix("/HR") for piece in pieces for name in piece.folders]
    short = [path for path in paths if not any(path.endswith(f"/{other}") for other in paths)]
    return " or ".join(dict.fromkeys(short))


def absent(
    name: str, entry: Entry, pieces: Sequence[Piece], roots: Iterable[Path], part: str = ""
) -> DataError:
    """Return the error for a set that was not found: where it was looked for, and what to do."""
    places = ", ".join(f"'{root}'" for root in roots)
    looked = (
        f"The dataset '{name}' was not found; looked for a folder {folder_names(pieces)} in "
        f"{places}."
    )
    put = "put it there, or name the folder that holds it by --data-root or SRTK_DATA."
    if entry.refusal:
        return DataError(f"{looked} {entry.refusal}. Once you have it, {put}")
    wanted = f"{entry.name}:{part}" if part else entry.name
    return DataError(f"{looked} Fetch it by 'srtk data pull {wanted}', {put}")


def incomplete(name: str, piece: Piece, found: Found) -> DataError:
    """Return the error for a folder that holds too few or too many images."""
    return DataError(
        f"The dataset '{name}' has {piece.count} images, but '{found.folder}' holds "
        f"{len(found.files)}; complete it, or use folder:{found.folder}."
    )


def _descend(root: Path, name: str) -> Path | None:
    folder: Path | None = root if root.is_dir() else None
    for part in name.split("/"):
        folder = child(folder, part) if folder is not None else None
    return folder


def child(folder: Path, name: str) -> Path | None:
    """Return the subfolder `name` of `folder`, compared without case."""
    for path in sorted(folder.iterdir()):
        if path.name.lower() == name.lower() and path.is_dir():
            return path
    return None


def find_whole(name: str, entry: Entry, roots: Sequence[Path]) -> Found:
    """Return the folder of a set that has one piece of HR.

    Raises:
        DataError: absent, or not all there; says where it looked and what to do.
    """
    piece = entry.hr[0]
    found = find_piece(piece, roots)
    if found is None:
        raise absent(name, entry, [piece], roots)
    if not is_whole(piece, found):
        raise incomplete(name, piece, found)
    return found
