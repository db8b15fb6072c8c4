"""The names that other programs give to the weights of SRGAN's generators.

- MSRResNet of BasicSR, whose names are ours: `conv_first`, `body.0.conv1`, `upconv1`, `conv_hr`,
  `conv_last`; before 2020 `recon_trunk` stood for `body`, and `HRconv` for `conv_hr`.
- SRResNet as most plain PyTorch implementations of the paper have it: `block1` to `block{n+3}` for
  n residual blocks, a bias in every convolution, and (tanh + 1) / 2 at the end; after the blocks a
  convolution with batch norm or, in the most used one, with PReLU.

A bias b before batch norm only shifts what the norm subtracts, so it goes into the running mean:
γ·((x + b) - μ)/σ + β = γ·(x - (μ - b))/σ + β.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sr_toolkit.api import CheckpointError
from srtk_srgan.config import GeneratorConfig

Shape = tuple[int, ...]
Read = tuple[dict[str, Any], tuple[int, ...], dict[str, Tensor]]
_SCALES = {(2,): 2, (3,): 3, (2, 2): 4, (2, 2, 2): 8}


@dataclass(frozen=True)
class Layer:
    """A layer's name with others and with us, and the shape of each of its tensors.

    `norm` is our name of the batch norm that takes the layer's bias, or empty.
    """

    theirs: str
    ours: str
    shapes: Mapping[str, Shape]
    norm: str = ""


def read_keys(tensors: Mapping[str, Tensor], *, scale: int | None = None) -> Read:
    """Return what another program's weights say about their network.

    Args:
        tensors: names to tensors, in one of the forms above.
        scale: the one expected; the shapes tell it.

    Returns:
        The generator's config in plain form, its scales, and the weights under our names.

    Raises:
        CheckpointError: neither network, or one that is not offered; says which names or shapes.
    """
    plain = "block1.0.weight" in tensors
    config, scales, state = _read_srresnet(tensors) if plain else _read_msrresnet(tensors)
    if scale not in (None, *scales):
        raise CheckpointError(f"This {config['variant']} is of ×{scales[0]}, not of ×{scale}.")
    return config, scales, state


def write_keys(state: Mapping[str, Tensor], config: GeneratorConfig) -> dict[str, Any]:
    """Return weights as others load them.

    MSRResNet: BasicSR's names, in `params_ema`. SRResNet with tanh: `block1` to `block{n+3}`.

    Raises:
        CheckpointError: SRResNet without tanh, which no program known to us has.
    """
    if config.variant == "msrresnet":
        return {"params_ema": dict(state)}
    if config.output != "tanh":
        raise CheckpointError(
            "Other programs end SRResNet by tanh, and would make another image of weights trained "
            "without; train with generator.output=tanh, or take an MSRResNet."
        )
    factors = _factors((state.get(f"upsample.{3 * n}.weight") for n in range(4)), config.features)
    written: dict[str, Tensor] = {}
    normed = config.merge == "norm"
    for layer in _srresnet(config.blocks, config.features, config.channels, factors, normed):
        for kind in layer.shapes:
            tensor = state.get(f"{layer.ours}.{kind}")
            if tensor is None:  # the bias that our convolutions before batch norm have not
                tensor = torch.zeros_like(state[f"{layer.norm}.running_mean"])
            written[f"{layer.theirs}.{kind}"] = tensor
    return written


def _read_msrresnet(tensors: Mapping[str, Tensor]) -> Read:
    named = {
        key.replace("recon_trunk.", "body.").replace("HRconv.", "conv_hr."): value
        for key, value in tensors.items()
    }
    blocks = max(1, _count(named, r"body\.(\d+)\."))
    width, channels = _head(named, "conv_first.weight", "MSRResNet")
    factors = _factors((named.get(f"upconv{number}.weight") for number in range(1, 5)), width)
    state = _taken(named, _msrresnet(blocks, width, channels, factors), "MSRResNet")
    config = {"variant": "msrresnet", "blocks": blocks, "features": width, "channels": channels}
    return config, (_SCALES[factors],), state


def _read_srresnet(tensors: Mapping[str, Tensor]) -> Read:
    blocks = max(1, _count(tensors, r"(block\d+)\.conv1\."))
    width, channels = _head(tensors, "block1.0.weight", "SRResNet")
    places = (f"block{blocks + 3}.{number}.conv.weight" for number in range(4))
    factors = _factors((tensors.get(place) for place in places), width)
    merge = tensors.get(f"block{blocks + 2}.1.weight")
    normed = merge is None or merge.numel() != 1  # PReLU has one weight for all channels
    layers = _srresnet(blocks, width, channels, factors, normed)
    # torch before 0.4.1 did not count batches.
    uncounted = {
        f"{layer.theirs}.num_batches_tracked": torch.zeros((), dtype=torch.long)
        for layer in layers
        if "num_batches_tracked" in layer.shapes
    }
    state = _taken({**uncounted, **tensors}, layers, "SRResNet")
    config = {
        "variant": "srresnet",
        "blocks": blocks,
        "features": width,
        "channels": channels,
        "output": "tanh",
        "merge": "norm" if normed else "prelu",
    }
    return config, (_SCALES[factors],), state


def _msrresnet(blocks: int, width: int, channels: int, factors: Iterable[int]) -> list[Layer]:
    layers = [_convolution("conv_first", "conv_first", channels, width)]
    for block in range(blocks):
        for name in (f"body.{block}.conv1", f"body.{block}.conv2"):
            layers.append(_convolution(name, name, width, width))
    for number, factor in enumerate(factors, start=1):
        name = f"upconv{number}"
        layers.append(_convolution(name, name, width, width * factor**2))
    layers.append(_convolution("conv_hr", "conv_hr", width, width))
    layers.append(_convolution("conv_last", "conv_last", width, channels))
    return layers


def _srresnet(
    blocks: int, width: int, channels: int, factors: tuple[int, ...], normed: bool
) -> list[Layer]:
    layers = [_convolution("block1.0", "head.0", channels, width, 9), _prelu("block1.1", "head.1")]
    for block in range(blocks):
        theirs, ours = f"block{block + 2}", f"body.{block}.layers"
        layers += [
            _convolution(f"{theirs}.conv1", f"{ours}.0", width, width, norm=f"{ours}.1"),
            _norm(f"{theirs}.bn1", f"{ours}.1", width),
            _prelu(f"{theirs}.prelu", f"{ours}.2"),
            _convolution(f"{theirs}.conv2", f"{ours}.3", width, width, norm=f"{ours}.4"),
            _norm(f"{theirs}.bn2", f"{ours}.4", width),
        ]
    merge, last = f"block{blocks + 2}", f"block{blocks + 3}"
    layers += [
        _convolution(f"{merge}.0", "merge.0", width, width, norm="merge.1" if normed else ""),
        _norm(f"{merge}.1", "merge.1", width) if normed else _prelu(f"{merge}.1", "merge.1"),
    ]
    for step, factor in enumerate(factors):
        ours = f"upsample.{3 * step}"
        layers.append(_convolution(f"{last}.{step}.conv", ours, width, width * factor**2))
        layers.append(_prelu(f"{last}.{step}.prelu", f"upsample.{3 * step + 2}"))
    layers.append(_convolution(f"{last}.{len(factors)}", "tail", width, channels, 9))
    return layers


def _convolution(
    theirs: str, ours: str, inputs: int, outputs: int, side: int = 3, *, norm: str = ""
) -> Layer:
    shapes = {"weight": (outputs, inputs, side, side), "bias": (outputs,)}
    return Layer(theirs, ours, shapes, norm)


def _norm(theirs: str, ours: str, width: int) -> Layer:
    shapes: dict[str, Shape] = dict.fromkeys(
        ("weight", "bias", "running_mean", "running_var"), (width,)
    )
    return Layer(theirs, ours, {**shapes, "num_batches_tracked": ()})


def _prelu(theirs: str, ours: str) -> Layer:
    return Layer(theirs, ours, {"weight": (1,)})


def _count(names: Iterable[str], pattern: str) -> int:
    """Return how many different words the pattern's group matches."""
    return len({match[1] for name in names if (match := re.match(pattern, name))})


