"""One training at a time in a run folder."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from sr_toolkit.errors import OutputError
from sr_toolkit.runs import Run


@contextlib.contextmanager
def locked(run: Run) -> Iterator[None]:
    """Hold the run's folder; the lock of a dead process is none.

    Raises:
        OutputError: another process trains there.
    """
    lock = FileLock(run.lock_file, timeout=0)
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"Another process ({_owner(run)}) trains in '{run.path}' already; wait for it, stop "
            f"it, or give another --out."
        ) from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise OutputError(f"Cannot write '{run.lock_file}': {cause}; give another --out.") from None
    try:
        with contextlib.suppress(OSError):
            _owner_file(run).write_text(f"process {os.getpid()}", encoding="ascii")
        yield
    finally:
        with contextlib.suppress(OSError):
            _owner_file(run).unlink()
        lock.release()
        if not run.config_file.exists():  # nothing was begun: leave nothing behind
            with contextlib.suppress(OSError):
                run.lock_file.unlink()
                run.path.rmdir()


def training_process(run: Run) -> int | None:
    """Return the number of the process that trains in a run's folder, or None.

    A training is never disturbed: only where the process that left its number is alive is the lock
    tried, shared and at once given back, to tell it from another that has the number by now. A
    training on another machine that shares the folder is not seen.
    """
    number = re.search(r"\d+", _owner(run))
    if number is None:
        return None
    process = int(number[0])
    try:
        os.kill(process, 0)  # asks whether it is there; sends nothing
    except PermissionError:
        pass  # there, and another user's
    except (OSError, OverflowError):
        return None
    try:
        import fcntl
    except ImportError:  # Windows
        return process
    try:
        with run.lock_file.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return process
    except OSError:
        return None
    return None


def _owner(run: Run) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return _owner_file(run).read_text("ascii")[:40]
    return "of unknown number"


def _owner_file(run: Run) -> Path:
    return run.lock_file.with_name(".lock-owner")
