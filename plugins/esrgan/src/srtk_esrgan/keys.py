"""The names that RRDBNet's weights have borne, and the settings that can be read from them.

Three forms are in use.

- BasicSR's, and ours: `conv_first`, `body.0.rdb1.conv1`, `conv_body`, `conv_up1`, `conv_hr`,
  `conv_last`.
- That of 2019 (ESRGAN's second code, BSRGAN, RealSR): `RRDB_trunk.0.RDB1.conv1`, `trunk_conv`,
  `upconv1`, `HRconv`.
- That of 2018 (most models that people share): `model.0`, `model.1.sub.0.RDB1.conv1.0`, and places
  in a list of layers for the rest.

Pure functions on mappings of names to anything with a `shape`; nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sr_toolkit.api import CheckpointError

_BLOCK = re.compile(
    r"(?:body|RRDB_trunk|model\.1\.sub)\.(\d+)\.(?:rdb|RDB)(\d)\.conv(\d|1x1)(?:\.0)?"
)
_PLACE = re.compile(r"model\.(\d+)")
_TRUNK_END = re.compile(r"model\.1\.sub\.\d+")
_UPSAMPLING = re.compile(r"(?:conv_up|upconv)(\d)")
_OTHERS = {
    "trunk_conv": "conv_body",
    "HRconv": "conv_hr",
    "model.0": "conv_first",
    **{name: name for name in ("conv_first", "conv_body", "conv_hr", "conv_last")},
}
_STEPS = {0: 1, 1: 2, 2: 4, 3: 8}  # upsampling steps to the factor of all


def read_keys(
    tensors: Mapping[str, Any], *, scale: int | None = None
) -> tuple[dict[str, Any], tuple[int, ...], dict[str, Any]]:
    """Return what a published file's weights say about their network.

    Args:
        tensors: names to tensors, in any of the forms above.
        scale: 3 for a network whose one upsampling step is of factor 3, which looks like one of
            factor 2; None: by the names.

    Returns:
        The generator's config in plain form, its scales, and the same tensors under our names.

    Raises:
        CheckpointError: no RRDBNet, or one that is not offered; says which names or shapes.
    """
    ours, foreign = _named(tensors)
    blocks = len({key.split(".")[1] for key in ours if key.startswith("body.")})
    steps = len({key.split(".")[0] for key in ours if key.startswith("conv_up")})
    plus = any(".conv1x1." in key for key in ours)
    expected = _shapes(max(blocks, 1), steps, 1, 1, 1, 1, plus)  # its names alone
    missing = [name for name in expected if name not in ours]
    foreign += [key for name, key in ours.items() if name not in expected]
    if missing or foreign:
        raise CheckpointError(_unlike(missing, foreign))
    shapes = {name: tuple(tensors[key].shape) for name, key in ours.items()}
    heads = [shapes[f"{name}.weight"] for name in ("conv_first", "body.0.rdb1.conv1", "conv_last")]
    if any(len(shape) != 4 for shape in heads):
        raise CheckpointError(f"This is no RRDBNet: its convolutions have the shapes {heads}.")
    (width, folded, *_), (growth, *_), (channels, *_) = heads
    for name, shape in _shapes(blocks, steps, width, growth, channels, folded, plus).items():
        if shapes[name] != shape:
            raise CheckpointError(
                f"This is no RRDBNet: '{ours[name]}' has the shape {shapes[name]} where {shape} "
                f"was expected."
            )
    served, unshuffle = _scale(folded, channels, steps, scale)
    config = {
        "blocks": blocks,
        "features": width,
        "growth": growth,
        "channels": channels,
        "unshuffle": unshuffle,
        "plus": plus,
    }
    return config, (served,), {name: tensors[ours[name]] for name in expected}


def write_keys(state: Mapping[str, Any], config: object) -> dict[str, dict[str, Any]]:
    """Return weights in the form that BasicSR and Real-ESRGAN load: their names, in `params_ema`.

    BasicSR itself builds ×4, and ×2 and ×1 with folded pixels; other libraries count the steps.

    Args:
        state: the generator's, under our names.
        config: its settings; the names tell them.
    """
    return {"params_ema": dict(state)}


def _named(keys: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return our names to those in the file, and what has no name of ours."""
    keys = list(keys)
    last = max((int(m[1]) for key in keys if (m := _PLACE.match(key))), default=0)
    ours: dict[str, str] = {}
    foreign = []
    for key in keys:
        layer, _, kind = key.rpartition(".")
        name = _name(layer, last)
        if not name or f"{name}.{kind}" in ours:
            foreign.append(key)
        else:
            ours[f"{name}.{kind}"] = key
    return ours, foreign


