"""Writing off the training's thread: the step goes on while the disk takes the state."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence

from sr_toolkit.errors import OutputError

Job = Callable[[], None]
RETRY = 20.0  # seconds after which a refused save is tried again


class Writer:
    """Writes one set of files at a time in a thread; a refusal is kept until it is asked for.

    A later set waits for the one before, so files never overtake each other.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._refusal: OutputError | None = None
        self._fault: BaseException | None = None

    def submit(self, jobs: Sequence[Job]) -> None:
        """Write when the set before is done; the jobs must hold copies, not living tensors."""
        self.wait()
        self._thread = threading.Thread(target=self._run, args=(tuple(jobs),), name="srtk-writer")
        self._thread.start()

    def wait(self) -> None:
        """Wait until all is written.

        Raises:
            Exception: a fault of the writing itself, such as a state that cannot be packed.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def refusal(self) -> OutputError | None:
        """Return why the disk refused since this was last asked, or None."""
        found, self._refusal = self._refusal, None
        return found

    def _run(self, jobs: Sequence[Job]) -> None:
        try:
            for job in jobs:
                job()
        except OutputError as error:
            self._refusal = error
        except BaseException as error:
            self._fault = error


class SaveClock:
    """When it is time to save: after so many steps, or so many minutes.

    Args:
        every: steps.
        minutes: minutes, or None.
    """

    def __init__(self, every: int, minutes: float | None) -> None:
        self.every = every
        self.seconds = math.inf if minutes is None else 60 * minutes
        self._due = time.monotonic() + self.seconds

    def due(self, step: int) -> bool:
        """Is it time, after `step` steps?"""
        return step % self.every == 0 or time.monotonic() >= self._due

    def saved(self) -> None:
        """Count from now."""
        self._due = time.monotonic() + self.seconds

    def refused(self) -> None:
        """The disk refused: try again soon, but not at every step."""
        self._due = time.monotonic() + RETRY
