"""Several processes that train one model: who this one is, and the mean of all their gradients.

Launched by `torchrun` or `accelerate launch`. Gradients are averaged in one message after the
backward pass and not by wrapping the networks: the two networks of a GAN, frozen parts and
gradients accumulated over parts of a batch need no special case then, and one process alone pays
nothing.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sr_toolkit.errors import TrainingError

TIMEOUT = timedelta(seconds=45)
"""A process that waits so long for another takes it for dead."""


@dataclass(frozen=True)
class Team:
    """This process among those that train together.

    Attributes:
        rank: 0 for the one that writes.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Is this the process that writes and speaks?"""
        return self.rank == 0

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by its mean over all processes.

        Raises:
            TrainingError: another process is gone.
        """
        if self.size == 1:
            return
        kinds: dict[tuple[torch.dtype, torch.device], list[Tensor]] = {}
        for tensor in tensors:
            kinds.setdefault((tensor.dtype, tensor.device), []).append(tensor)
        for group in kinds.values():
            flat = torch.cat([tensor.reshape(-1) for tensor in group])
            self._exchange(flat)
            flat /= self.size
            parts = torch.split(flat, [tensor.numel() for tensor in group])
            for tensor, part in zip(group, parts, strict=True):
                tensor.copy_(part.view_as(tensor))

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over all processes."""
        if self.size > 1:
            self.average([p.grad for p in parameters if p.grad is not None])

    def any(self, flag: bool) -> bool:
        """Say whether `flag` is true in any process; all must ask."""
        if self.size == 1:
            return flag
        votes = torch.tensor([float(flag)], device=_device())
        self._exchange(votes)
        return bool(votes.item() > 0)

    def agreed(self, scores: dict[str, float]) -> dict[str, float]:
        """Return the mean of each score over all processes: the same in all of them."""
        if self.size == 1:
            return scores
        values = torch.tensor(list(scores.values()), dtype=torch.float64, device=_device())
        self.average([values])
        return dict(zip(scores, values.tolist(), strict=True))

    @contextlib.contextmanager
    def leader_first(self) -> Iterator[None]:
        """Let the first process do something, files perhaps, before all others do it."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()

    def smallest(self, value: int) -> int:
        """Return the smallest `value` of all processes; all must ask."""
        if self.size == 1:
            return value
        found = torch.tensor([value], device=_device())
        self._exchange(found, torch.distributed.ReduceOp.MIN)
        return int(found.item())

    def agree(self, folder: Path | None) -> Path:
        """Return the first process's `folder`, made of the time perhaps, in every process."""
        found = [folder]
        if self.size > 1:
            from accelerate.utils import broadcast_object_list

            broadcast_object_list(found)
        assert found[0] is not None  # the first process always has one
        return found[0]

    def collect(self, items: list[Any]) -> list[Any]:
        """Return the items of all processes, the first process's first; all must ask."""
        if self.size == 1:
            return items
        from accelerate.utils import gather_object

        try:
            return list(gather_object(items))
        except RuntimeError as error:
            raise _gone(error) from None

    def wait(self) -> None:
        """Wait until all processes have come here."""
        self.any(False)

    def _exchange(self, flat: Tensor, operation: Any = None) -> None:
        try:
            torch.distributed.all_reduce(flat, operation or torch.distributed.ReduceOp.SUM)
        except RuntimeError as error:
            raise _gone(error) from None


def _gone(error: RuntimeError) -> TrainingError:
    detail = " ".join(str(error).split())[:120].rstrip(".")
    return TrainingError(
        f"Another process of this one's team is gone ({detail}); what was saved stands. Start "
        f"all of them again with --resume."
    )


@functools.cache
def gather_team(timeout: timedelta = TIMEOUT) -> Team:
    """Join the processes that a launcher started; without a launcher, a team of one.

    Args:
        timeout: how long one waits for another; the first call in a process says.

    Raises:
        TrainingError: the others do not answer.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Team()
    state = accelerator_state(timeout)
    return Team(int(state.process_index), int(state.num_processes))


@functools.cache
def accelerator_state(timeout: timedelta = TIMEOUT) -> Any:
    """Return accelerate's view of this process, with the connection to the others made."""
    from accelerate import PartialState

    try:
        return PartialState(cpu=not torch.cuda.is_available(), timeout=timeout)
    except (RuntimeError, ValueError) as error:
        detail = " ".join(str(error).split())[:200].rstrip(".")
        raise TrainingError(
            f"The processes of this team do not find each other ({detail}); start them by "
            f"torchrun or accelerate launch."
        ) from None


def local_device(device: str) -> str:
    """Return the device of this process: of several GPUs, the one with its local number."""
    if device != "cuda" or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def _device() -> torch.device:
    return torch.device("cuda" if torch.distributed.get_backend() == "nccl" else "cpu")
