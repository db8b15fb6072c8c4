"""From a model's name to its weights: `[dist::]name[:weights][@latest|@PATH]`, a run, a checkpoint.

A bare name means the bundled default weights, else the newest run of that model, else the cache.
A word that is no registered name but an existing path is a run folder or a checkpoint, and
`RUN:psnr` one phase of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.config.places import cache_dir
from sr_toolkit.errors import CheckpointError, DataError, UnknownNameError, suggest
from sr_toolkit.registry import Entry, registry
from sr_toolkit.runs import DEFAULT_RUNS, Run, list_runs
from sr_toolkit.spec import ModelSpec, WeightsSpec


@dataclass(frozen=True)
class Located:
    """A model with its weights.

    Attributes:
        label: what a table calls it, such as `srgan` or `srgan:psnr`.
        model: registered name, qualified where the user did.
        path: the checkpoint; None for a fixed method.
        source: where the weights came from, for people.
    """

    label: str
    model: str
    path: Path | None
    source: str


def locate(reference: str, *, runs: Path = DEFAULT_RUNS) -> Located:
    """Return the one model that `reference` means; of a run, the last phase.

    Raises:
        UnknownNameError: neither a registered name nor a path.
        CheckpointError: known, but no weights are at hand; says how to get some.
        DataError: a run that has no such phase.
    """
    return locate_all(reference, runs=runs)[-1]


def locate_all(reference: str, *, runs: Path = DEFAULT_RUNS) -> list[Located]:
    """Return what `reference` means, one entry for each phase of a run; errors as `locate`."""
    name, at, place = reference.partition("@")
    entry, weights = _registered(name)
    if entry is None:
        found = _at_path(reference, "")
        if found is not None:
            return found
        raise UnknownNameError(
            "model",
            reference,
            registry().names("model"),
            "A path to a run or a checkpoint is taken too, but there is none of this name.",
        )
    spec = entry.require()
    assert isinstance(spec, ModelSpec)
    if not spec.needs_weights:
        return [Located(name, name, None, "fixed method, no weights")]
    model = name.partition("::")[2].partition(":")[0] if "::" in name else name.partition(":")[0]
    if at:
        if place == "latest" or place.startswith("latest:"):
            return _latest(model, place.partition(":")[2] or weights, runs)
        found = _at_path(place, weights)
        if found is None:
            raise CheckpointError(
                f"'{place}' is neither a run folder nor a checkpoint; check the path."
            )
        for one in found:
            _refuse_other_model(one, model)
        return found
    return [_by_search(entry, spec, model, weights, runs)]


def _registered(name: str) -> tuple[Entry | None, str]:
    """Return (entry, weights) where `name` is `[dist::]model[:weights]`, else (None, '')."""
    distribution, separator, rest = name.rpartition("::")
    bare, _, weights = rest.partition(":")
    try:
        return registry().find("model", f"{distribution}{separator}{bare}"), weights
    except UnknownNameError:
        return None, ""


def _latest(model: str, phase: str, runs: Path) -> list[Located]:
    for run in reversed(list_runs(runs, model)):
        if run.trained_phases():
            return _of_run(run, phase)
    raise CheckpointError(
        f"There is no run of '{model}' with weights in '{runs}'; train one by "
        f"'srtk train {model} --preset quick', or name another folder by --runs."
    )


def _at_path(text: str, weights: str) -> list[Located] | None:
    path, phase = Path(text).expanduser(), weights
    if not path.exists() and ":" in text:
        stem, _, phase = text.rpartition(":")
        path = Path(stem).expanduser()
    if path.is_dir():
        return _of_run(Run.open(path), phase)
    if not path.is_file():
        return None
    metadata = read_metadata(path)
    return [Located(path.stem, metadata.model, path, f"checkpoint {path}")]


def _of_run(run: Run, phase: str) -> list[Located]:
    trained = run.trained_phases()
    if not trained:
        raise DataError(f"The run '{run.path}' has no weights yet; resume its training first.")
    if phase and phase not in trained:
        raise DataError(
            f"The run '{run.path}' has no weights of a phase '{phase}'.{suggest(phase, trained)}"
        )
    located = []
    for name in [phase] if phase else trained:
        path = run.find(name)
        assert path is not None  # trained_phases found it
        label = f"{run.model}:{name}"
        located.append(Located(label, run.model, path, f"run {run.path}, phase {name}"))
    return located


def _by_search(entry: Entry, spec: ModelSpec, model: str, weights: str, runs: Path) -> Located:
    label = f"{model}:{weights}" if weights else model
    for published in spec.weights:
        if weights == published.name or (not weights and published.default):
            for path, source in _published_files(entry, spec, published):
                if path.is_file():
                    return Located(label, entry.qualified, path, source)
    for run in reversed(list_runs(runs, model)):
        trained = run.trained_phases()
        if trained and (not weights or weights in trained):
            found = _of_run(run, weights)[-1]
            return Located(label, found.model, found.path, found.source)
    known = [published.name for published in spec.weights]
    what = f"weights '{weights}'" if weights else "weights"
    raise CheckpointError(
        f"The model '{model}' has no {what} here: none come with {entry.distribution}"
        f"{' (' + ', '.join(known) + ')' if known else ''}, and no run in '{runs}' has any. Train "
        f"some by 'srtk train {model} --preset quick', or give '{model}@PATH'."
    )


def _published_files(
    entry: Entry, spec: ModelSpec, published: WeightsSpec
) -> Iterator[tuple[Path, str]]:
    package = spec.generator.partition(":")[0].partition(".")[0]
    found = find_spec(package)
    if found is not None and found.origin is not None:
        inside = Path(found.origin).parent / published.source
        yield inside, f"'{published.name}', comes with {entry.distribution} {entry.version}"
    cached = cache_dir() / "models" / entry.distribution / Path(published.source).name
    yield cached, f"'{published.name}', from the cache"


def _refuse_other_model(located: Located, model: str) -> None:
    if located.model.rpartition("::")[2] != model:
        raise CheckpointError(
            f"{located.source} holds weights of the model '{located.model}', not of '{model}'."
        )