def _head(tensors: Mapping[str, Tensor], name: str, network: str) -> tuple[int, int]:
    """Return the features and image channels that the first convolution has."""
    if name not in tensors:
        first = next(iter(tensors), "nothing")
        raise CheckpointError(
            f"This is neither MSRResNet nor SRResNet: it begins with '{first}', and "
            f"'conv_first.weight' or 'block1.0.weight' was expected."
        )
    shape = tuple(tensors[name].shape)
    if len(shape) != 4:
        raise CheckpointError(f"This is no {network}: '{name}' has the shape {shape}.")
    return shape[0], shape[1]


def _factors(weights: Iterable[Tensor | None], width: int) -> tuple[int, ...]:
    """Return the factor of each sub-pixel step, from the weights of its convolution."""
    squares = [(*weight.shape, 0)[0] / width for weight in weights if weight is not None]
    factors = tuple({4: 2, 9: 3}.get(square, 0) for square in squares)
    if factors not in _SCALES:
        raise CheckpointError(
            f"This network enlarges in {len(squares)} steps, each to {squares} times the features; "
            f"offered are one step of 4 or 9, and two or three of 4."
        )
    return factors


def _taken(
    tensors: Mapping[str, Tensor], layers: Iterable[Layer], network: str
) -> dict[str, Tensor]:
    """Return the tensors under our names, or refuse names and shapes that differ."""
    expected = {
        f"{layer.theirs}.{kind}": shape for layer in layers for kind, shape in layer.shapes.items()
    }
    missing = [name for name in expected if name not in tensors]
    foreign = [name for name in tensors if name not in expected]
    if missing or foreign:
        parts = [
            f"{word} '{names[0]}'" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
            for word, names in (("unexpected", foreign), ("missing", missing))
            if names
        ]
        raise CheckpointError(f"This is no {network}: {'; '.join(parts)}.")
    for name, shape in expected.items():
        found = tuple(tensors[name].shape)
        if found != shape:
            raise CheckpointError(
                f"This is no {network}: '{name}' has the shape {found} where {shape} was expected."
            )
    state = {
        f"{layer.ours}.{kind}": tensors[f"{layer.theirs}.{kind}"]
        for layer in layers
        for kind in layer.shapes
        if not (layer.norm and kind == "bias")
    }
    for layer in layers:
        if layer.norm:
            mean = f"{layer.norm}.running_mean"
            state[mean] = state[mean] - tensors[f"{layer.theirs}.bias"]
    return state
