"""Adversarial losses on logits of any shape."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.interfaces import AdversarialLoss
from sr_toolkit.losses.config import AdversarialConfig


class Vanilla(AdversarialLoss):
    """Binary cross-entropy; the generator maximizes log D(fake) (Goodfellow et al., NIPS 2014)."""

    def __init__(self, config: AdversarialConfig) -> None:
        super().__init__()
        self.config = config

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log D(fake)."""
        return _cross_entropy(fake, 1.0)

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the mean of −log D(real) and −log (1 − D(fake))."""
        return (_cross_entropy(real, self.config.real_label) + _cross_entropy(fake, 0.0)) / 2


class RelativisticAverage(AdversarialLoss):
    """Is the real more real than the average fake? (Jolicoeur-Martineau, ICLR 2019)."""

    generator_needs_real = True

    def __init__(self, config: AdversarialConfig) -> None:
        super().__init__()
        self.config = config

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the loss with the roles of real and fake exchanged."""
        real_side = _cross_entropy(real - fake.mean(), 0.0)
        fake_side = _cross_entropy(fake - real.mean(), 1.0)
        return (real_side + fake_side) / 2

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the mean over both sides, each against the other's average."""
        real_side = _cross_entropy(real - fake.mean(), self.config.real_label)
        fake_side = _cross_entropy(fake - real.mean(), 0.0)
        return (real_side + fake_side) / 2


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, logits.new_full(logits.shape, label))
