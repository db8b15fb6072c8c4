"""Device, precision and memory layout: from what the machine supports, never from a timing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from sr_toolkit.errors import HardwareError

Precision = Literal["fp32", "bf16", "fp16", "fp64"]
DTYPES = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp64": torch.float64,
}
_FEATURES = (
    ("AVX2", "_is_avx2_supported"),
    ("AVX512", "_is_avx512_supported"),
    ("AVX512-VNNI", "_is_avx512_vnni_supported"),
    ("AVX512-BF16", "_is_avx512_bf16_supported"),
    ("AMX", "_is_amx_tile_supported"),
)
ModuleT = TypeVar("ModuleT", bound=nn.Module)


@dataclass(frozen=True)
class Hardware:
    """What a computation runs on.

    Attributes:
        device: `cpu`, `cuda`, `cuda:1`.
        precision: bf16 and fp16 are those of autocast regions, with weights in fp32; fp64, for
            checks, is that of the weights too.
        channels_last: memory layout of images and convolutions.
        threads: CPU threads.
    """

    device: str
    precision: Precision
    channels_last: bool
    threads: int

    @classmethod
    def choose(cls, device: str = "auto", precision: str = "auto") -> Hardware:
        """Return the hardware for what was asked: `auto`, or a name.

        Raises:
            HardwareError: no such device here, or a precision that it does not offer.
        """
        name = choose_device(device)
        chosen: Precision = choose_precision(name, precision)
        return cls(name, chosen, chosen in ("bf16", "fp16"), torch.get_num_threads())

    @property
    def kind(self) -> str:
        """The device's type, as autocast wants it."""
        return torch.device(self.device).type

    @property
    def memory_format(self) -> torch.memory_format:
        """The layout as torch names it."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    @property
    def dtype(self) -> torch.dtype:
        """The type of weights, images and losses."""
        return torch.float64 if self.precision == "fp64" else torch.float32

    def place(self, module: ModuleT) -> ModuleT:
        """Return the module on this device, in this type and layout."""
        module = module.to(self.device, self.dtype)
        if self.channels_last:
            module = module.to(memory_format=torch.channels_last)
        return module

    def widen(self, x: Tensor) -> Tensor:
        """Return what came out of an autocast region in the type of the losses."""
        return x.to(self.dtype)

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Return the region of this precision; in fp32 it keeps cuDNN from rounding to TF32."""
        if self.precision in ("fp32", "fp64"):
            if self.kind != "cuda":
                return contextlib.nullcontext()
            region: contextlib.AbstractContextManager[object] = torch.backends.cudnn.flags(
                enabled=True, allow_tf32=False
            )
            return region
        return torch.autocast(self.kind, DTYPES[self.precision])

    def describe(self) -> str:
        """Return a line for people and results: `cpu, AMD EPYC, 2 threads, bf16`."""
        count = f"{self.threads} thread{'s' * (self.threads != 1)}"
        threads = f", {count}" if self.kind == "cpu" else ""
        return f"{self.device}, {device_name(self.device)}{threads}, {self.precision}"


def choose_device(device: str) -> str:
    """Return `device`, or the best one here for `auto`.

    Raises:
        HardwareError: it is unknown or not on this machine.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device)
    except RuntimeError:
        raise HardwareError(f"Unknown device '{device}'; try cpu, cuda or cuda:0.") from None
    present: dict[str, Callable[[], bool]] = {
        "cpu": lambda: True,
        "cuda": lambda: torch.cuda.is_available() and (kind.index or 0) < torch.cuda.device_count(),
    }
    if kind.type not in present:
        raise HardwareError(f"The device '{device}' is not supported; try cpu or cuda.")
    if not present[kind.type]():
        raise HardwareError(
            f"The device '{device}' is not available here; use --device cpu, or install a torch "
            f"that sees it."
        )
    return device


def choose_precision(device: str, precision: str) -> Precision:
    """Return `precision`, or for `auto` the fastest that the device computes natively.

    bf16 on GPUs of compute capability 8 and on CPUs with AMX or AVX512-BF16, fp16 on older GPUs,
    fp32 elsewhere.

    Raises:
        HardwareError: an unknown precision.
    """
    kind = torch.device(device).type
    if precision == "auto":
        if kind == "cuda":
            return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
        return "bf16" if kind == "cpu" and cpu_has_bf16() else "fp32"
    if precision not in DTYPES:
        raise HardwareError(f"Unknown precision '{precision}'; use auto, fp32, bf16 or fp16.")
    return precision  # type: ignore[return-value] # a key of DTYPES


def cpu_has_bf16() -> bool:
    """Does this processor multiply bf16 natively (AMX or AVX512-BF16)?"""
    return bool({"AMX", "AVX512-BF16"} & set(cpu_features()))


def cpu_features() -> tuple[str, ...]:
    """Return what this processor has of AVX2, AVX512, AVX512-VNNI, AVX512-BF16 and AMX."""
    # They are not in torch's public face, so a version may lack one.
    known: list[tuple[str, Any]] = [
        (feature, getattr(torch.cpu, name, None)) for feature, name in _FEATURES
    ]
    return tuple(feature for feature, check in known if check is not None and check())


def device_name(device: str) -> str:
    """Return the processor's or the card's name."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    import platform

    return platform.processor() or platform.machine() or f"{os.cpu_count()} cores"


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
