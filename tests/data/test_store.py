"""The pixel store: decoded once, shared by processes, whole or absent, within its limit."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import numpy as np
import pytest
import torch
from arrays import Arrays

from sr_toolkit.config.places import cache_dir
from sr_toolkit.data.files import Joined
from sr_toolkit.data.pixel_cache import open_store
from sr_toolkit.data.pixel_file import open_pixels
from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.data.streamed import StreamedStore
from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.interfaces import Pixels

GIB = 2**30


class Counting(Arrays):
    """Counts how often an image is decoded, and takes its time."""

    def __init__(
        self, images: list[Pixels], counter: Synchronized[int] | None = None, wait: float = 0
    ) -> None:
        super().__init__(images)
        self.counter = counter or multiprocessing.Value("i", 0)
        self.wait = wait

    def image(self, index: int) -> Pixels:
        with self.counter.get_lock():
            self.counter.value += 1
        time.sleep(self.wait)
        return super().image(index)


def made(count: int = 6, side: int = 20, seed: int = 0) -> list[Pixels]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (side + i, side + 2 * i, 3), dtype=np.uint8) for i in range(count)]


def size(images: list[Pixels]) -> int:
    return sum(image.size for image in images)


def data_files() -> list[Path]:
    return sorted((cache_dir() / "pixels").glob("*.pixels"))


def leftovers() -> list[Path]:
    return list((cache_dir() / "pixels").glob(".*.part"))


def whole(dataset: Arrays, **arguments: float) -> PixelStore:
    store = open_store(dataset, **arguments)
    assert isinstance(store, PixelStore)
    return store


@pytest.mark.parametrize("threads", [1, 4])
def test_draws_are_those_of_the_store_in_memory(threads: int) -> None:
    images = made()
    stored = whole(Arrays(images), crop=22, threads=threads)
    memory = PixelStore.build(Arrays(images), crop=22)
    assert (stored.hashes, stored.labels) == (memory.hashes, memory.labels)
    assert stored.skipped == memory.skipped == ("00000", "00001")
    for step in range(3):
        one, other = (CropSampler(s, 20, 4, 8, (1,)).draw(step) for s in (stored, memory))
        assert torch.equal(one.hr, other.hr)
        assert torch.equal(one.lr, other.lr)


def test_the_next_run_decodes_nothing_whatever_its_crop() -> None:
    said: list[str] = []
    dataset = Counting(made())
    whole(dataset)
    assert dataset.counter.value == 6
    again = Counting(made())
    store = open_store(again, crop=24, say=said.append)
    assert again.counter.value == 0
    assert len(store) == 2
    assert said[0].startswith("Reusing 6 decoded images from")
    assert len(data_files()) == 1
    whole(again, channels=1)  # other pixels, another file
    assert again.counter.value == 6
    with pytest.raises(DataError, match=r"None of the 6 images.*99×99"):
        open_store(again, crop=99)


def test_equal_images_are_stored_once() -> None:
    once = whole(Arrays(made()))
    twice = open_store(Joined([Arrays(made()), Arrays(made())]))
    assert isinstance(twice, PixelStore)
    assert len(twice) == 2 * len(once) == 12
    assert twice.pixels.numel() == once.pixels.numel()


@pytest.mark.parametrize("damage", ["truncated", "longer", "index", "other index"])
def test_a_damaged_store_is_built_again(damage: str) -> None:
    whole(Arrays(made()))
    (data,) = data_files()
    index = data.with_suffix(".json")
    if damage == "truncated":
        os.truncate(data, 1000)
    elif damage == "longer":
        data.write_bytes(data.read_bytes() + b"x")
    else:
        index.write_text(index.read_text()[:50] if damage == "index" else "[1]")
    dataset = Counting(made())
    store = whole(dataset)
    assert dataset.counter.value == 6
    assert torch.equal(store.pixels, PixelStore.build(dataset).pixels)


def _open(counter: Synchronized[int], wait: float) -> None:
    open_store(Counting(made(), counter, wait))


@pytest.mark.slow
def test_of_two_processes_one_decodes() -> None:
    context = multiprocessing.get_context("spawn")
    counter: Synchronized[int] = context.Value("i", 0)
    both = [context.Process(target=_open, args=(counter, 0.1)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert counter.value == 6


def test_a_builder_that_is_killed_leaves_nothing_in_the_way() -> None:
    context = multiprocessing.get_context("spawn")
    counter: Synchronized[int] = context.Value("i", 0)
    process = context.Process(target=_open, args=(counter, 1.0))
    process.start()
    deadline = time.monotonic() + 60
    while counter.value < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert leftovers()
    assert not data_files()
    dataset = Counting(made())
    store = whole(dataset)
    assert dataset.counter.value == 6
    assert not leftovers()
    assert torch.equal(store.pixels, PixelStore.build(dataset).pixels)


FULL = """
import resource, sys
import numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from arrays import Arrays
from sr_toolkit.data.pixel_cache import open_store
from sr_toolkit.errors import OutputError
try:
    open_store(Arrays([np.full((99, 99 + i, 3), i, np.uint8) for i in range(9)]))
