"""All images of one set at one scale through all models, with everything else beside them.

Models run on this thread. Beside one on a GPU, other threads decode images ahead and take the
scores that need no network. A model on the CPU has all cores to itself, since its threads spin
while they wait for each other: images are decoded and scores taken, by as many threads as there are
cores, in between. Networks that score run on this thread, too.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.benching.cache import Cache
from sr_toolkit.benching.cases import LRRule, Prepared, Uint8, prepare
from sr_toolkit.benching.enlarging import Contestant
from sr_toolkit.benching.judging import Enlarged, Judge, Task, Verdict
from sr_toolkit.benching.result import ImageFacts
from sr_toolkit.data.decoding import in_order
from sr_toolkit.errors import SrtkError
from sr_toolkit.hardware import available_cores
from sr_toolkit.interfaces import Dataset, Pixels

Embedding = NDArray[np.float64]
Tell = Callable[[str, str], None]
"""Told (model, image) before each SR."""
Take = Callable[[int, str, Uint8], None]
"""Given (place of the model, image, SR) of each SR that was made."""


@dataclass
class Outcome:
    """What came of one model on one image; plain data, for it travels between processes.

    Attributes:
        sha256: of the SR; '' where it failed.
        seconds: that the model took; None where it failed.
        cached: was it computed before?
        scores: (protocol, metric) to the figure.
        refused: metric to why it cannot score the image.
        failed: why there is no SR, or which metric raised what; '' else.
        embedded: metric over the whole set to the SR's description.
    """

    sha256: str = ""
    seconds: float | None = None
    cached: bool = False
    scores: dict[tuple[str, str], float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    failed: str = ""
    embedded: dict[str, Embedding] = field(default_factory=dict)


@dataclass
class Scored:
    """One image: an outcome for each model, or why there is none at all."""

    index: int
    label: str
    facts: ImageFacts | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    left_out: str = ""
    embedded: dict[str, Embedding] = field(default_factory=dict)


@dataclass(frozen=True)
class Pipeline:
    """Scores images of a dataset.

    Attributes:
        dataset: the images.
        scale: the scale.
        rule: where LR comes from.
        contestants: the models.
        judge: the metrics and protocols.
        cache: what was computed before.
        pixels_wanted: must every SR be at hand, to be written perhaps?
    """

    dataset: Dataset
    scale: int
    rule: LRRule
    contestants: Sequence[Contestant]
    judge: Judge
    cache: Cache
    pixels_wanted: bool = False
    _idle: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        self._idle.set()

    def run(self, indices: Sequence[int], tell: Tell, take: Take | None = None) -> list[Scored]:
        """Return what came of some images, in their order."""
        done: list[Scored] = []
        workers = available_cores()
        with ThreadPoolExecutor(workers, thread_name_prefix="score") as pool:
            waiting: deque[Pending] = deque()
            try:
                for index, ready in self._prepared(indices):
                    if isinstance(ready, str):
                        label = self.dataset.label(index)
                        done.append(Scored(index, label, left_out=ready))
                        continue
                    scored = Scored(index, ready.facts.label, ready.facts)
                    scored.embedded = self.judge.embed_hr(ready)
                    done.append(scored)
                    for place, contestant in enumerate(self.contestants):
                        tell(contestant.row.model, scored.label)
                        pending = self._score(contestant, ready, place, take)
                        scored.outcomes.append(pending.outcome)
                        waiting.append(pending)
                        if not self._alone:
                            pending.begin(pool)
                    for pending in waiting:
                        pending.begin(pool)
                    most = 0 if self._alone else 2 * (workers + len(self.contestants))
                    while len(waiting) > most:
                        waiting.popleft().finish(self.cache)
                while waiting:
                    waiting.popleft().finish(self.cache)
            finally:
                for pending in waiting:
                    pending.cancel()
        return done

    @property
    def _alone(self) -> bool:
        """Must nothing else run beside a model?"""
        return any(one.upscaler.hardware.kind == "cpu" for one in self.contestants)

    def _prepared(self, indices: Sequence[int]) -> Iterator[tuple[int, Prepared | str]]:
        """Yield each image, decoded ahead, prepared, or why it cannot be."""
        in_threads = not self.rule.runs_on_torch

        def work(index: int) -> Prepared | Pixels | str:
            self._idle.wait()
            try:
                image = self.dataset.image(index)
                return self._prepare(index, image) if in_threads else image
            except (SrtkError, OSError, ValueError, MemoryError) as error:
                return _sentence(error)

        for index, found in zip(indices, in_order(work, indices), strict=True):
            if isinstance(found, np.ndarray):
                try:
                    yield index, self._prepare(index, found)
                except (SrtkError, ValueError) as error:
                    yield index, _sentence(error)
            else:
                yield index, found

    def _prepare(self, index: int, image: Pixels) -> Prepared:
        return prepare(self.dataset, index, image, self.scale, self.rule)

    def _score(
        self, contestant: Contestant, ready: Prepared, place: int, take: Take | None
    ) -> Pending:
        """Return an outcome, and the work that is left to complete it."""
        pending = Pending(Outcome())
        outcome = pending.outcome
        if not self.pixels_wanted and not self.judge.needs_pixels:
            recalled = contestant.recall(ready)
            if recalled is not None:
                verdict, missing = self.judge.known(ready, recalled[0])
                if not missing:
                    outcome.sha256, outcome.seconds = recalled
                    outcome.cached = True
                    pending.verdict.add(verdict)
                    return pending
        with self._undisturbed():
            sr = pending.enlarge(contestant, ready)
        if sr is None:
            return pending
        if take is not None:
            take(place, ready.facts.label, sr.rgb)
        for task in pending.tasks_left(self.judge, ready, sr):
            if task.concurrent:
                pending.tasks.append(task)
            else:
                with self._undisturbed():
                    pending.verdict.add(task.work())
        return pending

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Let no decoding begin meanwhile, where a network has all cores."""
        if self._alone:
            self._idle.clear()
        try:
            yield
        finally:
            self._idle.set()


