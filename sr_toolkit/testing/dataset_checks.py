"""Checks of datasets."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.config import places, plain, validate
from sr_toolkit.errors import DataError, SrtkError
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Dataset
from sr_toolkit.registry import import_object
from sr_toolkit.testing.check import Check, NotHere, NothingToCheck, check, expect, unmet
from sr_toolkit.testing.part import Part, elsewhere, fresh_python

CHECKS: list[Check] = []
LOOKED_AT = 8  # images of a set that are read
SCALES = (2, 3, 4, 8)

READING: Any = {"doing": "reading the set", "limit": 1800}

_DESCRIBE = """
import json, sys
from sr_toolkit.testing.dataset_checks import describe
print(json.dumps(describe(*json.loads(sys.argv[1]))))
"""


def open_part(factory: str, config: str, settings: dict[str, Any]) -> Dataset:
    """Build a dataset and prepare it."""
    dataset: Dataset = import_object(factory)(validate(import_object(config), settings))
    dataset.prepare(places.data_roots())
    return dataset


def describe(factory: str, config: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what two processes should agree on: order, content, fingerprint."""
    dataset = open_part(factory, config, settings)
    chosen = _looked_at(dataset)
    return {
        "length": len(dataset),
        "labels": [dataset.label(i) for i in chosen],
        "pixels": [_hash(dataset.image(i)) for i in chosen],
        "fingerprint": dataset.fingerprint(),
    }


def _hash(image: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()


def _looked_at(dataset: Dataset) -> list[int]:
    """Return indices spread over the set, its first and last among them."""
    last = len(dataset) - 1
    return sorted({round(last * k / (LOOKED_AT - 1)) for k in range(LOOKED_AT)})


def _arguments(part: Part) -> tuple[str, str, dict[str, Any]]:
    return part.factory, part.spec.config, dict(plain(part.config()))


def _opened(part: Part) -> Dataset:
    try:
        return open_part(*_arguments(part))
    except DataError as error:
        raise NotHere(str(error)) from None


@check(
    "dataset",
    into=CHECKS,
    why="A training would end at the image that is not there, hours after its begin.",
    mend="Return the number of images that image(i) can give.",
)
def dataset_length(part: Part) -> None:
    """Each index below the length gives an image; the length is above 0."""
    dataset = _opened(part)
    expect(len(dataset) > 0, "at least one image", "none")
    for index in _looked_at(dataset):
        try:
            dataset.image(index)
        except (SrtkError, LookupError, OSError) as error:
            told = f"{type(error).__name__}: {error}"
            unmet(f"an image at index {index} of {len(dataset)}", told)


@check(
    "dataset",
    into=CHECKS,
    why="Trainings, caches and benchmarks take pixels as they are.",
    mend="Return (H, W, C) as uint8 or uint16, gray with C = 1.",
)
def dataset_images(part: Part) -> None:
    """Images are (H, W, C), uint8 or uint16, gray or RGB."""
    dataset = _opened(part)
    for index in _looked_at(dataset):
        image = dataset.image(index)
        told = f"{image.dtype} of {image.shape}"
        fits = image.ndim == 3 and image.shape[2] in (1, 3) and 0 not in image.shape
        expect(fits, "(H, W, 1) or (H, W, 3)", told)
        expect(image.dtype in (np.uint8, np.uint16), "uint8 or uint16", told)


@check(
    "dataset",
    into=CHECKS,
    why="A resumed training would see other images, and a table's rows other names.",
    mend="Sort the files; never depend on the order of a folder, a set or a dictionary of hashes.",
)
def dataset_order(part: Part) -> None:
    """The same index is the same image: again, in another process, in another folder."""
    dataset = _opened(part)
    chosen = _looked_at(dataset)
    first = [_hash(dataset.image(i)) for i in chosen]
    expect([_hash(dataset.image(i)) for i in chosen] == first, "the same images again", "others")
    one, other = (_elsewhere(part, seed) for seed in (1, 2))
    for told in (one, other):
        expect(told["length"] == len(dataset), f"{len(dataset)} images", told["length"])
        labels = [dataset.label(i) for i in chosen]
        expect(told["labels"] == labels, f"{labels} in another process", told["labels"])
        expect(told["pixels"] == first, "the same images in another process", "others")


@check(
    "dataset",
    into=CHECKS,
    why="Results could not be compared, and a resume would be refused for data that is the same.",
    mend="Hash the names and the bytes of the files; no paths, dates, or Python's own hash().",
)
def dataset_fingerprint(part: Part) -> None:
    """The fingerprint is the same again, in another process and in another folder."""
    dataset = _opened(part)
    first = dataset.fingerprint()
    expect(isinstance(first, str) and bool(first), "a fingerprint", repr(first))
    expect(dataset.fingerprint() == first, f"{first} again", dataset.fingerprint())
    for seed in (1, 2):
        told = _elsewhere(part, seed)["fingerprint"]
        expect(told == first, f"{first} in another process", told)


@check(
    "dataset",
    into=CHECKS,
    why="A model would learn from pairs that do not belong together.",
    mend="Pair files by name, and cut the HR to a multiple of the scale before it is degraded.",
)
def dataset_lr_fits(part: Part) -> None:
    """Each LR of a paired set has its HR's size over the scale, and shows the same."""
    dataset = _opened(part)
    if dataset.kind != "paired":
        raise NothingToCheck("the dataset has no LR of its own")
    offered = 0
    for scale in SCALES:
        for index in _looked_at(dataset):
            try:
                lr = dataset.lr(index, scale)
            except DataError:
                break
            offered += 1
            _expect_pair(dataset.image(index), lr, scale, dataset.label(index))
    expect(offered > 0, f"an LR at one of the scales {SCALES}", "none")


def _expect_pair(hr: NDArray[Any], lr: NDArray[Any], scale: int, label: str) -> None:
    height, width = hr.shape[0] // scale, hr.shape[1] // scale
    what = f"'{label}' at ×{scale}"
    expect(lr.shape[:2] == (height, width), f"{height}×{width} for {what}", lr.shape)
    cut = hr[: height * scale, : width * scale].astype(np.float64).mean(axis=2, keepdims=True)
    made = resize(cut, size=(height, width))[..., 0]
    own = lr.astype(np.float64).mean(axis=2)
    if made.std() < 1 or own.std() < 1:  # a flat image is like any other
        return
    likeness = float(np.corrcoef(made.ravel(), own.ravel())[0, 1])
    expect(
        likeness > 0.6, f"an LR that looks like its HR, {what}", f"a correlation of {likeness:.2f}"
    )


@check(
    "dataset",
    into=CHECKS,
    why="Images are decoded by several threads.",
    mend="Keep no open file or decoder in the dataset, or one for each thread.",
)
def dataset_threads(part: Part) -> None:
    """Several threads may read at once."""
    dataset = _opened(part)
    chosen = _looked_at(dataset)
    alone = [_hash(dataset.image(i)) for i in chosen]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda i: _hash(dataset.image(i)), chosen * 3))
    expect(together == alone * 3, "the images of one thread", "others")


def _elsewhere(part: Part, hash_seed: int) -> dict[str, Any]:
    arguments = json.dumps(_arguments(part))
    with elsewhere() as folder:
        told = fresh_python("-c", _DESCRIBE, arguments, cwd=folder, hash_seed=hash_seed, **READING)
    return dict(json.loads(told.splitlines()[-1]))
