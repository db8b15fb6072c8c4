"""From an open archive to the folders of a set."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sr_toolkit.catalog.records import Archive, Piece, Source
from sr_toolkit.errors import DataError
from sr_toolkit.fetching.archives import Bounds, Member, OpenArchive
from sr_toolkit.fetching.reporting import Reporter
from sr_toolkit.images.listing import READABLE_SUFFIXES
from sr_toolkit.supply.choosing import label_of, ranked
from sr_toolkit.supply.manifest import Manifest, Stamp
from sr_toolkit.supply.placing import (
    flush_each,
    partial,
    place,
    placing,
    require_space,
    write_member,
    writing,
)

SLACK = 1 << 26


@dataclass(frozen=True, kw_only=True)
class Job:
    """A piece that is to be placed.

    Attributes:
        set: the entry's name.
        piece: as it shall lie below the root; a limited one has its own home and count.
        limit: None: the whole.
    """

    set: str
    piece: Piece
    limit: int | None = None


def bounds_of(archive: Archive) -> Bounds:
    """Return what an archive may unpack to: images hardly shrink in one."""
    return Bounds(total=3 * archive.ceiling + SLACK)


def unpack(
    opened: OpenArchive,
    jobs: Sequence[tuple[Job, Source]],
    root: Path,
    reporter: Reporter,
    *,
    checked: str,
    overwrite: bool,
) -> None:
    """Place pieces out of an archive, each whole or not at all.

    Raises:
        DataError: the archive is damaged, or does not hold the images that it should.
        OutputError: the disk refuses, or is too small.
    """
    chosen = [(job, source, _choose(opened, job, source)) for job, source in jobs]
    size = sum(member.size for _, _, images in chosen for member in images.values())
    require_space(root, size + SLACK, "unpacking")
    count, done = sum(len(images) for _, _, images in chosen), 0
    where = {
        member.path: (number, relative)
        for number, (_, _, images) in enumerate(chosen)
        for relative, member in images.items()
    }
    stamps: list[dict[str, Stamp]] = [{} for _ in chosen]
    with contextlib.ExitStack() as stack, writing(root):
        folders = [stack.enter_context(placing(root / job.piece.home)) for job, _, _ in chosen]
        for member in opened.members:  # in the archive's order: a compressed tar cannot go back
            if member.path not in where:
                continue
            number, relative = where[member.path]
            with opened.open(member) as stream:
                stamps[number][relative] = write_member(
                    stream, folders[number] / relative, member.size, opened.name, flush_each(count)
                )
            done += member.size
            reporter.amount("unpacking", done, size)
        hr_last = sorted(
            range(len(chosen)), key=lambda number: chosen[number][0].piece.scale is None
        )
        for number in hr_last:
            job, source, _ = chosen[number]
            target = root / job.piece.home
            assert partial(target) == folders[number]
            manifest = Manifest(
                set=job.set,
                home=job.piece.home,
                limit=job.limit,
                source=source.archive.name,
                checked=checked,
                files=stamps[number],
            )
            place(target, manifest, overwrite=overwrite)


def _choose(opened: OpenArchive, job: Job, source: Source) -> Mapping[str, Member]:
    """Return the wanted images of an archive by their paths in the piece's folder."""
    inside = PurePosixPath(source.inside)
    found: dict[str, Member] = {}
    for member in opened.members:
        if not member.path.is_relative_to(inside):
            continue
        relative = member.path.relative_to(inside)
        hidden = any(part.startswith(".") for part in relative.parts)
        flat = job.piece.nested or len(relative.parts) == 1
        if relative.suffix.lower() in READABLE_SUFFIXES and flat and not hidden:
            found[relative.as_posix()] = member
    count = job.piece.count
    if job.limit is not None:
        labels = {label_of(path, job.piece.scale): path for path in found}
        found = {labels[label]: found[labels[label]] for label in ranked(labels)[:count]}
    if (count is not None and len(found) != count) or not found:
        raise DataError(
            f"The archive '{opened.name}' holds {len(found)} images in '{source.inside}', not "
            f"{count}; it is not what the catalog describes."
        )
    return found
