"""Atomic writes: a file or folder is either whole or absent, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sr_toolkit.errors import OutputError


@contextlib.contextmanager
def atomic_path(
    target: Path, *, overwrite: bool = True, before_rename: Callable[[], None] | None = None
) -> Iterator[Path]:
    """Yield a temporary path beside `target`; on success it is flushed to disk and renamed.

    `before_rename` is called between the two, once the new file is safe.

    The temporary name keeps the target's suffix, so that writers which look at it still work.
    On any exception the temporary file is removed and `target` is left as it was.

    Raises:
        OutputError: `target` exists and `overwrite` is false, its folder cannot be made or
            written to, or the disk is full.
    """
    target = Path(target)
    if not overwrite:
        refuse_existing(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent
        )
        os.close(handle)
    except OSError as error:
        raise _refusal(target, error) from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~UMASK)
        if before_rename is not None:
            before_rename()
        temporary.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        raise _refusal(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, overwrite: bool = True) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(target, overwrite=overwrite) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def atomic_folder(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `target`; on success it is renamed, in place of the one there.

    On any exception it is removed, and `target` is left as it was.

    Raises:
        OutputError: `target` exists and `overwrite` is false, or its place cannot be written to.
    """
    if not overwrite:
        refuse_existing(target)
    place = target.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    except OSError as error:
        raise _refusal(target, error) from error
    before = draft.with_name(f"{draft.name}.before")
    try:
        yield draft
        draft.chmod(0o777 & ~UMASK)
        if overwrite and place.exists():
            place.rename(before)
        draft.rename(place)
        _flush_folder(place.parent)
    except OSError as error:
        raise _refusal(target, error) from error
    finally:
        if before.exists() and not place.exists():
            before.rename(place)
        shutil.rmtree(before, ignore_errors=True)
        shutil.rmtree(draft, ignore_errors=True)


def refuse_existing(target: Path, option: str = "--out") -> None:
    """Raise OutputError if `target`, named by `option`, exists: nothing is replaced unasked."""
    if target.exists():
        raise OutputError(
            f"'{target}' exists already; give --overwrite to replace it, or another {option}."
        )


def _refusal(target: Path, error: OSError) -> OutputError:
    cause = error.strerror or str(error)
    return OutputError(
        f"Cannot write '{target}': {cause}. Choose another --out, or free the disk or the folder."
    )


def _flush_folder(folder: Path) -> None:
    """Let a rename reach the disk too, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


UMASK = _umask()
"""Read once: looking at it changes it for a moment, which no other thread may see."""
