"""The resume state: any tree of tensors and plain data in one safetensors file, written atomically.

Tensors go into the file as such; the tree around them is JSON in its header. Nothing is pickled.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sr_toolkit.errors import CheckpointError
from sr_toolkit.files import atomic_path

FORMAT = "sr-toolkit-state/1"


def save_state(path: Path, tree: dict[str, Any]) -> None:
    """Write a tree of dicts, lists, tensors and scalars.

    Raises:
        OutputError: the folder or the disk refuses; the old state stands.
    """
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    skeleton = json.dumps(_pack(tree, tensors))
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(tensors, {"format": FORMAT, "tree": skeleton}))


def load_state(path: Path) -> dict[str, Any]:
    """Read the tree back, tensors on the CPU.

    Raises:
        CheckpointError: the file is damaged, or no state.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stream:
            header = stream.metadata() or {}
            if header.get("format") != FORMAT:
                raise CheckpointError(f"'{path}' is no training state of sr-toolkit.")
            tensors = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118
        tree = _unpack(json.loads(header["tree"]), tensors)
        if not isinstance(tree, dict) or not tree:
            raise ValueError("it holds nothing")
        return tree
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"The training state '{path}' is damaged ({error}); remove it to begin again."
        ) from None


def rng_state(device: str) -> dict[str, Tensor]:
    """Return the states of torch's random generators."""
    states = {"cpu": torch.get_rng_state()}
    if torch.device(device).type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_rng(states: dict[str, Tensor], device: str) -> None:
    """Set torch's random generators back."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.device(device).type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)


def _pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        name = f"t{len(tensors)}"
        # A copy: tensors that share memory, such as slices, could not be saved.
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {"$tensor": name}
    if isinstance(value, dict):
        # As pairs, since optimizers key their state by integers and JSON would make them strings.
        return {"$dict": [[key, _pack(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_pack(item, tensors) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a training state cannot hold a {type(value).__name__}")


def _unpack(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, tensors) for item in value]
    if isinstance(value, dict):
        if "$tensor" in value:
            return tensors[value["$tensor"]]
        return {key: _unpack(item, tensors) for key, item in value["$dict"]}
    return value
