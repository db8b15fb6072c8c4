"""A bounded memory of generated images (Shrivastava et al., CVPR 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.training.recipe_parts import Replay


class ReplayBuffer:
    """Keeps old generated images, each with the LR that it was made of.

    Args:
        settings: how many, and how large their share is.
    """

    def __init__(self, settings: Replay) -> None:
        self.settings = settings
        self._images: Tensor | None = None
        self._lr: Tensor | None = None
        self._filled = 0

    def __len__(self) -> int:
        """Return the number of images kept."""
        return self._filled

    def mix(self, fake: Tensor, lr: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return `fake` and its `lr` with a share of them replaced by old ones; the new are kept.

        Args:
            fake: (B, C, H, W), without gradient.
            lr: (B, C, h, w).
            rng: decides which.
        """
        count = len(fake)
        old = min(round(self.settings.ratio * count), self._filled)
        mixed, mixed_lr = fake, lr
        if old and self._images is not None and self._lr is not None:
            drawn = torch.from_numpy(rng.choice(self._filled, old, replace=False)).to(fake.device)
            mixed = torch.cat([fake[: count - old], self._images[drawn].to(fake.dtype)])
            mixed_lr = torch.cat([lr[: count - old], self._lr[drawn].to(lr.dtype)])
        self._keep(fake, lr, rng)
        return mixed, mixed_lr

    def _keep(self, fake: Tensor, lr: Tensor, rng: np.random.Generator) -> None:
        if self._images is None or self._lr is None:
            self._images = fake.new_zeros((self.settings.size, *fake.shape[1:]))
            self._lr = lr.new_zeros((self.settings.size, *lr.shape[1:]))
        for image, small in zip(fake, lr, strict=True):
            if self._filled < self.settings.size:
                place, self._filled = self._filled, self._filled + 1
            else:
                place = int(rng.integers(self.settings.size))
            self._images[place], self._lr[place] = image, small

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {"images": self._images, "lr": self._lr, "filled": self._filled}

    def load_state_dict(self, state: dict[str, Any], device: str) -> None:
        """Take up a state again."""
        images, lr = state["images"], state["lr"]
        self._images = None if images is None else images.to(device)
        self._lr = None if lr is None else lr.to(device)
        self._filled = int(state["filled"])
