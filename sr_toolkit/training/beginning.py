"""Weights to begin from: of any checkpoint what fits (`--from`), or a network that is grown on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.checkpoint import Metadata, file_hash, is_foreign, load_generator, read_metadata
from sr_toolkit.checkpoint.files import read_checkpoint
from sr_toolkit.config import option, plain
from sr_toolkit.errors import CheckpointError, ConfigError
from sr_toolkit.registry import import_object, registry
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.spec import ModelSpec
from sr_toolkit.training.comparing import differences
from sr_toolkit.upscaling.locate import locate

if TYPE_CHECKING:
    from torch import Tensor

    from sr_toolkit.interfaces import Discriminator, Generator
    from sr_toolkit.training.recipe import Phase

SHOWN = 12  # keys of each kind that are printed; the log has all


@dataclass(frozen=True, kw_only=True)
class Start:
    """The checkpoint that a training begins from, written down so that it can be begun again."""

    path: str = option(help="The checkpoint.")
    sha256: str = option(help="Its hash.")
    scales: tuple[int, ...] = option(
        (), help="Scales that are kept and grown on; empty: its weights are only a beginning."
    )
    prefix: str = option("", help="What stands before its weights' names in the generator.")


@dataclass(frozen=True)
class Taken:
    """What became of a checkpoint's weights.

    Attributes:
        taken: keys of the generator whose values are the checkpoint's.
        new: keys of the generator that the checkpoint has not, or in another shape.
        dropped: keys of the checkpoint that the generator has not, or in another shape.
        settings: of a checkpoint of the same model, what makes its generator another one, each as
            `generator.KEY: here → there`.
    """

    taken: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """Return a line for each kind."""
        kinds = (("taken", self.taken), ("new", self.new), ("dropped", self.dropped))
        told = [f"{kind} {len(keys)}: {_listed(keys)}" for kind, keys in kinds]
        if self.settings and len(self.taken) < len(self.new):
            told.append(
                f"Warning: most weights are new, since the settings differ from the checkpoint's "
                f"({'; '.join(self.settings)}); give --set to keep its network."
            )
        return told


@dataclass
class Beginning:
    """A `Start` found, and what it asks of the recipe's generator.

    Attributes:
        start: the checkpoint.
        config: settings that the generator has to have; empty: the recipe's own.
        scales: those that the checkpoint is of, where they are trained unless others are named.
    """

    start: Start
    config: Mapping[str, Any] = field(default_factory=dict)
    scales: tuple[int, ...] = ()


def find_start(
    reference: str,
    model: str,
    spec: ModelSpec,
    *,
    runs: Path = DEFAULT_RUNS,
    keep_network: bool = True,
) -> Beginning:
    """Return what `--from` means: what `--models` takes, or a name of the model's own weights.

    Args:
        reference: as a person gives it.
        model: the registered model that is trained.
        spec: its spec.
        runs: folder of runs.
        keep_network: is a network that only its file can tell (`scales` None) built as that says?

    Raises:
        SrtkError: nothing is found, or it has no weights.
    """
    if reference in {weights.name for weights in spec.weights}:
        reference = f"{model}:{reference}"
    elif spec.fallback and Path(reference).is_file() and is_foreign(Path(reference)):
        reference = f"{model}@{reference}"  # another model may know it too, and be asked first
    start = _start(reference, runs)[0]
    if spec.scales is not None or not keep_network:
        return Beginning(start)
    metadata = _read_metadata(Path(start.path), model)
    if registry().find("model", metadata.qualified) is not registry().find("model", model):
        return Beginning(start)
    return Beginning(start, dict(metadata.config), metadata.scales)


def find_growth(
    reference: str, model: str, spec: ModelSpec, *, runs: Path = DEFAULT_RUNS
) -> Beginning:
    """Return what `--grow-from` means: a generator to keep, and the settings that follow from it.

    Raises:
        ConfigError: the model does not grow, or not onto that one.
        SrtkError: nothing is found, or it has no weights.
    """
    if not spec.grows:
        raise ConfigError(
            f"The model '{model}' does not grow from scale to scale; --from takes the weights that "
            f"fit."
        )
    start, source = _start(reference, runs)
    metadata = read_metadata(Path(start.path))
    if metadata.role != "generator":
        raise CheckpointError(f"'{start.path}' holds a {metadata.role}, not a generator.")
    found = registry().find("model", metadata.qualified)
    if found is registry().find("model", model):
        config, prefix = metadata.config, ""
    elif spec.grow_onto:
        config, prefix = import_object(spec.grow_onto)(
            found.qualified, metadata.config, metadata.scales
        )
    else:
        raise ConfigError(
            f"'{model}' grows its own checkpoints alone, and {source} is of '{metadata.model}'."
        )
    kept = Start(path=start.path, sha256=start.sha256, scales=metadata.scales, prefix=prefix)
    return Beginning(kept, dict(config))


def take(generator: Generator, start: Start, model: str) -> Taken:
    """Give a generator, of the registered `model`, the weights that it begins from, in place.

    Raises:
        CheckpointError: the file is gone or another one, nothing in it fits, or it is to be grown
            on and does not fit whole.
    """
    path = Path(start.path)
    loaded, metadata = _load(path, model)
    if file_hash(path) != start.sha256:
        raise CheckpointError(
            f"'{path}' is not the checkpoint that this training was to begin from: its SHA-256 "
            f"differs. Restore it, or begin a new run."
        )
    theirs = {f"{start.prefix}{key}": value for key, value in loaded.state_dict().items()}
    taken = take_fitting(generator, theirs)
    if metadata.qualified == model:
        here, there = plain(generator.config), plain(loaded.config)
        taken = replace(taken, settings=tuple(differences(here, there, "generator")))
    if start.scales and taken.dropped:
        raise CheckpointError(
            f"'{path}' cannot be grown on: the generator has no place for "
            f"{_listed(taken.dropped)} of it; leave the generator's settings as they were."
        )
    if not taken.taken:
        raise CheckpointError(
            f"Nothing in '{path}' (model '{metadata.model}') fits this generator: no key has the "
            f"same name and shape. Give --from a checkpoint of the same model."
        )
    return taken


def take_discriminator(phase: Phase, discriminator: Discriminator, start: Start) -> bool:
    """Give a phase's discriminator the weights of the one beside the checkpoint, if it is the same.

    Returns:
        Was there one of the same model and settings, and may it be carried?

    Raises:
        CheckpointError: it cannot be read.
    """
    gan, path = phase.adversarial, Path(start.path).parent / "discriminator.safetensors"
    if gan is None or not gan.carry or not path.is_file():
        return False
    metadata, tensors = read_checkpoint(path, tensors=True)
    entry = registry().find("discriminator", gan.discriminator)
    if metadata.role != "discriminator" or metadata.qualified != entry.qualified:
        return False
    if metadata.config != plain(discriminator.config):
        return False
    discriminator.load_state_dict(dict(tensors))
    return True


def take_fitting(generator: Generator, weights: Mapping[str, Tensor]) -> Taken:
    """Give a generator the weights whose names and shapes fit, in place."""
    own = generator.state_dict()
    fitting = {
        key: value
        for key, value in weights.items()
        if key in own and own[key].shape == value.shape and own[key].dtype == value.dtype
    }
    generator.load_state_dict({**own, **fitting})
    return Taken(
        taken=tuple(fitting),
        new=tuple(key for key in own if key not in fitting),
        dropped=tuple(key for key in weights if key not in fitting),
    )


def _read_metadata(path: Path, model: str) -> Metadata:
    return read_metadata(path, model=model if is_foreign(path) else "")


def _load(path: Path, model: str) -> tuple[Generator, Metadata]:
    """Load a checkpoint; of another program's file, as `model` reads it if it does."""
    if is_foreign(path):
        try:
            return load_generator(path, model=model)
        except CheckpointError:
            pass  # weights of another model, of which some may fit
    return load_generator(path)


def _start(reference: str, runs: Path) -> tuple[Start, str]:
    located = locate(reference, runs=runs)
    if located.path is None:
        raise ConfigError(f"'{reference}' is a fixed method without weights to begin from.")
    path = located.path.resolve()
    return Start(path=str(path), sha256=file_hash(path)), located.source


def _listed(keys: tuple[str, ...]) -> str:
    """Return the keys, or the first ones and how many more there are."""
    shown = ", ".join(keys[:SHOWN])
    return (f"{shown} and {len(keys) - SHOWN} more" if len(keys) > SHOWN else shown) or "none"
