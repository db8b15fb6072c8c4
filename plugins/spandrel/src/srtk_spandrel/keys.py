"""Somebody's weights to a config and weights of ours, and back to the names that others load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import spandrel
from spandrel import UnsupportedModelError

from sr_toolkit.api import CheckpointError
from srtk_spandrel.facts import remember
from srtk_spandrel.library import EXTRA, architectures, has_extra, network_of, quiet
from srtk_spandrel.parameters import plain_parameters

PREFIX = "network."
"""What stands before the network's own names in the generator's."""


def read_keys(
    tensors: Mapping[str, Any], *, scale: int | None = None
) -> tuple[dict[str, Any], tuple[int, ...], dict[str, Any]]:
    """Return what spandrel finds in a file's weights.

    Args:
        tensors: names to tensors, as the network's authors or spandrel's know them.
        scale: the one that they must be of; None: any.

    Returns:
        The generator's config in plain form, complete, its scale, and its weights.

    Raises:
        CheckpointError: no architecture has these names, they do not fit it, or it is not served.
    """
    try:
        with quiet():
            descriptor = architectures().load(dict(tensors))
    except UnsupportedModelError:
        more = "" if has_extra() else f"; the package {EXTRA} has more, of restricted use"
        raise CheckpointError(
            f"none of the {len(architectures())} architectures of spandrel {spandrel.__version__} "
            f"has these names{more}"
        ) from None
    except Exception as error:  # spandrel asserts and indexes its way through names and shapes
        detail = " ".join(str(error).split())[:120]
        raise CheckpointError(
            f"spandrel takes an architecture for known, and fails by {type(error).__name__}: "
            f"{detail}"
        ) from error
    _refuse_quantized(tensors, descriptor.model.state_dict())
    network = network_of(descriptor.model)
    facts = remember(network, descriptor)
    if scale not in (None, facts.scale):
        raise CheckpointError(f"This {network.name} is of ×{facts.scale}, not of ×{scale}.")
    config = {
        "architecture": network.name,
        "parameters": plain_parameters(network, descriptor.model),
    }
    state = {f"{PREFIX}{key}": value for key, value in descriptor.model.state_dict().items()}
    return config, (facts.scale,), state


def _refuse_quantized(tensors: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Refuse whole numbers where the network has real ones: spandrel has converted them already."""
    for key, value in tensors.items():
        buffer = key in own and not own[key].is_floating_point()
        if not (value.is_floating_point() or value.ndim == 0 or buffer):
            kind = str(value.dtype).removeprefix("torch.")
            raise CheckpointError(
                f"it holds '{key}' as {kind}, but weights are real numbers with a point; take a "
                f"file that was not quantized"
            )


def write_keys(state: Mapping[str, Any], config: object) -> dict[str, dict[str, Any]]:
    """Return weights under the network's own names, in `params_ema`, as spandrel and others load.

    Args:
        state: the generator's.
        config: its settings, which these names tell as far as spandrel can.
    """
    return {"params_ema": {key.removeprefix(PREFIX): value for key, value in state.items()}}
