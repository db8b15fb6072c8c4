"""The resume state: any tree of tensors and plain data in one safetensors file, written atomically.

Tensors go into the file as such; the tree around them is JSON in its header. Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sr_toolkit.errors import CheckpointError
from sr_toolkit.files import atomic_path

FORMAT = "sr-toolkit-state/1"


@dataclass(frozen=True)
class Snapshot:
    """A state copied off the networks in training, which may go on while it is written."""

    tensors: dict[str, Tensor]
    tree: str
    progress: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: dict[str, Any], **progress: Any) -> Snapshot:
        """Copy a tree of dicts, lists, tensors and scalars to the CPU.

        `progress` is plain data that `read_progress` gives back without reading the tensors.
        """
        tensors: dict[str, Tensor] = {}
        return cls(tree=json.dumps(_pack(tree, tensors)), tensors=tensors, progress=progress)

    def restored(self) -> dict[str, Any]:
        """Return the copied tree."""
        tree: dict[str, Any] = _unpack(json.loads(self.tree), self.tensors)
        return tree

    def write(self, path: Path) -> None:
        """Write it to `path`; what was there before is kept as `previous_of(path)`.

        Raises:
            OutputError: the folder or the disk refuses; the old state stands.
        """
        from safetensors.torch import save

        header = {"format": FORMAT, "progress": json.dumps(self.progress), "tree": self.tree}
        data = save(self.tensors, header)
        with atomic_path(path, before_rename=lambda: _keep(path, previous_of(path))) as temporary:
            temporary.write_bytes(data)


def previous_of(path: Path) -> Path:
    """Return where the state before `path` is kept."""
    return path.with_name(f"previous{path.suffix}")


def _keep(path: Path, previous: Path) -> None:
    """Give a file a second name; the first one stays, so that there is a state at any moment."""
    if not path.exists():
        return
    spare = previous.with_name(f".{previous.name}.link")
    spare.unlink(missing_ok=True)
    try:
        spare.hardlink_to(path)
    except OSError:  # some file systems have no links
        shutil.copyfile(path, spare)
    spare.replace(previous)


def newest(path: Path) -> Path | None:
    """Return the state at `path`, else the one before, else None; neither is opened."""
    return next((place for place in (path, previous_of(path)) if place.is_file()), None)


def load_newest(path: Path) -> tuple[dict[str, Any] | None, str]:
    """Return the state at `path`, else the one before, else None; and what to tell the user.

    Raises:
        CheckpointError: there are states, and none can be read.
    """
    found = [place for place in (path, previous_of(path)) if place.is_file()]
    remark = ""
    for place in found:
        try:
            return load_state(place), remark
        except CheckpointError as error:
            if place == found[-1]:
                raise
            # Out of the way, so that the next save does not push it over the good one.
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                place.replace(place.with_name(f"damaged{place.suffix}"))
            remark = f"{error} It is kept as 'damaged', and the one before it is taken."
    return None, ""


def read_progress(path: Path) -> dict[str, Any]:
    """Return how far the run of a state was, from the file's header; {} where that is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stream:
            progress = json.loads((stream.metadata() or {}).get("progress", "{}"))
    except (SafetensorError, OSError, ValueError):
        return {}
    return progress if isinstance(progress, dict) else {}


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
