"""From what people write, `set5`, `sample`, `folder:PATH`, to prepared datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from sr_toolkit.config import validate
from sr_toolkit.data.files import Joined, Subset, origins, seeded_split
from sr_toolkit.errors import ConfigError, DataError, UnknownNameError
from sr_toolkit.interfaces import Dataset
from sr_toolkit.registry import import_object, registry

VALIDATION_SHARE = 0.1


def open_dataset(reference: str, roots: Sequence[Path]) -> Dataset:
    """Return the dataset that `[dist::]NAME[:ARGUMENT]` means, found below `roots`.

    The argument fills the first field of the dataset's config: `folder:PATH`, `sample:train`.

    Raises:
        UnknownNameError: no dataset of that name.
        ConfigError: an argument that the dataset does not take.
        DataError: the set is absent or empty.
    """
    distribution, separator, rest = reference.rpartition("::")
    if ":" in distribution:  # a path with '::' in it
        distribution, separator, rest = "", "", reference
    name, _, argument = rest.partition(":")
    try:
        spec = registry().component("dataset", f"{distribution}{separator}{name}")
    except UnknownNameError as error:
        hint = f"For a folder write folder:{reference}." if Path(reference).exists() else ""
        raise UnknownNameError("dataset", name, error.known, hint) from None
    config_class = import_object(spec.config)
    fields = [field.name for field in dataclasses.fields(config_class)]
    if argument and not fields:
        raise ConfigError(f"The dataset '{name}' takes no argument (received '{argument}').")
    settings = validate(config_class, {fields[0]: argument} if argument else {}, where=name)
    dataset: Dataset = import_object(spec.factory)(settings)
    dataset.prepare(roots)
    return dataset


def pinned(reference: str) -> str:
    """Return a reference whose path, if it has one, is absolute: it then means the same anywhere.

    A dataset takes a path where the first field of its config is called `path`.

    Raises:
        UnknownNameError, PluginError: as `open_dataset`.
    """
    name, colon, argument = reference.partition(":") if "::" not in reference else ("", "", "")
    if not colon or not argument or name not in registry().names("dataset"):
        return reference
    config_class = import_object(registry().component("dataset", name).config)
    fields = [field.name for field in dataclasses.fields(config_class)]
    if not fields or fields[0] != "path":
        return reference
    return f"{name}:{Path(argument).expanduser().resolve()}"


def open_training(
    data: Sequence[str], val: Sequence[str], roots: Sequence[Path], seed: int
) -> tuple[Dataset, Dataset]:
    """Return (training, validation): the sets' own parts, else a seeded split of one tenth.

    Raises:
        DataError: a set is absent, or too small to be split.
    """
    opened = [open_dataset(reference, roots) for reference in data]
    if val:
        held = [open_dataset(reference, roots) for reference in val]
        return join([part.training_part() for part in opened]), join(held)
    own = [part.validation_part() for part in opened]
    parts = [part for part in own if part is not None]
    if len(parts) == len(opened):
        return join([part.training_part() for part in opened]), join(parts)
    return _split(data, [part.training_part() for part in opened], seed)


def _split(data: Sequence[str], opened: Sequence[Dataset], seed: int) -> tuple[Dataset, Dataset]:
    """Split off a tenth; a set named several times loses the same images each time."""
    distinct = list(dict.fromkeys(data))
    if len(distinct) == len(data):
        return seeded_split(join(opened), VALIDATION_SHARE, seed)
    once = Joined([opened[data.index(name)] for name in distinct])
    train, held = seeded_split(once, VALIDATION_SHARE, seed)
    assert isinstance(train, Subset)
    firsts = [origins(once).index(number) for number in range(len(distinct))]
    shares: list[Dataset] = []
    for number, (part, first) in enumerate(zip(once.parts, firsts, strict=True)):
        own = [i - first for i in train.indices if origins(once)[i] == number]
        shares.append(Subset(part, own, f"{part.name} (training split)"))
    return join([shares[distinct.index(name)] for name in data]), held


def is_present(reference: str, roots: Sequence[Path]) -> bool:
    """Can the dataset be opened here?"""
    try:
        open_dataset(reference, roots).training_part()
    except DataError:
        return False
    return True


def join(parts: Sequence[Dataset]) -> Dataset:
    """Return several sets as one; a single one as it is."""
    return parts[0] if len(parts) == 1 else Joined(parts)