def _name(layer: str, last: int) -> str:
    """Return our name of a layer, or an empty string.

    In the form of 2018, each upsampling step takes three places (enlarging, convolution,
    activation) from 2 on; then come a convolution, an activation and, at place `last`, the last
    convolution.
    """
    if match := _BLOCK.fullmatch(layer):
        block, dense, convolution = match.groups()
        return f"body.{int(block)}.rdb{dense}.conv{convolution}"
    if match := _UPSAMPLING.fullmatch(layer):
        return f"conv_up{match[1]}"
    if _TRUNK_END.fullmatch(layer):
        return "conv_body"
    if layer in _OTHERS:
        return _OTHERS[layer]
    match = _PLACE.fullmatch(layer)
    if match and (last - 4) % 3 == 0:
        place = int(match[1])
        if place == last:
            return "conv_last"
        if place == last - 2:
            return "conv_hr"
        return f"conv_up{place // 3}" if place % 3 == 0 else ""
    return ""


def _shapes(
    blocks: int, steps: int, width: int, growth: int, channels: int, folded: int, plus: bool
) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor of the network."""
    planes = {"conv_first": (width, folded)}
    for block in range(blocks):
        for dense in (1, 2, 3):
            for number in (1, 2, 3, 4, 5):
                name = f"body.{block}.rdb{dense}.conv{number}"
                inputs = width + (number - 1) * growth
                planes[name] = (growth if number < 5 else width, inputs)
    inner = ["conv_body", *(f"conv_up{step}" for step in range(1, steps + 1)), "conv_hr"]
    planes |= dict.fromkeys(inner, (width, width))
    planes["conv_last"] = (channels, width)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (outputs, inputs) in planes.items():
        shapes[f"{name}.weight"] = (outputs, inputs, 3, 3)
        shapes[f"{name}.bias"] = (outputs,)
    for block in range(blocks if plus else 0):
        for dense in (1, 2, 3):
            shapes[f"body.{block}.rdb{dense}.conv1x1.weight"] = (growth, width, 1, 1)
    return shapes


def _scale(folded: int, channels: int, steps: int, wished: int | None) -> tuple[int, bool]:
    """Return the scale, and whether pixels are folded into channels."""
    side = {channels: 1, 4 * channels: 2, 16 * channels: 4}.get(folded, 0)
    if side == 1 and steps in _STEPS:
        scale = _STEPS[steps]
    elif side in (2, 4) and steps == 2:
        scale = 4 // side
    else:
        raise CheckpointError(
            f"This RRDBNet takes {folded} channels, gives {channels} and enlarges in {steps} "
            f"steps; offered are as many channels in as out with at most 3 steps, and 4 or 16 "
            f"times as many in with 2."
        )
    if wished is None or wished == scale:
        return scale, scale > 2 or side > 1  # from ×3 on there is no choice
    if (wished, side, steps) == (3, 1, 1):
        return 3, True
    raise CheckpointError(f"This RRDBNet is of ×{scale}, not of ×{wished}.")


def _unlike(missing: list[str], foreign: list[str]) -> str:
    """Return the sentence on names that do not fit."""
    parts = [
        f"{what} {', '.join(repr(name) for name in names[:3])}"
        + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        for what, names in (("unexpected", foreign), ("missing", missing))
        if names
    ]
    return f"This is no RRDBNet: {'; '.join(parts)}."
