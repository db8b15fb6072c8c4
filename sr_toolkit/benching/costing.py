"""What one SR costs: multiply-adds, time alone after a warm-up, memory beyond what was held."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from sr_toolkit.benching.cases import Prepared
from sr_toolkit.benching.enlarging import TILE_USED, Contestant
from sr_toolkit.benching.result import Cost
from sr_toolkit.upscaling.cost import multiply_adds

RUNS = 5
PATIENCE = 1.5
"""Seconds after which no further run begins, once there are two."""


def measure(contestant: Contestant, prepared: Prepared) -> Cost:
    """Return what the model costs on one image, taken from the cache if it was measured before.

    Raises:
        Exception: whatever the model raises.
    """
    height, width = prepared.lr.shape[:2]
    key = contestant.cost_key(width, height)
    size = {"width": width * contestant.scale, "height": height * contestant.scale}
    found = contestant.cache.find(key)
    if found is None:
        found = _measured(contestant, prepared)
        contestant.cache.keep(key, found)
    return Cost(
        image=prepared.facts.label,
        seconds=tuple(found["seconds"]),
        multiply_adds=found["multiply_adds"],
        peak_memory=found["peak_memory"],
        **size,
    )


def _measured(contestant: Contestant, prepared: Prepared) -> dict[str, object]:
    upscaler = contestant.upscaler
    image = torch.from_numpy(np.array(prepared.lr)).permute(2, 0, 1)[None].float().div(255)
    image = image.to(upscaler.hardware.device)

    def run() -> None:
        upscaler.tensor(image, scale=contestant.scale, tile=TILE_USED)
        if upscaler.hardware.kind == "cuda":
            torch.cuda.synchronize(upscaler.hardware.device)

    with peak_memory(upscaler.hardware.device) as peak:
        run()  # the warm-up
    seconds: list[float] = []
    while len(seconds) < 2 or (len(seconds) < RUNS and sum(seconds) < PATIENCE):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    height, width = (side * contestant.scale for side in prepared.lr.shape[:2])
    counted = None
    if not upscaler.generator.channelwise:
        with contextlib.suppress(Exception):  # what cannot be copied or counted has no count
            twin = copy.deepcopy(upscaler.generator).to("meta")
            counted = multiply_adds(twin, contestant.scale, (height, width))
    return {"seconds": seconds, "multiply_adds": counted, "peak_memory": peak()}


@contextlib.contextmanager
def peak_memory(device: str) -> Iterator[Callable[[], int | None]]:
    """Yield a function that tells the bytes held at most inside, beyond those held before.

    Of a GPU by torch's own count. Of the CPU by the system's high-water mark, which Linux resets on
    request, else by looking every few milliseconds.
    """
    if torch.device(device).type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        yield lambda: torch.cuda.max_memory_allocated(device) - before
        return
    watch = _HighWater() if _HighWater.possible() else _Sampled()
    with watch:
        yield lambda: watch.peak


class _HighWater:
    """Linux's VmHWM, set back to the memory held now by writing 5 to clear_refs."""

    peak: int | None = None

    @staticmethod
    def possible() -> bool:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            return True
        return False

    def __enter__(self) -> None:
        self._before = _status("VmRSS")

    def __exit__(self, *_: object) -> None:
        self.peak = max(0, _status("VmHWM") - self._before)


class _Sampled:
    """The memory held, looked at by a thread."""

    peak: int | None = None

    def __enter__(self) -> None:
        import psutil

        process = psutil.Process()
        self._stop, before, highest = threading.Event(), process.memory_info().rss, [0]

        def look() -> None:
            while not self._stop.wait(0.005):
                highest[0] = max(highest[0], process.memory_info().rss - before)
            self.peak = highest[0]

        self._thread = threading.Thread(target=look, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