def score_alone(contestant: Contestant, judge: Judge, ready: Prepared) -> Outcome:
    """Return the outcome of one model on one image, all work done here and now."""
    pending = Pending(Outcome())
    sr = pending.enlarge(contestant, ready)
    for task in pending.tasks_left(judge, ready, sr) if sr is not None else ():
        pending.verdict.add(task.work())
    pending.finish(contestant.cache)
    return pending.outcome


@dataclass
class Pending:
    """One SR whose scores are not all there yet."""

    outcome: Outcome
    verdict: Verdict = field(default_factory=Verdict)
    keys: Mapping[tuple[str, str], str] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    futures: list[Future[Verdict]] = field(default_factory=list)

    def enlarge(self, contestant: Contestant, ready: Prepared) -> Enlarged | None:
        """Return the SR and note what it is; None where the model failed, whatever it raised."""
        try:
            made = contestant.enlarge(ready)
        except Exception as error:  # a model of somebody else's: it costs its own cell
            self.outcome.failed = _sentence(error)
            return None
        self.outcome.sha256, self.outcome.seconds = made.sr.sha256, made.seconds
        self.outcome.cached = made.cached
        return made.sr

    def tasks_left(self, judge: Judge, ready: Prepared, sr: Enlarged) -> Iterator[Task]:
        """Take the scores that are known, and yield the work that finds the others."""
        known, self.keys = judge.known(ready, sr.sha256, sr.luma)
        self.verdict.add(known)
        yield from judge.tasks(ready, sr, list(self.keys))

    def begin(self, pool: ThreadPoolExecutor) -> None:
        """Hand what is left to threads."""
        self.futures += [pool.submit(task.work) for task in self.tasks]
        self.tasks = []

    def finish(self, cache: Cache) -> None:
        """Wait for the threads, fill in the outcome, keep what is new."""
        for future in self.futures:
            self.verdict.add(future.result())
        found = self.verdict
        self.outcome.scores, self.outcome.refused = found.scores, found.refused
        self.outcome.embedded = found.embedded
        if found.failed:
            self.outcome.failed = "; ".join(f"{name}: {why}" for name, why in found.failed.items())
        for place, key in self.keys.items():
            if place in found.scores:
                cache.keep(key, found.scores[place])

    def cancel(self) -> None:
        """Drop what has not begun."""
        for future in self.futures:
            future.cancel()


def _sentence(error: Exception) -> str:
    """Return an error's own sentence; of one that is not ours, with its name."""
    text = " ".join(str(error).split()).rstrip(".")
    return text if isinstance(error, SrtkError) else f"{type(error).__name__}: {text}".rstrip(": ")
