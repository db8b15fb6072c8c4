"""Labels of real and fake images for the discriminator: smoothed, noisy, or swapped."""

from __future__ import annotations

import torch
from torch import Tensor

from sr_toolkit.losses.adversarial_config import LabelConfig


def taught_labels(config: LabelConfig, logits: Tensor, *, real: bool) -> Tensor:
    """Return the labels that the discriminator is taught for these images, of the logits' shape.

    An image has one label, however many logits. Draws come from torch's global generator, and only
    where a setting asks for them.

    Args:
        config: the labels, their noise and the probability of a swap.
        logits: (N, …).
        real: are the images real?
    """
    own, other = config.real_label, config.fake_label
    if not real:
        own, other = other, own
    labels = logits.new_full((logits.shape[0],) + (1,) * (logits.ndim - 1), own)
    if config.flip:
        swapped = torch.rand_like(labels) < config.flip
        labels = torch.where(swapped, torch.full_like(labels, other), labels)
    if config.label_noise:
        labels = labels + config.label_noise * torch.randn_like(labels)
    return labels.expand_as(logits)
