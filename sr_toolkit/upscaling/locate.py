"""From a model's name to its weights: `[dist::]name[:weights][@latest|@PATH]`, a run, a checkpoint.

`hf:user/name[@revision][:file]` is a repository of the hub, in place of a path too.

A bare name means the bundled default weights, else the newest run of that model. Two distributions
may offer a model of the same name: runs and checkpoints of the one are never taken for the other's.
A word that is no registered name but an existing path is a run folder, a checkpoint or a file of
another program's weights, and `RUN:psnr` one phase of a run.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sr_toolkit.checkpoint import file_hash, is_foreign, read_metadata
from sr_toolkit.errors import CheckpointError, DataError, PluginError, UnknownNameError, suggest
from sr_toolkit.hub.fetching import fetch
from sr_toolkit.hub.reference import Reference, is_reference
from sr_toolkit.registry import Entry, registry
from sr_toolkit.runs import DEFAULT_RUNS, Run, list_runs
from sr_toolkit.spec import ModelSpec, WeightsSpec

SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin")
"""By which a word is known for a file's name."""


@dataclass(frozen=True)
class Located:
    """A model with its weights.

    Attributes:
        label: what a table calls it, such as `srgan`, `srgan:psnr` or, of a file, `folder/best`.
        model: registered name with its distribution.
        path: the checkpoint; None for a fixed method.
        source: where the weights came from, for people.
        home: the folder that tells it from others of its label; None for a fixed method.
    """

    label: str
    model: str
    path: Path | None
    source: str
    home: Path | None = None


def locate(reference: str, *, runs: Path = DEFAULT_RUNS, quiet: bool = False) -> Located:
    """Return the one model that `reference` means; of a run, the last phase.

    `quiet` shows no bars while weights come from the hub.

    Raises:
        UnknownNameError: neither a registered name nor a path.
        CheckpointError: known, but no weights are at hand; says how to get some.
        HubError: `hf:…`, and the hub refuses or has no weights that are safe.
        DataError: a run that has no such phase.
    """
    return locate_all(reference, runs=runs, quiet=quiet)[-1]


def locate_all(reference: str, *, runs: Path = DEFAULT_RUNS, quiet: bool = False) -> list[Located]:
    """Return what `reference` means, one entry for each phase of a run; errors as `locate`."""
    name, at, place = reference.partition("@")
    entry, weights = _registered(name)
    if entry is None:
        found = _at_path(reference, "", quiet=quiet)
        if found is not None:
            return found
        meant = Path(reference)
        if not at and (len(meant.parts) > 1 or meant.suffix in SUFFIXES):
            raise CheckpointError(
                f"There is no run and no file of weights '{meant}'; check the path."
            )
        raise UnknownNameError(
            "model",
            reference,
            registry().names("model"),
            "A path to a run or a checkpoint is taken too, but there is none of this name.",
        )
    spec = entry.require()
    assert isinstance(spec, ModelSpec)
    if not spec.needs_weights:
        return [Located(name, entry.qualified, None, "fixed method, no weights")]
    if at:
        if place == "latest" or place.startswith("latest:"):
            return _latest(entry, place.partition(":")[2] or weights, runs)
        found = _at_path(place, weights, entry.qualified, quiet=quiet)
        if found is None:
            raise CheckpointError(
                f"'{place}' is neither a run folder nor a checkpoint, and not 'latest', the newest "
                f"run; check the path."
            )
        for one in found:
            _refuse_other_model(one, entry)
        return found
    return [_by_search(entry, spec, weights, runs)]


def _registered(name: str) -> tuple[Entry | None, str]:
    """Return (entry, weights) where `name` is `[dist::]model[:weights]`, else (None, '')."""
    distribution, separator, rest = name.rpartition("::")
    bare, _, weights = rest.partition(":")
    try:
        return registry().find("model", f"{distribution}{separator}{bare}"), weights
    except UnknownNameError:
        return None, ""


def _latest(entry: Entry, phase: str, runs: Path) -> list[Located]:
    for run in _newest_first(entry, runs):
        if run.trained_phases():
            return _of_run(run, phase)
    raise CheckpointError(
        f"There is no run of '{_shown(entry)}' with weights in '{runs}'; train one by "
        f"'srtk train {_shown(entry)} --preset quick', or name another folder by --runs."
    )


def _newest_first(entry: Entry, runs: Path) -> list[Run]:
    """Return the runs of one entry: of its name, and trained with its distribution."""
    found = list_runs(runs, entry.name)
    return [run for run in reversed(found) if _means(entry, _model_of(run))]


def _model_of(run: Run) -> str:
    return f"{run.config.get('distribution', '')}::{run.model}"


