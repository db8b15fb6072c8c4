"""From a file to its generator: a checkpoint of ours, or another program's weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.checkpoint.building import build_generator
from sr_toolkit.checkpoint.files import is_foreign, read_checkpoint
from sr_toolkit.checkpoint.foreign import read_tensors
from sr_toolkit.checkpoint.metadata import Metadata
from sr_toolkit.checkpoint.recognizing import recognize
from sr_toolkit.errors import CheckpointError, SrtkError

if TYPE_CHECKING:
    from torch import Tensor

    from sr_toolkit.interfaces import Generator


def read_metadata(path: Path, *, model: str = "") -> Metadata:
    """Read a checkpoint's header alone; of another program's file, tell what it would be.

    Args:
        path: a checkpoint, or a file that a registered model recognizes.
        model: the model that a foreign file is said to be of; empty: ask all.

    Raises:
        CheckpointError: absent, truncated, holding more than weights, or known to no model.
    """
    if is_foreign(path):
        return _read_foreign(path, model, None)[0]
    return read_checkpoint(path)[0]


def _read_foreign(path: Path, model: str, scale: int | None) -> tuple[Metadata, dict[str, Tensor]]:
    found = recognize(read_tensors(path), str(path), model=model, scale=scale)
    return found.metadata(path.name), found.state


def _refuse_quantized(path: Path, own: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Refuse whole or complex numbers where the generator has real ones; torch would convert."""
    for key, value in tensors.items():
        if key in own and own[key].is_floating_point() and not value.is_floating_point():
            kind = str(value.dtype).removeprefix("torch.")
            raise CheckpointError(
                f"'{path}' holds '{key}' as {kind}, but weights are real numbers with a point; "
                f"take a file that was not quantized."
            )


def load_generator(
    path: Path, *, model: str = "", scale: int | None = None
) -> tuple[Generator, Metadata]:
    """Rebuild the generator that a checkpoint holds, in evaluation mode on the CPU.

    Args:
        path: a checkpoint written by `save`, or weights of another program that a registered model
            recognizes (`ModelSpec.read_keys`).
        model: the model name that was asked for; empty: any.
        scale: of a foreign file whose names fit several scales, the one that it is of.

    Raises:
        CheckpointError: unreadable, made by another model, or not fitting its own config.
        SrtkError: the model's plugin is missing or broken.
    """
    if is_foreign(path):
        metadata, tensors = _read_foreign(path, model, scale)
    else:
        metadata, tensors = read_checkpoint(path, tensors=True)
    if metadata.role != "generator":
        raise CheckpointError(f"'{path}' holds a {metadata.role}, not a generator.")
    name = metadata.qualified
    if model and model not in (metadata.model, name):
        raise CheckpointError(
            f"'{path}' was made by the model '{metadata.model}', not by '{model}'; name the file "
            f"alone, or '{metadata.model}@{path}'."
        )
    try:
        generator = build_generator(name, metadata.config, metadata.scales)
    except (SrtkError, ValueError) as error:  # a plugin may refuse settings by a ValueError
        cause = str(error).rstrip(".")
        raise CheckpointError(
            f"'{path}' needs the model '{metadata.model}' of {metadata.distribution} "
            f"{metadata.version}: {cause}."
        ) from None
    _refuse_quantized(path, generator.state_dict(), tensors)
    try:
        generator.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        detail = " ".join(str(error).split())
        detail = detail if len(detail) <= 240 else f"{detail[:240].rpartition(' ')[0]} …"
        raise CheckpointError(
            f"The weights in '{path}' do not fit the network that {metadata.distribution} builds "
            f"from their settings; they were made by other code of it ({metadata.version}): use "
            f"that one, or train again. {detail.rstrip('.')}."
        ) from None
    return generator.eval(), metadata
