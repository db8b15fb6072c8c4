"""Checkpoint files of our own: written, told from others', read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.checkpoint.metadata import FORMAT, Metadata
from sr_toolkit.errors import CheckpointError
from sr_toolkit.files import atomic_path

if TYPE_CHECKING:
    from torch import Tensor, nn


def save(path: Path, module: nn.Module, metadata: Metadata) -> None:
    """Write weights and metadata atomically.

    Raises:
        OutputError: the folder or the disk refuses.
    """
    save_weights(path, module.state_dict(), metadata)


def save_weights(path: Path, weights: Mapping[str, Tensor], metadata: Metadata) -> None:
    """Write a module's weights, taken from it before, and metadata; errors as `save`."""
    data = to_bytes(weights, metadata)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def to_bytes(weights: Mapping[str, Tensor], metadata: Metadata) -> bytes:
    """Return what a checkpoint's file holds."""
    from safetensors.torch import save as serialize

    tensors = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
    data: bytes = serialize(tensors, metadata.to_strings())
    return data


def read_checkpoint(path: Path, *, tensors: bool = False) -> tuple[Metadata, dict[str, Tensor]]:
    """Read the header of a checkpoint of ours and, if asked, its tensors.

    Raises:
        CheckpointError: damaged, or of a later format.
    """
    with open_safetensors(path) as stream:
        metadata = Metadata.from_strings(stream.metadata() or {}, path)
        keys = stream.keys() if tensors else ()
        return metadata, {key: stream.get_tensor(key) for key in keys}


def is_foreign(path: Path) -> bool:
    """Was the file written by another program: a pickle, or safetensors without our header?

    Raises:
        CheckpointError: absent, or nothing that could be read.
    """
    if is_pickle(path):
        return True
    with open_safetensors(path) as stream:
        written_as = (stream.metadata() or {}).get("format", "")
    return not written_as.startswith(FORMAT.partition("/")[0])


def is_pickle(path: Path) -> bool:
    """Does the file begin as `torch.save` and `pickle` begin theirs?

    Raises:
        CheckpointError: absent, or not to be read.
    """
    if not path.is_file():
        raise CheckpointError(f"The checkpoint '{path}' does not exist; check the path.")
    try:
        with path.open("rb") as stream:
            head = stream.read(9)
    except OSError as error:
        cause = error.strerror or str(error)
        raise CheckpointError(f"Cannot read '{path}': {cause}; check its permissions.") from None
    # A safetensors file begins with the header's length, which may look like a pickle's mark by
    # chance, and then a brace.
    return head[8:] != b"{" and (head[:2] == b"PK" or head[:1] == b"\x80")


@contextmanager
def open_safetensors(path: Path) -> Iterator[Any]:
    """Yield the open file; what safetensors or the system refuses is a CheckpointError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stream:
            yield stream
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"'{path}' cannot be read as safetensors ({error}), and is no pickle of weights "
            f"either; it may be truncated or no checkpoint. Copy it again, or check the path."
        ) from None


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
