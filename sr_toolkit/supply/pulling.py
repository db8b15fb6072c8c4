"""Fetching sets of the catalog: what is missing, from where, and nothing half-placed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sr_toolkit.catalog.records import Archive, Entry, Source
from sr_toolkit.errors import DataError
from sr_toolkit.fetching.archives import OpenArchive, open_archive
from sr_toolkit.fetching.http import Patience
from sr_toolkit.fetching.ranged import RangeFile, open_ranged
from sr_toolkit.fetching.reporting import Reporter, Silent, bytes_text
from sr_toolkit.fetching.transfer import download, forget
from sr_toolkit.supply.choosing import choose_pieces
from sr_toolkit.supply.placing import alone, occupied, require_space, writing
from sr_toolkit.supply.shelf import find_piece, is_whole
from sr_toolkit.supply.unpacking import Job, bounds_of, unpack


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A set that is wanted, or a part of it.

    Attributes:
        entry: the set.
        part: '' for all parts.
        scales: of LR of its own that is wanted beside HR.
    """

    entry: Entry
    part: str = ""
    scales: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pull:
    """How sets are fetched.

    Attributes:
        root: the data root that takes what is new.
        roots: where sets are looked for first; what is there is not fetched.
        limit: a fixed choice of so many images per part, in folders of their own.
        overwrite: fetch what is there too, and replace it.
        patience: with servers.
        reporter: told what happens.
    """

    root: Path
    roots: Sequence[Path] = ()
    limit: int | None = None
    overwrite: bool = False
    patience: Patience = field(default_factory=Patience)
    reporter: Reporter = field(default_factory=Silent)

    def run(self, wishes: Iterable[Wish]) -> list[Path]:
        """Fetch what is missing, and return the folders of all that was wished for.

        Raises:
            DataError: a set that may not be fetched, a server that gives the wrong thing, a folder
                in the way; every folder is then whole or absent.
            OutputError: the disk refuses, or is too small.
        """
        wishes = list(wishes)
        for wish in wishes:
            refuse_gated(wish.entry)
        jobs = {
            piece.home: Job(set=wish.entry.name, piece=piece, limit=self.limit)
            for wish in wishes
            for piece in choose_pieces(
                wish.entry, part=wish.part, scales=wish.scales, limit=self.limit
            )
        }
        missing = self._missing(jobs.values())
        for wish in wishes:
            if any(job.set == wish.entry.name for job in missing):
                self.reporter.say(terms_line(wish.entry))
        for archive, group in _grouped((job, job.piece.sources[0]) for job in missing):
            with alone(self.root, archive.name, self.reporter) as workshop:
                # Another process may have placed them while this one waited.
                left = self._missing([job for job, _ in group])
                self._serve(left, 0, workshop)
        return [self._folder(job) for job in jobs.values()]

    def _serve(self, jobs: Sequence[Job], number: int, workshop: Path) -> None:
        """Take each job from its source of that number, or from the next one."""
        groups = _grouped((job, job.piece.sources[number]) for job in jobs)
        for archive, group in groups:
            try:
                self._take(archive, group, workshop)
            except DataError as error:
                others = [job for job, _ in group if len(job.piece.sources) > number + 1]
                if len(others) < len(group):
                    raise
                self.reporter.say(f"{error} There is another source; asking that.")
                self._serve(self._missing(others), number + 1, workshop)

    def _take(self, archive: Archive, jobs: Sequence[tuple[Job, Source]], workshop: Path) -> None:
        if self.limit is not None and archive.is_zip:
            ranged = open_ranged(archive, self.patience, self.reporter)
            if ranged is not None:
                self._take_members(archive, ranged, jobs)
                return
        self._take_whole(archive, jobs, workshop)

    def _take_members(
        self, archive: Archive, ranged: RangeFile, jobs: Sequence[tuple[Job, Source]]
    ) -> None:
        """Read a few members of a zip from the server: its hash cannot be checked then."""
        with ranged, open_archive(ranged, archive.name, bounds_of(archive)) as opened:
            checked = "the CRC-32 of each image; the archive's hash cannot be checked on a part"
            unpack(
                opened, jobs, self.root, self.reporter, checked=checked, overwrite=self.overwrite
            )
        self._done(jobs, checked)

    def _take_whole(
        self, archive: Archive, jobs: Sequence[tuple[Job, Source]], workshop: Path
    ) -> None:
        part = workshop / f"{archive.name}.part"
        have = part.stat().st_size if part.exists() else 0
        unpacked = (archive.size or 0) if self.limit is None else 0
        require_space(
            self.root, max(0, archive.ceiling - have) + unpacked, f"fetching '{archive.name}'"
        )
        about = bytes_text(archive.ceiling)
        size = about if archive.size is not None else f"at most {about}"
        self.reporter.say(f"Fetching '{archive.name}' ({size}) into '{self.root}'.")
        with writing(self.root):
            path = download(archive, workshop, self.patience, self.reporter)
        method = archive.digest.partition(":")[0]
        checked = f"the archive's {method}" if method else "no hash was published; images counted"
        try:
            with open_archive(path, archive.name, bounds_of(archive)) as opened:
                self._unpack(opened, jobs, checked)
        except DataError:
            forget(archive, workshop)  # or the next pull would take the same bytes
            raise
        forget(archive, workshop)
        self._done(jobs, checked)

    def _unpack(
        self, opened: OpenArchive, jobs: Sequence[tuple[Job, Source]], checked: str
    ) -> None:
        unpack(opened, jobs, self.root, self.reporter, checked=checked, overwrite=self.overwrite)

    def _done(self, jobs: Sequence[tuple[Job, Source]], checked: str) -> None:
        for job, _ in jobs:
            self.reporter.say(
                f"'{self.root / job.piece.home}': {job.piece.count} images; checked: {checked}."
            )

    def _missing(self, jobs: Iterable[Job]) -> list[Job]:
        """Return the jobs that are not whole yet.

        Raises:
            DataError: another thing lies where one of them would.
        """
        missing = []
        for job in jobs:
            found = find_piece(job.piece, (*self.roots, self.root))
            if not self.overwrite and is_whole(job.piece, found):
                continue
            target = self.root / job.piece.home
            if not self.overwrite and target.is_dir() and any(target.iterdir()):
                raise occupied(target)
            missing.append(job)
        return missing

    def _folder(self, job: Job) -> Path:
        found = find_piece(job.piece, (self.root, *self.roots))
        assert found is not None
        return found.folder


def refuse_gated(entry: Entry) -> None:
    """Refuse a set that its authors alone give out.

    Raises:
        DataError: it is such a one; says why, and what to do.
    """
    if entry.refusal:
        homes = " and ".join(f"'{piece.home}'" for piece in entry.hr)
        raise DataError(
            f"The set '{entry.name}' is never fetched. {entry.refusal}. Put its images into "
            f"{homes} below a data root ('srtk data path'), or use folder:PATH."
        )


def terms_line(entry: Entry) -> str:
    """Return the line that is shown before a set is fetched."""
    return f"{entry.title}: {entry.terms} ({entry.page})."


def _grouped(
    jobs: Iterable[tuple[Job, Source]],
) -> list[tuple[Archive, list[tuple[Job, Source]]]]:
    """Group jobs by archive, in order: what shares one is unpacked in one go."""
    pairs = sorted(jobs, key=lambda pair: pair[1].archive.name)
    groups = itertools.groupby(pairs, key=lambda pair: pair[1].archive.name)
    grouped = [list(group) for _, group in groups]
    return [(group[0][1].archive, group) for group in grouped]