def _means(entry: Entry, qualified: str) -> bool:
    """Does `distribution::name` mean this entry? The registry knows how spellings fold."""
    try:
        return registry().find("model", qualified) is entry
    except (UnknownNameError, PluginError):
        return False


def _shown(entry: Entry) -> str:
    """Return the shortest name that means the entry."""
    return entry.qualified if entry.conflicts else entry.name


def _at_path(
    text: str, weights: str, model: str = "", *, quiet: bool = False
) -> list[Located] | None:
    if is_reference(text):
        return [_on_hub(Reference.parse(text), model, quiet)]
    path, phase = Path(text).expanduser(), weights
    if not path.exists() and ":" in text:
        stem, _, phase = text.rpartition(":")
        path = Path(stem).expanduser()
    if path.is_dir():
        return _of_run(Run.open(path), phase)
    if not path.is_file():
        return None
    metadata = read_metadata(path, model=model)
    folder = path.resolve().parent
    label = f"{folder.name}/{path.stem}" if folder.name else path.stem
    source = f"checkpoint {path}"
    if is_foreign(path):
        source = f"foreign file {path}, recognized by {metadata.model}"
    return [Located(label, metadata.qualified, path, source, folder.parent)]


def _on_hub(reference: Reference, model: str, quiet: bool) -> Located:
    fetched = fetch(reference, quiet=quiet)
    metadata = read_metadata(fetched.path, model=model)
    source = f"hub {reference.repo}, commit {fetched.commit[:12]}"
    if fetched.offline:
        source += f" as the cache has it, since {fetched.offline}"
    return Located(str(reference), metadata.qualified, fetched.path, source, fetched.folder)


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
        if _untrained(path):
            continue
        label = f"{run.model}:{name}"
        source = f"run {run.path}, phase {name}"
        located.append(Located(label, _model_of(run), path, source, run.path.resolve()))
    if not located:
        raise DataError(
            f"The run '{run.path}' has saved nothing since its first step; wait until it has, or "
            f"resume its training."
        )
    return located


def _untrained(path: Path) -> bool:
    """Is this the beginning of a phase, which is saved, too?"""
    try:
        return read_metadata(path).steps == 0
    except CheckpointError:  # told by whoever opens it
        return False


def _by_search(entry: Entry, spec: ModelSpec, weights: str, runs: Path) -> Located:
    label = f"{entry.name}:{weights}" if weights else entry.name
    for published in spec.weights:
        if weights == published.name or (not weights and published.default):
            path = _bundled(entry, spec, published)
            if path is not None:
                source = f"'{published.name}', comes with {entry.distribution} {entry.version}"
                return Located(label, entry.qualified, path, source, path.parent)
    for run in _newest_first(entry, runs):
        trained = run.trained_phases()
        if trained and (not weights or weights in trained):
            return dataclasses.replace(_of_run(run, weights)[-1], label=label)
    newest = next((run for run in _newest_first(entry, runs) if run.trained_phases()), None)
    if weights and newest is not None:
        trained = newest.trained_phases()
        raise CheckpointError(
            f"No run of '{_shown(entry)}' in '{runs}' has weights of a phase '{weights}'."
            f"{suggest(weights, trained)}"
        )
    known = [published.name for published in spec.weights]
    what = f"weights '{weights}'" if weights else "weights"
    raise CheckpointError(
        f"The model '{_shown(entry)}' has no {what} here: none come with {entry.distribution}"
        f"{' (' + ', '.join(known) + ')' if known else ''}, and no run in '{runs}' has any. Train "
        f"some by 'srtk train {_shown(entry)} --preset quick', or give '{_shown(entry)}@PATH'."
    )


def _bundled(entry: Entry, spec: ModelSpec, published: WeightsSpec) -> Path | None:
    """Return the file inside the plugin's package, or None where it was not installed.

    Raises:
        CheckpointError: the file is not the one that the plugin speaks of.
    """
    found = find_spec(spec.generator.partition(":")[0].partition(".")[0])
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / published.source
    if not path.is_file():
        return None
    if published.sha256 and file_hash(path) != published.sha256.lower():
        raise CheckpointError(
            f"The weights '{published.name}' in '{path}' are not those that {entry.distribution} "
            f"{entry.version} was published with: their SHA-256 differs. Reinstall the plugin."
        )
    return path


def _refuse_other_model(located: Located, entry: Entry) -> None:
    if _means(entry, located.model):
        return
    theirs, ours = located.model, entry.qualified
    bare = theirs.rpartition("::")[2]
    if bare != entry.name:  # the distributions matter only where the names are the same
        theirs, ours = bare, entry.name
    raise CheckpointError(
        f"{located.source} holds weights of the model '{theirs}', not of '{ours}'."
    )
