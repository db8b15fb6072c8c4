"""One person at one file of votes: which pair is next, what was answered, what is taken back."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

from sr_toolkit.errors import OutputError, SrtkError
from sr_toolkit.voting.pairs import Pair
from sr_toolkit.voting.votes import Answer, Vote, Votes

LONGEST = 24 * 3600 * 1000
"""Milliseconds; a longer time is written as this one."""


@dataclass(frozen=True)
class Question:
    """A pair with names that tell nothing.

    Attributes:
        pair: what is asked.
        id: of the question.
        left, right: of the two pictures.
    """

    pair: Pair
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    left: str = field(default_factory=lambda: secrets.token_hex(12))
    right: str = field(default_factory=lambda: secrets.token_hex(12))


class Session:
    """The pairs that a person has not judged yet; every answer is on disk before the next pair.

    Args:
        votes: what is known already.
        file: that takes the votes.
        pairs: all that the person shall see, in order.
        person: who judges.
        seed: that the pairs were drawn with.
    """

    def __init__(
        self, votes: Votes, file: Path, pairs: Sequence[Pair], *, person: str = "", seed: int = 0
    ) -> None:
        self.votes, self._file, self._person, self._seed = votes, file, person, seed
        judged = {vote.key for vote in votes.votes}
        self.total = len(pairs)
        self.questions = [Question(pair) for pair in pairs if (person, pair.key) not in judged]
        self._before = self.total - len(self.questions)
        self._answered = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._failure: SrtkError | None = None
        self._done_since: float | None = None

    @property
    def done(self) -> int:
        """How many of `total` are judged."""
        return self._before + self._answered

    @property
    def can_undo(self) -> bool:
        """Was anything answered since the session began?"""
        return self._answered > 0

    def ahead(self, count: int = 2) -> list[Question]:
        """Return the question to be answered now and those after it."""
        return self.questions[self._answered : self._answered + count]

    def picture(self, name: str) -> tuple[Pair, str] | None:
        """Return the pair and the model behind a picture's name, None for an unknown name."""
        for one in self.questions:
            if name == one.left:
                return one.pair, one.pair.left
            if name == one.right:
                return one.pair, one.pair.right
        return None

    def answer(self, question: str, answer: str, milliseconds: int) -> bool:
        """Keep an answer; False, and nothing is kept, unless it is to the present question.

        Raises:
            ValueError: the answer is none of `Answer`.
            OutputError: the file cannot be written; the question stays.
        """
        if answer not in get_args(Answer):
            raise ValueError(f"an answer is left, right or none, received {answer!r}")
        with self._lock:
            present = self.ahead(1)
            if not present or present[0].id != question:
                return False
            pair = present[0].pair
            vote = Vote(
                image=pair.image,
                x=pair.place.x,
                y=pair.place.y,
                width=pair.place.width,
                height=pair.place.height,
                left=pair.left,
                right=pair.right,
                repeat=pair.repeat,
                answer=cast("Answer", answer),
                milliseconds=max(0, min(milliseconds, LONGEST)),
                when=datetime.now(UTC).isoformat(timespec="milliseconds"),
                person=self._person,
                seed=self._seed,
            )
            self._keep(replace(self.votes, votes=(*self.votes.votes, vote)))
            self._answered += 1
            if not self.ahead():
                self._done_since = time.monotonic()
            return True

    def undo(self) -> bool:
        """Take the last answer of this session back; False where there is none.

        Raises:
            OutputError: the file cannot be written; the answer stays.
        """
        with self._lock:
            if not self._answered:
                return False
            self._keep(replace(self.votes, votes=self.votes.votes[:-1]))
            self._answered -= 1
            self._done_since = None
            return True

    def finish(self, failure: SrtkError | None = None) -> None:
        """End the session; with a failure, `wait` raises it."""
        self._failure = self._failure or failure
        self._over.set()

    def wait(self, grace: float) -> None:
        """Return once the session was ended, or `grace` seconds after the last answer.

        Raises:
            SrtkError: what the session was ended by.
        """
        while not self._over.wait(0.1):
            since = self._done_since
            if since is not None and time.monotonic() - since > grace:
                return
        if self._failure is not None:
            raise self._failure

    def _keep(self, votes: Votes) -> None:
        votes.save(self._file)
        self.votes = votes


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold a file of votes; the hold of a dead process is none.

    Raises:
        OutputError: another process holds it, or the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=0)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"Another 'srtk vote' is writing '{file}'; end it, or give another --votes."
        ) from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise OutputError(f"Cannot write '{file}': {cause}; give another --votes.") from None
    try:
        yield
    finally:
        lock.release()
