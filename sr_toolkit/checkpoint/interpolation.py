"""Network interpolation: a generator between two others, weight by weight.

Wang et al.: ESRGAN, ECCV Workshops 2018, section 3.4:
θ = (1 - α)·θ_A + α·θ_B, where A was trained on pixels, and B is A, trained further by a
GAN's losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.checkpoint.files import file_hash
from sr_toolkit.checkpoint.metadata import Metadata
from sr_toolkit.config import plain
from sr_toolkit.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

    from sr_toolkit.interfaces import Generator

_SHOWN = 3  # differences that an error names


@dataclass(frozen=True)
class End:
    """One of the two: what it is called, its file, its generator and what that says of itself."""

    label: str
    path: Path
    generator: Generator
    metadata: Metadata

    @property
    def origin(self) -> str:
        """The end's name and its file's SHA-256."""
        return f"{self.label} (sha256 {file_hash(self.path)})"


def refuse_unlike(first: End, second: End) -> None:
    """Refuse two generators that are not one network.

    Raises:
        CheckpointError: another model, config or scale; names what differs.
    """
    one, two = (_identity(end) for end in (first, second))
    if differing := _differences(one, two):
        raise CheckpointError(
            f"Only weights of one network can be interpolated; '{first.label}' and "
            f"'{second.label}' differ in {differing}."
        )


def interpolate(
    first: Mapping[str, Tensor], second: Mapping[str, Tensor], alpha: float
) -> dict[str, Tensor]:
    """Return (1 - α)·first + α·second, name by name; at 0 and 1 the ends, bit for bit.

    Whole numbers, such as batch norm's count of batches, are the second's, at 0 the first's.

    Raises:
        CheckpointError: other names or shapes in the one than in the other.
        ValueError: α is not in [0, 1].
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be in [0, 1], received {alpha}")
    shapes = [{key: tuple(value.shape) for key, value in end.items()} for end in (first, second)]
    if differing := _differences(*shapes):
        raise CheckpointError(
            f"Only weights of one network can be interpolated; these differ in {differing}."
        )
    if alpha in (0, 1):  # the sum would lose signs of zeros
        return {key: value.clone() for key, value in (second if alpha else first).items()}
    return {
        key: (1 - alpha) * value + alpha * second[key]
        if value.is_floating_point()
        else second[key].clone()
        for key, value in first.items()
    }


def header(first: End, second: End, alpha: float) -> Metadata:
    """Return what the interpolated checkpoint says about itself.

    Licenses and data of both stand in it; how they were trained is told by their own files.
    """
    ends = (first.metadata, second.metadata)
    return Metadata(
        model=ends[1].model,
        distribution=ends[1].distribution,
        version=ends[1].version,
        config=plain(second.generator.config),
        scales=second.generator.scales,
        data=_both(*(end.data for end in ends)),
        data_terms=_both(*(end.data_terms for end in ends)),
        license=_both(*(end.license for end in ends)),
        origin=f"interpolated: {1 - alpha:g} of {first.origin}, {alpha:g} of {second.origin}",
    )


def _both(one: str, two: str) -> str:
    return one if one == two else f"{one or 'unstated'} and {two or 'unstated'}"


def _identity(end: End) -> dict[str, object]:
    config = {f"generator.{key}": value for key, value in plain(end.generator.config).items()}
    return {
        "model": end.metadata.qualified,
        **config,
        "scales": ",".join(map(str, end.generator.scales)),
    }


def _differences(one: Mapping[str, object], two: Mapping[str, object]) -> str:
    """Return `key: value against value` of the first keys that differ, or an empty string."""
    keys = [key for key in {**one, **two} if one.get(key) != two.get(key)]
    shown = [f"{key}: {one.get(key, 'none')} against {two.get(key, 'none')}" for key in keys]
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
