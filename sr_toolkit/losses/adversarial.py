"""Adversarial losses on logits (N, …) of any shape, computed in float32."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.interfaces import AdversarialLoss
from sr_toolkit.losses.adversarial_config import (
    AdversarialConfig,
    HingeConfig,
    LabelConfig,
    WassersteinConfig,
)
from sr_toolkit.losses.labels import taught_labels
from sr_toolkit.losses.pairs import full_precision


class Vanilla(AdversarialLoss):
    """Binary cross-entropy; the generator maximizes log D(fake) (Goodfellow et al., NIPS 2014)."""

    def __init__(self, config: AdversarialConfig) -> None:
        super().__init__()
        self.config = config

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log D(fake)."""
        return F.softplus(-full_precision(fake)).mean()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the mean of −log D(real) and −log (1 − D(fake)), with the taught labels."""
        return _two_sides(self.config, real, fake)


class RelativisticAverage(AdversarialLoss):
    """Is the real more real than the average fake? (Jolicoeur-Martineau, ICLR 2019)."""

    generator_needs_real = True

    def __init__(self, config: AdversarialConfig) -> None:
        super().__init__()
        self.config = config

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the loss with the roles of real and fake exchanged."""
        real, fake = full_precision(real), full_precision(fake)
        real_side, fake_side = F.softplus(real - fake.mean()), F.softplus(real.mean() - fake)
        return (real_side.mean() + fake_side.mean()) / 2

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the mean over both sides, each against the other's average."""
        real, fake = full_precision(real), full_precision(fake)
        return _two_sides(self.config, real - fake.mean(), fake - real.mean())


class LeastSquares(AdversarialLoss):
    """Squared distance of logits and labels (Mao et al.: LSGAN, ICCV 2017, equation 9)."""

    def __init__(self, config: LabelConfig) -> None:
        super().__init__()
        self.config = config

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return ½ mean (D(fake) − real_label)²."""
        return (full_precision(fake) - self.config.real_label).square().mean() / 2

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return ½ mean (D(real) − real_label)² + ½ mean (D(fake) − fake_label)²."""
        real, fake = full_precision(real), full_precision(fake)
        real_side = (real - taught_labels(self.config, real, real=True)).square().mean()
        fake_side = (fake - taught_labels(self.config, fake, real=False)).square().mean()
        return (real_side + fake_side) / 2


class Hinge(AdversarialLoss):
    """Only logits inside the margin count (Lim, Ye: Geometric GAN, 2017; Miyato et al., 2018)."""

    def __init__(self, config: HingeConfig) -> None:
        super().__init__()
        self.margin = config.margin

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −mean D(fake)."""
        return -full_precision(fake).mean()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return mean max(0, margin − D(real)) + mean max(0, margin + D(fake))."""
        real_side = F.relu(self.margin - full_precision(real))
        fake_side = F.relu(self.margin + full_precision(fake))
        return real_side.mean() + fake_side.mean()


class Wasserstein(AdversarialLoss):
    """The critic's estimate of the earth mover's distance (Arjovsky et al., ICML 2017).

    The critic must be Lipschitz: use it with a gradient penalty or spectral norm. The `drift` term
    is that of Karras et al. (ICLR 2018).
    """

    def __init__(self, config: WassersteinConfig) -> None:
        super().__init__()
        self.drift = config.drift

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −mean D(fake)."""
        return -full_precision(fake).mean()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return mean D(fake) − mean D(real) + drift · mean D(real)²."""
        real, fake = full_precision(real), full_precision(fake)
        loss = fake.mean() - real.mean()
        return loss + self.drift * real.square().mean() if self.drift else loss


def _two_sides(config: LabelConfig, real: Tensor, fake: Tensor) -> Tensor:
    """Return the mean cross-entropy of both sides; disturbed labels are kept in [0, 1]."""
    real, fake = full_precision(real), full_precision(fake)
    sides = [
        F.binary_cross_entropy_with_logits(
            logits, taught_labels(config, logits, real=is_real).clamp(0, 1)
        )
        for logits, is_real in ((real, True), (fake, False))
    ]
    return (sides[0] + sides[1]) / 2
