"""A prepared set as one file: a tar whose first member is the list of all others, with hashes."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sr_toolkit.catalog.records import Entry
from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.fetching.archives import Bounds, Member, damaged, open_archive, safe_path
from sr_toolkit.fetching.reporting import Reporter
from sr_toolkit.files import atomic_path
from sr_toolkit.supply.choosing import choose_pieces
from sr_toolkit.supply.manifest import (
    NAME,
    Manifest,
    Stamp,
    parse_manifest,
    read_manifest,
    stamp_of,
)
from sr_toolkit.supply.placing import (
    alone,
    flush_each,
    occupied,
    place,
    placing,
    require_space,
    write_member,
    writing,
)
from sr_toolkit.supply.shelf import absent, find_piece, incomplete, is_whole
from sr_toolkit.supply.unpacking import SLACK

LIST = "srtk-pack.json"
FORMAT = 1
LARGEST_LIST = 1 << 28
CHECKED = "the hashes in its pack"


def pack(
    entry: Entry,
    roots: Sequence[Path],
    out: Path,
    reporter: Reporter,
    *,
    part: str = "",
    limit: int | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the folders of a set that are here into one file, and return them.

    Where a folder has a manifest, its files are checked against that on the way.

    Raises:
        DataError: the set is not here, not whole, or damaged.
        OutputError: `out` cannot be written, or exists.
    """
    pieces = choose_pieces(entry, part=part, scales=entry.scales, limit=limit)
    folders: list[tuple[Path, Manifest]] = []
    for piece in pieces:
        found = find_piece(piece, roots)
        if found is None and piece.scale is not None:
            continue
        if found is None:
            raise absent(entry.name, entry, [piece], roots, piece.part)
        if not is_whole(piece, found):
            raise incomplete(entry.name, piece, found)
        known = read_manifest(found.folder)
        stamps = {path.relative_to(found.folder).as_posix(): stamp_of(path) for path in found.files}
        if known is not None and known.files != stamps:
            raise DataError(
                f"'{found.folder}' is not as it was fetched; see 'srtk data verify {entry.name}'."
            )
        manifest = Manifest(
            set=entry.name,
            home=piece.home,
            limit=limit,
            source=known.source if known else "placed by hand",
            checked=known.checked if known else "nothing; its hashes were taken when it was packed",
            files=stamps,
        )
        folders.append((found.folder, manifest))
    _write(out, folders, reporter, overwrite=overwrite)
    return [folder for folder, _ in folders]


def unpack_file(
    path: Path, root: Path, reporter: Reporter, *, overwrite: bool = False
) -> list[Path]:
    """Place what a packed file holds below a data root, each folder whole or not at all.

    Raises:
        DataError: no packed set, damaged, or a folder in the way.
        OutputError: the disk refuses, or is too small.
    """
    if not path.is_file():
        raise DataError(f"'{path}' does not exist; give a file that 'srtk data pack' wrote.")
    # What a tar declares it holds is in it, so that its own size bounds it.
    bounds = Bounds(total=path.stat().st_size + 1)
    with open_archive(path, path.name, bounds) as opened:
        members = {member.path: member for member in opened.members}
        listed = members.pop(PurePosixPath(LIST), None)
        if listed is None or listed.size > LARGEST_LIST:
            raise _no_pack(path)
        with opened.open(listed) as stream, damaged(path.name):
            data = stream.read()
        manifests = _parse(path, data)
        wanted = {
            PurePosixPath(manifest.home) / name: stamp
            for manifest in manifests
            for name, stamp in manifest.files.items()
        }
        _compare(path, members, wanted)
        require_space(root, sum(stamp.size for stamp in wanted.values()) + SLACK, "unpacking")
        with alone(root, "unpack", reporter), writing(root), contextlib.ExitStack() as stack:
            folders = {}
            missing = [one for one in manifests if overwrite or not _is_there(root / one.home, one)]
            for manifest in missing:
                target = root / manifest.home
                if not overwrite and target.is_dir() and any(target.iterdir()):
                    raise occupied(target)
                folders[manifest.home] = stack.enter_context(placing(target))
            for manifest in missing:
                for name, stamp in manifest.files.items():
                    member = members[PurePosixPath(manifest.home) / name]
                    with opened.open(member) as stream:
                        written = write_member(
                            stream,
                            folders[manifest.home] / name,
                            member.size,
                            path.name,
                            flush_each(len(wanted)),
                        )
                    if written != stamp:
                        raise DataError(
                            f"'{path}' is damaged: '{name}' is not what was packed; copy it again. "
                            f"Nothing was unpacked."
                        )
            for manifest in missing:
                # What the packer checked is not known here; what the pack says of itself is.
                own = dataclasses.replace(manifest, source=path.name, checked=CHECKED)
                place(root / own.home, own, overwrite=overwrite)
    return [root / manifest.home for manifest in manifests]


def _is_there(folder: Path, manifest: Manifest) -> bool:
    """Does the folder hold these very files, and no others?"""
    if not folder.is_dir():
        return False
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return files - {NAME} == set(manifest.files) and all(
        stamp_of(folder / name) == stamp for name, stamp in manifest.files.items()
    )


def _write(
    out: Path, folders: Sequence[tuple[Path, Manifest]], reporter: Reporter, *, overwrite: bool
) -> None:
    text = json.dumps(
        {"format": FORMAT, "folders": [json.loads(manifest.text()) for _, manifest in folders]},
        indent=1,
    ).encode()
    total = sum(stamp.size for _, manifest in folders for stamp in manifest.files.values())
    if not out.suffix:
        raise OutputError(f"'{out}' has no suffix; call it '{out.name}.tar'.")
    done = 0
    with atomic_path(out, overwrite=overwrite) as temporary:
        require_space(temporary.parent, total + SLACK, "packing")
        with tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(_header(LIST, len(text)), io.BytesIO(text))
            for folder, manifest in folders:
                for name, stamp in manifest.files.items():
                    header = _header(f"{manifest.home}/{name}", stamp.size)
                    with (folder / name).open("rb") as stream:
                        tar.addfile(header, stream)
                    done += stamp.size
                    reporter.amount("packing", done, total)


def _header(name: str, size: int) -> tarfile.TarInfo:
    """Return a header without a time or an owner: the same set gives the same file."""
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o644
    return header


def _parse(path: Path, data: bytes) -> list[Manifest]:
    try:
        listed: Any = json.loads(data)
        if listed["format"] != FORMAT:
            raise ValueError("of another format")
        manifests = [parse_manifest(json.dumps(one).encode()) for one in listed["folders"]]
    except (ValueError, KeyError, TypeError):
        raise _no_pack(path) from None
    homes = [PurePosixPath(manifest.home) for manifest in manifests]
    nested = any(a != b and a.is_relative_to(b) for a in homes for b in homes)
    if not manifests or nested or len(set(homes)) != len(homes):
        raise _no_pack(path)
    for manifest in manifests:
        safe_path(manifest.home, path.name)
        if not manifest.files or _hidden(manifest.home):
            raise _no_pack(path)
    return manifests


def _compare(
    path: Path, members: dict[PurePosixPath, Member], wanted: dict[PurePosixPath, Stamp]
) -> None:
    """Refuse a file that holds anything but what its list says."""
    if odd := sorted(map(str, members.keys() ^ wanted.keys())):
        raise DataError(
            f"'{path}' does not hold what its list says ('{odd[0]}'); copy it again. Nothing was "
            f"unpacked."
        )


def _no_pack(path: Path) -> DataError:
    return DataError(f"'{path}' is no set that 'srtk data pack' wrote; nothing was unpacked.")


def _hidden(home: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(home).parts)
