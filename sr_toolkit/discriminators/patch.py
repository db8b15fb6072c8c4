"""PatchGAN.

Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Nets, CVPR 2017.

4×4 convolutions, `n_layers` of them with stride 2, then two with stride 1; LeakyReLU .2; no norm in
the first and the last; weights from N(0, .02²). Departures: norm and condition are options, and the
condition is the bicubically upsampled LR.
"""

from __future__ import annotations

from torch import Tensor, nn

from sr_toolkit.discriminators.config import PatchConfig
from sr_toolkit.discriminators.layers import bounded, judged, normalization
from sr_toolkit.interfaces import Discriminator


class PatchDiscriminator(Discriminator):
    """Returns a logit for each patch, (N, 1, h, w); h = ⌊H / 2^n_layers⌋ − 2."""

    def __init__(self, config: PatchConfig) -> None:
        super().__init__()
        self.config, self.conditional = config, config.conditional
        self.side = 3 * 2**config.n_layers
        channels = config.channels * (2 if config.conditional else 1)
        plan = [(config.features * min(2**n, 8), 2) for n in range(config.n_layers)]
        plan.append((config.features * min(2**config.n_layers, 8), 1))
        layers: list[nn.Module] = []
        for number, (out, stride) in enumerate(plan):
            norm = config.norm if number else "none"
            # Batch norm has a bias of its own.
            layer = nn.Conv2d(channels, out, 4, stride, padding=1, bias=norm != "batch")
            layers += [_initialized(layer, config), normalization(norm, out), nn.LeakyReLU(0.2)]
            channels = out
        last = nn.Conv2d(channels, 1, 4, 1, padding=1)
        self.layers = nn.Sequential(*layers, _initialized(last, config))

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        """Return logits (N, 1, h, w) of images (N, C, H, W) in [0, 1].

        Raises:
            ImageError: the image is smaller than 3 · 2^n_layers.
        """
        x = judged(
            image, lr, conditional=self.conditional, side=self.side, who="discriminator 'patch'"
        )
        logits: Tensor = self.layers(x)
        return logits


def _initialized(layer: nn.Conv2d, config: PatchConfig) -> nn.Conv2d:
    nn.init.normal_(layer.weight, 0.0, 0.02)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return bounded(layer, config.spectral)
