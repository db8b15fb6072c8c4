"""Whose weights are these? Every model that reads others' files is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sr_toolkit.checkpoint.metadata import Metadata
from sr_toolkit.errors import CheckpointError, PluginError
from sr_toolkit.registry import Entry, import_object, registry
from sr_toolkit.spec import ModelSpec

if TYPE_CHECKING:
    from torch import Tensor

_CAUSE = 200  # characters of what one model says


@dataclass(frozen=True)
class Recognized:
    """A model with what its `read_keys` made of foreign weights."""

    entry: Entry
    config: Mapping[str, Any]
    scales: tuple[int, ...]
    state: dict[str, Tensor]

    def metadata(self, name: str) -> Metadata:
        """Return the header that such a file would have; `name` is the file's."""
        return Metadata(
            model=self.entry.name,
            distribution=self.entry.distribution,
            version=self.entry.version,
            config=self.config,
            scales=self.scales,
            origin=f"read from {name}, a file of another program",
        )


def recognize(
    tensors: Mapping[str, Tensor], name: str, *, model: str = "", scale: int | None = None
) -> Recognized:
    """Return the one model that knows these names and shapes.

    Args:
        tensors: as `read_tensors` returns them.
        name: the file's, for errors.
        model: ask this one alone; empty: all.
        scale: the one that the weights are of, where their names fit several.

    Raises:
        CheckpointError: none knows them, or several do.
        UnknownNameError, PluginError: `model` is not there or out of order.
    """
    asked = [registry().find("model", model)] if model else registry().entries("model")
    if model:
        asked[0].require()
    found: list[Recognized] = []
    refusals: list[str] = []
    for entry, spec in _in_turn(asked):
        if spec.fallback and found:
            break
        if not (spec.read_keys or model):
            continue
        try:
            found.append(_read(entry, spec, tensors, scale))
        except CheckpointError as error:
            refusals.append(f"{_shown(entry)} says: {_short(error)}")
    if len(found) > 1:
        names = " or ".join(f"'{_shown(one.entry)}@{name}'" for one in found)
        raise CheckpointError(f"Several models know the weights in '{name}'; write {names}.")
    if not found:
        remedy = "or install the plugin of its network"
        if model:
            remedy = "or name the file alone, so that every installed model is asked"
        said = "; ".join(refusals) or "no installed model reads files of other programs"
        raise CheckpointError(
            f"'{name}' is no checkpoint of sr-toolkit, and its weights are not taken: {said}. "
            f"Check --scale, {remedy}."
        )
    return found[0]


def _in_turn(asked: Iterable[Entry]) -> list[tuple[Entry, ModelSpec]]:
    """Return the sound models, bridges last."""
    loaded = [(entry, entry.loaded.spec) for entry in asked]
    sound = [(entry, spec) for entry, spec in loaded if isinstance(spec, ModelSpec)]
    return sorted(sound, key=lambda pair: pair[1].fallback)


def _read(
    entry: Entry, spec: ModelSpec, tensors: Mapping[str, Tensor], scale: int | None
) -> Recognized:
    if not spec.read_keys:
        raise CheckpointError("it reads no files of other programs")
    try:
        config, scales, state = import_object(spec.read_keys)(tensors, scale=scale)
        return Recognized(entry, dict(config), tuple(scales), dict(state))
    except CheckpointError:
        raise
    except PluginError as error:  # one broken plugin must not hide the others
        raise CheckpointError(str(error)) from None
    except Exception as error:  # a plugin's code may raise anything
        raise CheckpointError(f"it failed by {type(error).__name__}: {error}") from error


def _shown(entry: Entry) -> str:
    return entry.qualified if entry.conflicts else entry.name


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text if len(text) <= _CAUSE else f"{text[:_CAUSE].rstrip()}…"
