"""What is to be known of a network before it runs, from spandrel's descriptor of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from spandrel import (
    ImageModelDescriptor,
    MaskedImageModelDescriptor,
    ModelTiling,
    SizeRequirements,
)
from torch import Tensor, nn

from sr_toolkit.api import CheckpointError, ConfigError
from srtk_spandrel.library import Network, quiet
from srtk_spandrel.parameters import plain_parameters

RANDOM = ("AuraSR", "GFPGAN")
"""Networks that draw noise for each image."""

ALONE = ("SeemoRe",)
"""Networks that go wrong on several images at a time, unless they train."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Facts:
    """What spandrel says of a network.

    Attributes:
        scale: ratio of SR to LR.
        channels: of the image, in and out.
        sizes: which LR sizes the network takes; others are padded.
        tiled: may an image be cut into tiles, as far as spandrel says?
        purpose: SR, FaceSR or Restoration.
        tags: of its size, such as 64nf.
        call: runs the network on a batch of one image.
        batches: does it run on more than one image at a time?
        learns_in_batches: does it in training?
    """

    scale: int
    channels: tuple[int, int]
    sizes: SizeRequirements
    tiled: bool
    purpose: str
    tags: tuple[str, ...]
    call: Callable[[nn.Module, Tensor], Tensor]
    batches: bool
    learns_in_batches: bool


def known(network: Network, model: nn.Module) -> Facts:
    """Return what spandrel finds out about a built network, from its weights' names and shapes.

    Raises:
        ConfigError: spandrel does not take what these parameters make, or the toolkit does not.
    """
    key = _key(network, model)
    if key not in _KNOWN:
        # A second network is built on the way; the first one's random weights must not hang on it.
        with torch.random.fork_rng(devices=[]), torch.device("cpu"), quiet():
            weights = {name: _on_cpu(value) for name, value in model.state_dict().items()}
            try:
                descriptor = network.architecture.load(weights)
            except Exception as error:  # spandrel asserts and indexes its way through the shapes
                raise ConfigError(
                    f"spandrel cannot make a {network.name} of these parameters: "
                    f"{type(error).__name__}: {error}."
                ) from error
        try:
            _KNOWN[key] = served(network, descriptor)
        except CheckpointError as error:
            raise ConfigError(str(error)) from None
    return _KNOWN[key]


def remember(network: Network, descriptor: Any) -> Facts:
    """Return and keep what a loaded file's descriptor says.

    Raises:
        CheckpointError: a network that cannot be served here; says why.
    """
    facts = served(network, descriptor)
    _KNOWN[_key(network, descriptor.model)] = facts
    return facts


def served(network: Network, descriptor: Any) -> Facts:
    """Return what a descriptor says; refuse what no image alone can be put through."""
    if isinstance(descriptor, MaskedImageModelDescriptor):
        raise CheckpointError(
            f"{network.name} fills in what a mask marks (inpainting), and there is no mask here; "
            f"take a network that makes an image from an image."
        )
    assert isinstance(descriptor, ImageModelDescriptor)
    channels = (descriptor.input_channels, descriptor.output_channels)
    if channels not in ((1, 1), (3, 3)):
        raise CheckpointError(
            f"This {network.name} takes {channels[0]} image channels and gives {channels[1]}; "
            f"served are 3 (RGB) or 1 (gray), as many in as out."
        )
    call = descriptor._call_fn  # the descriptor itself clamps, and lets no gradient through
    direct = call.__module__ == ImageModelDescriptor.__module__  # else for one image, as it says
    return Facts(
        scale=descriptor.scale,
        channels=channels,
        sizes=descriptor.size_requirements,
        tiled=descriptor.tiling is ModelTiling.SUPPORTED,
        purpose=descriptor.purpose,
        tags=tuple(descriptor.tags),
        call=call,
        batches=direct and network.name not in ALONE,
        learns_in_batches=direct,
    )


_KNOWN: dict[Key, Facts] = {}


def _key(network: Network, model: nn.Module) -> Key:
    return network.name, json.dumps(plain_parameters(network, model), sort_keys=True)


def _on_cpu(value: Tensor) -> Tensor:
    return torch.zeros_like(value, device="cpu") if value.is_meta else value.detach().cpu().clone()
