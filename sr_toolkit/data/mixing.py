"""Mixtures of the pairs of a batch, LR and HR alike: mixup and cutmix.

mixup: Zhang et al., ICLR 2018, with the Beta(1.2, 1.2) of Yoo, Ahn, Sohn (CVPR 2020), who compare
such mixtures for super-resolution; cutmix: Yun et al., ICCV 2019. The degradation is linear, so
that the LR of a mixup is the mixup of the LRs, up to their rounding; the LR of a cutmix is the
cutmix of the LRs but for a seam as wide as the resizer's kernel.

An image's partner is its neighbor in the batch (0 with 1, 2 with 3, …). Crops are drawn
independently of each other, so that this is as random as a shuffle, and a part of the batch that
begins at an even index holds all its partners: processes can share a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sr_toolkit.data.boxes import box_mask, draw_boxes
from sr_toolkit.errors import ConfigError, suggest

NAMES = ("mixup", "cutmix")
BETA = 1.2


@dataclass(frozen=True)
class Mixing:
    """What becomes of each image of a batch; rows belong to images.

    Attributes:
        shares: (n,) the image's own share; the rest is its partner's; 1 where there is no mixup.
        boxes: (n, 4) top, left, bottom, right in LR pixels, where the partner is seen; empty where
            there is no cutmix.
    """

    shares: NDArray[np.float64]
    boxes: NDArray[np.int64]

    def part(self, start: int, stop: int) -> Mixing:
        """Return the rows of one process's part of the batch; `start` must be even.

        Raises:
            ValueError: it is not, and the first image's partner is elsewhere.
        """
        if start % 2:
            raise ValueError(f"a part of a mixed batch begins at an even index, received {start}")
        return replace(self, shares=self.shares[start:stop], boxes=self.boxes[start:stop])

    def apply(self, lr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mixed LR (N, C, h, w) and HR (N, C, s·h, s·w); boxes are aligned to the scale.

        The last image of an odd batch has no partner and stays as it is.

        Raises:
            ValueError: the batch is not as large as the draw, or HR is no multiple of LR.
        """
        count, _, height, width = lr.shape
        scale = hr.shape[-2] // height
        if count != len(self.shares) or hr.shape[-2:] != (scale * height, scale * width):
            raise ValueError(
                f"drawn for {len(self.shares)} pairs of one whole scale, received LR "
                f"{tuple(lr.shape)} and HR {tuple(hr.shape)}"
            )
        return self._mixed(lr, 1), self._mixed(hr, scale)

    def _mixed(self, images: Tensor, scale: int) -> Tensor:
        count, _, height, width = images.shape
        places = torch.arange(count, device=images.device)
        neighbors = places ^ 1
        partners = images[torch.where(neighbors < count, neighbors, places)]
        shares = torch.from_numpy(self.shares).to(images.device, images.dtype)[:, None, None, None]
        mixed = partners.lerp(images, shares)
        inside = box_mask(self.boxes * scale, height, width, images.device)
        return torch.where(inside, partners, mixed)


def draw_mixing(
    names: Sequence[str],
    rng: np.random.Generator,
    count: int,
    height: int,
    width: int,
    *,
    probability: float = 1.0,
) -> Mixing:
    """Draw one of the mixtures, each as likely, for each image of a batch.

    The draws are the same whatever the names: processes that share a batch each draw for the whole
    of it and take their `part`.

    Args:
        names: some of `mixup` and `cutmix`.
        rng: the step's own stream.
        count: images in the whole batch.
        height: of the LR.
        width: of the LR.
        probability: that an image is mixed at all.

    Raises:
        ConfigError: an unknown name.
    """
    for name in names:
        if name not in NAMES:
            raise ConfigError(f"Unknown mixture '{name}'.{suggest(name, NAMES)}")
    chosen, chance = rng.random(count), rng.random(count)
    shares = rng.beta(BETA, BETA, count)
    top_left, bottom_right = draw_boxes(rng, rng.random(count))
    kinds = np.full(count, "", dtype=object)
    if names:
        kinds = np.array(names, dtype=object)[(chosen * len(names)).astype(int)]
    kinds[chance >= probability] = ""
    corners = np.concatenate((top_left, bottom_right), axis=1) * (height, width, height, width)
    boxes = corners.round().astype(np.int64)
    boxes[kinds != "cutmix"] = 0
    return Mixing(shares=np.where(kinds == "mixup", shares, 1.0), boxes=boxes)
