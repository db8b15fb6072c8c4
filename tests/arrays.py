"""A dataset of images held in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sr_toolkit.interfaces import Dataset, Pixels


class Arrays(Dataset):
    """Images (H, W, C), uint8 or uint16, as they were given."""

    name = "arrays"

    def __init__(self, images: Sequence[Pixels]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def image(self, index: int) -> Pixels:
        return self.images[index]

    def fingerprint(self) -> str:
        total = hashlib.sha256()
        for image in self.images:
            total.update(repr((image.shape, image.dtype)).encode() + image.tobytes())
        return total.hexdigest()
