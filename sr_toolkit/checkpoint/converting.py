"""From another program's weights to a checkpoint of ours, and from ours to what others load."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.checkpoint.files import file_hash, is_foreign, to_bytes
from sr_toolkit.checkpoint.loading import load_generator
from sr_toolkit.checkpoint.metadata import Metadata
from sr_toolkit.config import plain
from sr_toolkit.errors import CheckpointError, OutputError
from sr_toolkit.files import atomic_path, refuse_existing
from sr_toolkit.registry import import_object, registry

if TYPE_CHECKING:
    from torch import Tensor

    from sr_toolkit.interfaces import Generator

OURS = ".safetensors"
OTHERS = (".pth", ".pt", ".ckpt", ".bin")
_SIDE = 16  # of the LR that the check runs on


def convert(
    source: Path,
    target: Path,
    *,
    model: str = "",
    scale: int | None = None,
    overwrite: bool = False,
) -> tuple[Generator, Metadata]:
    """Convert weights, and check that they give the same image before the file is kept.

    Args:
        source: another program's file, or a checkpoint of ours.
        target: `.safetensors` for a checkpoint of ours; `.pth`, `.pt`, `.ckpt` or `.bin` for the
            form that other programs load, by the model's `write_keys`.
        model: the model that the file is of; empty: the one that recognizes it.
        scale: the scale that a foreign file is of, where its names fit several.
        overwrite: may `target` be replaced?

    Returns:
        The generator and what its checkpoint says, or would say.

    Raises:
        CheckpointError: unreadable, recognized by none, not to be written, or other when read back.
        OutputError: another suffix, or `target` is there, or cannot be written.
    """
    _refuse_target(source, target, overwrite)
    generator, metadata = load_generator(source, model=model, scale=scale)
    if scale not in (None, *generator.scales):
        offered = ", ".join(f"×{one}" for one in generator.scales)
        raise CheckpointError(f"'{source}' is of {offered}, not of ×{scale}; leave --scale out.")
    if is_foreign(source):
        origin = f"converted from {source.name}, sha256 {file_hash(source)}"
        metadata = dataclasses.replace(metadata, config=plain(generator.config), origin=origin)
    elif target.suffix.lower() == OURS:
        raise CheckpointError(
            f"'{source}' is a checkpoint of sr-toolkit already; name an OUT that ends in "
            f"{OTHERS[0]} to write it for other programs."
        )
    ours = target.suffix.lower() == OURS
    data = to_bytes(generator.state_dict(), metadata) if ours else _for_others(generator, metadata)
    with atomic_path(target, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)
        _check(temporary, generator, metadata, target)
    return generator, metadata


def variant(metadata: Metadata) -> str:
    """Return the name of the model's variant that has exactly this config, or an empty string."""
    spec = registry().model(metadata.qualified)
    defaults = plain(import_object(spec.config)())
    config = {**defaults, **metadata.config}
    found = [n for n, changes in spec.variants.items() if {**defaults, **changes} == config]
    return found[0] if found else ""


def _refuse_target(source: Path, target: Path, overwrite: bool) -> None:
    if target.suffix.lower() not in (OURS, *OTHERS):
        raise OutputError(
            f"Weights are written as {OURS}, or for other programs as {', '.join(OTHERS)}, not as "
            f"'{target.name}'; give OUT one of these suffixes."
        )
    if target.resolve() == source.resolve():
        raise OutputError(f"'{target}' is the file that is read; give another OUT.")
    if not overwrite:
        refuse_existing(target)


def _for_others(generator: Generator, metadata: Metadata) -> bytes:
    import torch

    spec = registry().model(metadata.qualified)
    if not spec.write_keys:
        raise CheckpointError(
            f"The model '{metadata.model}' does not say how other programs name its weights, so "
            f"that its checkpoints cannot be converted for them."
        )
    state = {key: value.detach().cpu() for key, value in generator.state_dict().items()}
    written: dict[str, Any] = import_object(spec.write_keys)(state, generator.config)
    stream = io.BytesIO()  # torch.save would write the temporary file's name into a path
    torch.save(written, stream)
    return stream.getvalue()


def _check(path: Path, generator: Generator, metadata: Metadata, target: Path) -> None:
    """Refuse a file that does not give the generator's image."""
    import torch

    only = generator.scales[0] if len(generator.scales) == 1 else None
    again, _ = load_generator(path, model=metadata.qualified, scale=only)
    side = _SIDE + -_SIDE % generator.size_multiple
    shape = (1, generator.channels[0], side, side)
    lr = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    drawn = {} if generator.deterministic else {"seed": 0}
    with torch.inference_mode():
        pairs: list[tuple[Tensor, Tensor]] = [
            (generator(lr, scale, **drawn), again(lr, scale, **drawn)) for scale in generator.scales
        ]
    if not all(torch.allclose(*pair, rtol=0, atol=0, equal_nan=True) for pair in pairs):
        raise CheckpointError(
            f"'{target}' was not written: read back, its weights give another image. Report this "
            f"to the authors of {metadata.distribution} {metadata.version}."
        )