except OutputError as error:
    print(error)
"""


def test_a_full_disk_is_one_sentence_and_no_file() -> None:
    tests = Path(__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-c", FULL],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), *sys.path])},
    )
    folder = cache_dir() / "pixels"
    assert f"Cannot write decoded images to '{folder}': File too large." in result.stdout
    assert "SRTK_CACHE" in result.stdout
    assert "--cache-limit" in result.stdout
    assert {path.suffix for path in folder.iterdir()} <= {".lock"}


def test_a_cache_that_is_a_file_is_refused() -> None:
    (cache_dir() / "pixels").write_text("in the way")
    with pytest.raises(OutputError, match="Cannot write decoded images"):
        open_store(Arrays(made()))


def test_the_least_recently_used_store_goes_first_unless_in_use() -> None:
    images = [made(seed=seed) for seed in range(4)]
    limit = 2.5 * size(images[0]) / GIB
    held = whole(Arrays(images[0]), limit=limit)
    (first,) = data_files()
    whole(Arrays(images[1]), limit=limit)
    (second,) = (path for path in data_files() if path != first)
    os.utime(first, (1, 1))
    whole(Arrays(images[2]), limit=limit)
    assert first in data_files()
    assert second not in data_files()
    assert torch.equal(held.pixels, PixelStore.build(Arrays(images[0])).pixels)
    del held
    os.utime(first, (1, 1))
    whole(Arrays(images[3]), limit=limit)
    assert first not in data_files()
    assert len(data_files()) == 2


def test_what_is_removed_while_it_is_opened_is_a_miss(tmp_path: Path) -> None:
    store = whole(Arrays(made()))
    (data,) = data_files()
    data.unlink()
    assert store.pixels.sum() > 0  # the map outlives the name
    dataset = Counting(made())
    whole(dataset)
    assert dataset.counter.value == 6
    assert open_pixels(data.with_name("none"), None) is None  # type: ignore[arg-type]


def test_a_set_above_the_limit_is_streamed_and_measured_once() -> None:
    dataset = Counting(made())
    limit = 0.5 * size(dataset.images) / GIB
    said: list[str] = []
    store = open_store(dataset, crop=22, limit=limit, say=said.append)
    assert isinstance(store, StreamedStore)
    assert dataset.counter.value == 6
    assert not data_files()
    assert not leftovers()
    assert "they are streamed" in said[-1]
    assert (len(store), store.skipped) == (4, ("00000", "00001"))
    assert store.hashes == PixelStore.build(Arrays(dataset.images), crop=22).hashes
    open_store(dataset, crop=22, limit=limit)
    assert dataset.counter.value == 6
    assert isinstance(open_store(dataset, crop=22), PixelStore)
