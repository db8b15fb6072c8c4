"""The LR images of another dataset's HR images, made once, as a set of their own."""

from __future__ import annotations

import hashlib
import json

from sr_toolkit.config import plain
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.whole import degrade_image
from sr_toolkit.images.io import to_uint8
from sr_toolkit.interfaces import Dataset, Pixels


class Degraded(Dataset):
    """Each image of `parent`, degraded whole; nothing of the HR is left.

    Args:
        parent: HR images.
        settings: the degradation.
        scale: the scale; borders that are no multiple of it are cut off.
        seed: of what the degradation draws.
    """

    kind = "lr"

    def __init__(self, parent: Dataset, settings: Degradation, scale: int, seed: int) -> None:
        self.parent, self.settings, self.scale, self.seed = parent, settings, scale, seed
        self.name = f"{parent.name} (LR ×{scale})"

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.parent)

    def image(self, index: int) -> Pixels:
        """Return the LR of image `index`, uint8."""
        hr = to_uint8(self.parent.image(index))
        height, width = (side // self.scale * self.scale for side in hr.shape[:2])
        return degrade_image(
            hr[:height, :width], self.settings, self.scale, self.seed * 1_000_003 + index
        )

    def label(self, index: int) -> str:
        """Return the HR image's label."""
        return self.parent.label(index)

    def fingerprint(self) -> str:
        """Return a hash of the parent's fingerprint and the degradation."""
        made = json.dumps([plain(self.settings), self.scale, self.seed])
        return hashlib.sha256(f"{self.parent.fingerprint()}:{made}".encode()).hexdigest()
