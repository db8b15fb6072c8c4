"""Runs models over datasets and scores them."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sr_toolkit.benching.assembling import describe_environment, make_result
from sr_toolkit.benching.cache import Cache, default_folder
from sr_toolkit.benching.cases import Uint8, prepare
from sr_toolkit.benching.choosing import passed_over
from sr_toolkit.benching.code import package_of
from sr_toolkit.benching.costing import measure
from sr_toolkit.benching.enlarging import Contestant
from sr_toolkit.benching.judging import Judge
from sr_toolkit.benching.labels import folder_names, safe
from sr_toolkit.benching.opening import Opened, open_all
from sr_toolkit.benching.pipeline import Outcome, Pipeline, Scored
from sr_toolkit.benching.published import add_published
from sr_toolkit.benching.repeating import forget, remember, repeatable
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import Result, Results, Row
from sr_toolkit.benching.seeds import add_means, trained_by
from sr_toolkit.checkpoint import Metadata, file_hash
from sr_toolkit.errors import DataError, ScaleError, StoppedError
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.interfaces import Dataset
from sr_toolkit.registry import registry
from sr_toolkit.training.team import Team, gather_team
from sr_toolkit.upscaling.locate import Located
from sr_toolkit.upscaling.upscaler import Upscaler

PATIENCE = timedelta(days=1)
"""How long one process waits for the others: their images may be the larger ones."""


def run(request: Request, cache: Cache | None = None) -> Results:
    """Score models; errors as `sr_toolkit.bench`.

    Started by torchrun, each process scores a share of the images, and all return the same.

    Args:
        request: what is asked.
        cache: where SR images and scores are kept; None: the user's cache, if the request wants it.
    """
    team = gather_team(PATIENCE)
    opened = open_all(request)
    store = cache or Cache(default_folder() if request.cache else None)
    if request.out is not None and team.leads:
        remember(request)
    several = len(opened.datasets) * len(opened.scales) > 1
    results: list[Result] = []
    with (
        _stoppable(team, store, request),
        progress_bar(request.quiet or not team.leads) as progress,
    ):
        for dataset in opened.datasets:
            for scale in opened.scales:
                table = _Table(request, opened, store, team, dataset, scale, several)
                results += table.score(progress)
    if request.published:
        for result in results:
            add_published(result)
    named = dict.fromkeys(one.model for one in opened.located if one.model)
    packages = [package_of(registry().model(name).generator) for name in named]
    found = Results(
        request=repeatable(request, opened).to_plain(),
        environment=describe_environment(opened.hardware, packages),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        results=results,
    )
    if request.out is not None and team.leads:
        found.save(request.out, overwrite=request.overwrite)
        forget(request.out)
    store.prune()
    return found


@dataclasses.dataclass(frozen=True)
class _Table:
    """One dataset at one scale, under all protocols."""

    request: Request
    opened: Opened
    cache: Cache
    team: Team
    dataset: Dataset
    scale: int
    several: bool

    def score(self, progress: Any) -> list[Result]:
        """Return a result for each protocol."""
        located = self._located()
        rows = [self._row(place) for place in located]
        running, contestants = self._contestants(located, rows)
        pipeline = Pipeline(
            self.dataset,
            self.scale,
            self.opened.rule,
            contestants,
            Judge(
                self.opened.metrics,
                self.opened.protocols,
                self.opened.rule,
                self.cache,
                self.opened.identities,
            ),
            self.cache,
            pixels_wanted=self.request.save_images,
        )
        scored = self._shared_out(pipeline, progress)
        self._refuse_nothing(scored)
        for one in (one for one in scored if not one.left_out):
            # Rows that do not run have an empty outcome in their place.
            given = iter(one.outcomes)
            one.outcomes = [next(given) if i in running else Outcome() for i in range(len(rows))]
        if self.request.cost and self.team.leads:
            self._measure(contestants, scored, progress)
        self.team.wait()  # the next table must not run beside a measurement
        return self._results(scored, rows, located)

    def _located(self) -> list[int]:
        """Return the places of the models that have a row here."""
        groups: dict[Any, list[Located]] = {}
        for one in self.opened.located:
            groups.setdefault(one.home or one.label, []).append(one)
        over = passed_over(list(groups.values()), self.scale)
        return [i for i, one in enumerate(self.opened.located) if one.path not in over]

    def _row(self, place: int) -> Row:
        one = self.opened.located[place]
        found = self.opened.models[place, self.scale]
        if isinstance(found, Upscaler):
            return describe_model(found, one)
        row = Row(model=one.label, source=one.source, model_name=one.model.rpartition("::")[2])
        serves = any(
            isinstance(self.opened.models[place, scale], Upscaler) for scale in self.opened.scales
        )
        reason = str(found).rstrip(".")
        if serves and isinstance(found, ScaleError):
            row.absent = reason
        else:
            row.failure = reason
        return row

    def _contestants(
        self, located: Sequence[int], rows: Sequence[Row]
    ) -> tuple[list[int], list[Contestant]]:
        """Return the rows that run, and their models."""
        on_luma = any(one.compared == "y_uint8" for one in self.opened.protocols)
        running, contestants = [], []
        for number, place in enumerate(located):
            upscaler = self.opened.models[place, self.scale]
            if isinstance(upscaler, Upscaler):
                running.append(number)
                contestants.append(
                    Contestant(upscaler, rows[number], self.scale, self.cache, on_luma)
                )
        return running, contestants

    def _shared_out(self, pipeline: Pipeline, progress: Any) -> list[Scored]:
        """Return what came of all images, each scored by one process."""
        mine = range(self.team.rank, len(self.dataset), self.team.size)
        total = len(mine) * len(pipeline.contestants)
        task = progress.add_task(f"{self.dataset.name} ×{self.scale}", total=total, label="")
        begun = -1

        def tell(model: str, label: str) -> None:
            nonlocal begun
            begun += 1
            progress.update(task, completed=begun, label=f"{model} · {label}")

        take = None
        if self.request.save_images:
            take = self._writer([one.row.model for one in pipeline.contestants])
        scored = self.team.collect(pipeline.run(mine, tell, take))
        progress.remove_task(task)
        return sorted(scored, key=lambda one: int(one.index))

    def _writer(self, models: Sequence[str]) -> Callable[[int, str, Uint8], None]:
        assert self.request.out is not None
        folder = self.request.out / "images"
        if self.several:
            folder /= f"{safe(self.dataset.name)}-x{self.scale}"
        names = folder_names(models)

        def write(place: int, label: str, sr: Uint8) -> None:
            target = folder / names[place] / f"{label}.png"
            # What stood there before was refused, but for that of a run that is gone on with.
            write_image(target, Picture(pixels=sr), overwrite=True)

        return write

    def _refuse_nothing(self, scored: Sequence[Scored]) -> None:
        if scored and all(one.left_out for one in scored):
            first = scored[0]
            raise DataError(
                f"No image of '{self.dataset.name}' can be scored. Image '{first.label}': "
                f"{first.left_out}."
            )

    def _measure(
        self, contestants: Sequence[Contestant], scored: Sequence[Scored], progress: Any
    ) -> None:
        """Time each model alone, on the image of median size."""
        good = [(one.facts.width * one.facts.height, one.index) for one in scored if one.facts]
        index = sorted(good)[len(good) // 2][1]
        ready = prepare(
            self.dataset, index, self.dataset.image(index), self.scale, self.opened.rule
        )
        task = progress.add_task("timing", total=len(contestants), label="")
        for contestant in contestants:
            progress.update(task, label=contestant.row.model)
            with contextlib.suppress(Exception):  # one that fails has said so on every image
                contestant.row.cost = measure(contestant, ready)
            progress.advance(task)
        progress.remove_task(task)

    def _results(
        self, scored: Sequence[Scored], rows: Sequence[Row], located: Sequence[int]
    ) -> list[Result]:
        make = functools.partial(
            make_result,
            self.dataset,
            scored,
            rows,
            scale=self.scale,
            lr=self.opened.rule.name,
            lr_words=self.opened.rule.words,
            metrics=self.opened.metrics,
        )
        results = [make(protocol=protocol) for protocol in self.opened.protocols or (None,)]
        chosen = [self.opened.located[place] for place in located]
        names = [one.label.rpartition("/")[2] for one in chosen]
        trained = [trained_by(one.home, name) for one, name in zip(chosen, names, strict=True)]
        for result in results:
            add_means(result, trained, names)
        return results


def describe_model(upscaler: Upscaler, located: Located) -> Row:
    """Return the row of a model, without scores."""
    # A checkpoint says which version trained it; of a fixed method the installed one counts.
    made = upscaler.metadata or registry().find("model", located.model)
    return Row(
        model=located.label,
        source=upscaler.source,
        weights_sha256=file_hash(upscaler.path) if upscaler.path else "",
        parameters=upscaler.parameters(),
        model_name=made.model if isinstance(made, Metadata) else made.name,
        distribution=made.distribution,
        version=made.version,
        reference=str(upscaler.path.resolve()) if upscaler.path else located.model,
    )


@contextlib.contextmanager
def _stoppable(team: Team, cache: Cache, request: Request) -> Iterator[None]:
    """Say what a stop leaves behind: by Ctrl-C, or by a launcher whose other process died."""
    ended: list[int] = []

    def end(number: int, frame: Any) -> None:
        ended.append(number)
        raise KeyboardInterrupt  # no handler of a model's errors takes it for one

    catches = team.size > 1 and threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if catches else None
    try:
        yield
    except KeyboardInterrupt:
        why = "Stopped."
        if ended:
            why = (
                f"Process {team.rank} of {team.size} was ended by the launcher: another one died, "
                f"see its message."
            )
        kept = "Nothing was kept, as the cache is not used."
        if cache.keeps:
            kept = "What was scored is in the cache: the same command goes on from there"
            kept += f", or srtk bench --resume {request.out}." if request.out else "."
        raise StoppedError(f"{why} {kept}") from None
    finally:
        if catches:
            signal.signal(signal.SIGTERM, before)


def progress_bar(quiet: bool) -> Any:
    """Return a bar whose tasks have a `label`; on a terminal alone."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[label]}", markup=False),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
