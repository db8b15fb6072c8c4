"""What a step needs of memory: what to do when there is too little, and how much there is."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from sr_toolkit.errors import ConfigError

LARGEST_BATCH = 1024
SHARE = 0.6  # of the free memory that a batch may take on the CPU, where too much kills


def is_out_of_memory(error: BaseException) -> bool:
    """Was this raised because memory did not suffice?"""
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, MemoryError) or (
        isinstance(error, Exception) and bool(should_reduce_batch_size(error))
    )


def free_bytes(device: str) -> int:
    """Return the memory that is free on a device, a container's limit heeded."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    free = int(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text(encoding="ascii"))  # 'max' is no number
        used = int((group / "memory.current").read_text(encoding="ascii"))
        free = min(free, limit - used)
    return max(free, 0)


def peak_bytes(device: str) -> int:
    """Return the most memory that this process has held on a device so far."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows keeps no such record; the present use stands in
        return int(psutil.Process().memory_info().rss)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def saved_bytes(action: Callable[[], object]) -> int:
    """Return the bytes of activations that autograd keeps for the backward pass of `action`."""
    seen: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = action()
    del kept
    return sum(seen.values())


def largest_batch(step: Callable[[int], object], device: str, *, multiple: int = 1) -> int:
    """Return the largest batch, a multiple of `multiple`, with which a step fits into memory.

    On a GPU the step is tried, by accelerate's finder. On a CPU a batch too large would end the
    process instead of raising, so its need is told from what one crop keeps for the backward pass,
    and the finder is led by that.

    Args:
        step: does forward and backward of a batch of the size given, and returns what holds its
            graph.
        device: where.
        multiple: of what the batch must be a multiple.

    Raises:
        ConfigError: not even the smallest one fits.
    """
    from accelerate.utils.memory import find_executable_batch_size

    size = LARGEST_BATCH // multiple * multiple
    on_cpu = torch.device(device).type == "cpu"
    need = saved_bytes(lambda: step(multiple)) if on_cpu else 0
    # Processes on one machine share its memory; a GPU each has of its own.
    neighbors = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if on_cpu else 1
    room = SHARE * free_bytes(device) / neighbors

    def smaller() -> int:
        nonlocal size
        size = size // 2 // multiple * multiple
        return size

    def attempt(batch: int) -> int:
        if on_cpu:
            # Gradients of activations come on top of the activations themselves.
            if 2 * need * batch / multiple > room:
                raise RuntimeError("CPU out of memory.")
        else:
            step(batch)
        return batch

    try:
        found: int = find_executable_batch_size(
            attempt, starting_batch_size=size, reduce_batch_size_fn=smaller
        )()
    except RuntimeError as error:
        if "No executable batch size" not in str(error):
            raise
        raise ConfigError(
            f"Not even a batch of {multiple} fits into the free memory; set a smaller crop, a "
            f"smaller generator, or checkpointing=true."
        ) from None
    return found


def next_pieces(pieces: int, crops: int) -> int | None:
    """Return into how many equal pieces `crops` are cut after `pieces` were too few, or None.

    At least twice as many where that divides the crops, else as many as there can be.
    """
    divisors = [number for number in range(pieces + 1, crops + 1) if crops % number == 0]
    doubled = [number for number in divisors if number >= 2 * pieces]
    return min(doubled, default=max(divisors, default=None))


def checkpoint_blocks(network: nn.Module) -> int:
    """Let the blocks of a network forget their activations and compute them again; return how many.

    The blocks are the children of its largest `nn.Sequential` or `nn.ModuleList`.

    Raises:
        ConfigError: it has none, or batch norm, whose statistics would be counted twice.
    """
    lists = [m for m in network.modules() if isinstance(m, (nn.Sequential, nn.ModuleList))]
    blocks = max(
        (list(module.children()) for module in lists),
        key=lambda children: sum(p.numel() for child in children for p in child.parameters()),
        default=[],
    )
    blocks = [block for block in blocks if any(True for _ in block.parameters())]
    if len(blocks) < 2:
        raise ConfigError("'checkpointing' finds no row of blocks in this generator; leave it out.")
    if any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules()):
        raise ConfigError(
            "'checkpointing' computes blocks twice, which batch norm would count twice; leave it "
            "out for this generator."
        )
    for block in blocks:
        _checkpointed(block)
    return len(blocks)


def _checkpointed(block: nn.Module) -> None:
    plain = block.forward

    def forward(*arguments: object) -> object:
        if not torch.is_grad_enabled():
            return plain(*arguments)
        return checkpoint(plain, *arguments, use_reentrant=False)

    block.forward = forward
