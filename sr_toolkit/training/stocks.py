"""Decoded images of a run's sets: from the cache, with progress, mixed by weight, no overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import torch

from sr_toolkit.data.decoding import decoded, pixel_hash
from sr_toolkit.data.degraded import Degraded
from sr_toolkit.data.files import origins
from sr_toolkit.data.pixel_cache import open_store
from sr_toolkit.data.store import PixelStore
from sr_toolkit.data.streamed import StreamedStore
from sr_toolkit.errors import DataError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Dataset
from sr_toolkit.training.reporter import Reporter

Store = PixelStore | StreamedStore


def stock(
    dataset: Dataset, crop: int, channels: int, limit: float, hardware: Hardware, reporter: Reporter
) -> Store:
    """Return the decoded images of a set, on the device that trains if they fit there.

    Args:
        dataset: the images.
        crop: side of a training crop; smaller images are named and left out.
        channels: of the images wanted.
        limit: GiB that the cache may take.
        hardware: where the training runs.
        reporter: shows progress, reuse and rate.

    Raises:
        SrtkError: an image cannot be read or is unfit, none is large enough, or the disk is full.
    """

    def progress(done: int, total: int) -> None:
        if done == 0:
            reporter.begin("decoding images", total)
        else:
            reporter.advance(done)

    try:
        store = open_store(
            dataset,
            channels=channels,
            crop=crop,
            limit=limit,
            progress=progress,
            say=reporter.say,
        )
    finally:
        reporter.end()
    if store.skipped:
        reporter.say(
            f"Skipped {len(store.skipped)} of {len(dataset)} images as smaller than the crop "
            f"of {crop}×{crop}: {', '.join(store.skipped[:5])}"
            + (" and more." if len(store.skipped) > 5 else ".")
        )
    if isinstance(store, PixelStore) and _fits(store, hardware):
        return store.to(torch.device(hardware.device))
    return store


def image_odds(store: Store, dataset: Dataset, mix: Sequence[float]) -> tuple[float, ...] | None:
    """Return how often each kept image is drawn: its set's weight, shared by the set's images.

    Args:
        store: the images kept.
        dataset: what it was made of: joined sets, or a part of them.
        mix: the weight of each set; none: every image is equally likely.

    Raises:
        DataError: a set that has a weight has no image left.
    """
    if len(mix) < 2:
        return None
    sets = origins(dataset.parent if isinstance(dataset, Degraded) else dataset)
    own = [sets[image] for image in store.images]
    counts = Counter(own)
    for number, weight in enumerate(mix):
        if not counts[number]:
            raise DataError(
                f"--mix gives training set {number + 1} the weight {weight:g}, but none of its "
                f"images is as large as the crop; leave it out, or set a smaller 'crop'."
            )
    return tuple(mix[number] / counts[number] for number in own)


def refuse_overlap(
    trained: Mapping[str, str], validation: Dataset, limit: int, channels: int
) -> None:
    """Compare decoded images: what is trained on must not be validated on.

    Args:
        trained: content hash of each training image to its label.
        validation: the validation set, of which the first `limit` images are used.
        limit: how many.
        channels: of the generator.

    Raises:
        DataError: an image is in both, under whatever name.
    """
    shared: list[str] = []
    for index in range(min(limit, len(validation))):
        name = pixel_hash(decoded(validation, index, channels))
        if name in trained:
            shared.append(f"'{validation.label(index)}' (in training: '{trained[name]}')")
    if shared:
        more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
        raise DataError(
            f"{len(shared)} validation image(s) of '{validation.name}' are also trained on: "
            f"{', '.join(shared[:3])}{more}. Give another --val, or remove the image from one of "
            f"the sets."
        )


def _fits(store: PixelStore, hardware: Hardware) -> bool:
    """Does the store leave a GPU most of its free memory? Else crops are drawn on the CPU."""
    if hardware.kind != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(hardware.device)
    return store.pixels.numel() < free // 3
