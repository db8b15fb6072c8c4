"""A folder that is either whole or absent, and one process at a time that makes it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.fetching.archives import damaged
from sr_toolkit.fetching.reporting import Reporter, bytes_text
from sr_toolkit.supply.manifest import NAME, Manifest, Stamp

WORKSHOP = ".srtk-downloads"
POLL = 0.2
MANY = 1000


@contextlib.contextmanager
def alone(root: Path, name: str, reporter: Reporter) -> Iterator[Path]:
    """Yield the folder for downloads below a data root; others who want `name` wait.

    The lock of a dead process is none.

    Raises:
        OutputError: the root cannot be written to.
    """
    folder = root / WORKSHOP
    with writing(root):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            reporter.say(f"Another process fetches '{name}' into '{root}'; waiting for it.")
            lock.acquire(poll_interval=POLL)
    try:
        yield folder
    finally:
        lock.release()


def partial(target: Path) -> Path:
    """Return the sibling in which a folder is made; hidden, so that no listing shows it."""
    return target.with_name(f".{target.name}.partial")


@contextlib.contextmanager
def placing(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target`, removed at the end if `place` did not move it there.

    Leftovers of a killed process are removed first; the caller holds the lock.
    """
    folder = partial(target)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _prune(folder.parent)


def place(target: Path, manifest: Manifest, *, overwrite: bool) -> None:
    """Write the manifest into the folder that was made, flush all to disk, and rename it.

    Raises:
        DataError: `target` exists, and may not be replaced.
    """
    folder = partial(target)
    (folder / NAME).write_text(manifest.text(), encoding="utf-8")
    _flush(folder, len(manifest.files))
    old = target.with_name(f".{target.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        if any(target.iterdir()):
            if not overwrite:
                raise occupied(target)
            target.rename(old)
        else:
            target.rmdir()
    folder.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def occupied(target: Path) -> DataError:
    """Return the error for a folder that holds something else already."""
    return DataError(
        f"'{target}' exists already with other files, or more or fewer than belong there; move it "
        f"away, or give --overwrite to replace it."
    )


def write_member(stream: IO[bytes], target: Path, size: int, archive: str, flush: bool) -> Stamp:
    """Write a member of `size` bytes as a new file, and return its stamp.

    Raises:
        DataError: the archive is damaged.
        OSError: the disk refuses.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, done = hashlib.sha256(), 0
    with target.open("xb") as out:
        while True:
            with damaged(archive):
                data = stream.read(1 << 20)
            if not data:
                break
            done += len(data)
            if done > size:
                break
            digest.update(data)
            out.write(data)
        out.flush()
        if flush:
            os.fsync(out.fileno())
    if done != size:
        raise DataError(f"The archive '{archive}' is damaged ('{target.name}'); fetch it again.")
    return Stamp(size, digest.hexdigest())


def flush_each(files: int) -> bool:
    """Is it better to flush each of so many files, than all that the system holds at the end?"""
    return files <= MANY or not hasattr(os, "sync")


def require_space(folder: Path, needed: int, what: str) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises:
        OutputError: less than `needed` bytes are free where `folder` is or will be.
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"The disk of '{folder}' has {bytes_text(free)} free, but {what} takes "
            f"{bytes_text(needed)}; free some, or name another folder by --data-root."
        )


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turn a refusal of the disk into one sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        cause = "the disk is full" if full else error.strerror or str(error)
        raise OutputError(
            f"Cannot write below '{root}': {cause}. Free the disk or the folder, or name another "
            f"by --data-root."
        ) from error


def _flush(folder: Path, files: int) -> None:
    if not flush_each(files):
        os.sync()
        return
    with (folder / NAME).open("rb") as stream:
        os.fsync(stream.fileno())
    for path in (folder, folder.parent):
        with contextlib.suppress(OSError):  # not every system can flush a folder
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _prune(folder: Path) -> None:
    """Remove folders that were made for nothing, up to the data root at most."""
    with contextlib.suppress(OSError):
        while not (folder / WORKSHOP).exists():
            folder.rmdir()
            folder = folder.parent
