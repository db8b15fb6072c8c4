"""A VGG-like discriminator for any crop, after SRGAN's (Ledig et al., CVPR 2017, figure 4).

Eight 3×3 convolutions from 64 to 512 channels, every second one with stride 2, LeakyReLU .2, norm
but in the first, then two dense layers. Departures: the last feature map is averaged over the whole
image, so that neither weights nor logit depend on the crop; the sigmoid is left to the loss; norm,
spectral norm and the LR as a condition are options.
"""

from __future__ import annotations

from torch import Tensor, nn

from sr_toolkit.discriminators.config import VGGConfig
from sr_toolkit.discriminators.layers import bounded, judged, normalization
from sr_toolkit.interfaces import Discriminator

SMALLEST = 17  # the last feature map is then 2×2: an instance norm needs more than one place


class VGGDiscriminator(Discriminator):
    """Returns one logit an image, (N, 1)."""

    def __init__(self, config: VGGConfig) -> None:
        super().__init__()
        self.config, self.conditional = config, config.conditional
        width = config.features
        plan = [(width * factor, stride) for factor in (1, 2, 4, 8) for stride in (1, 2)]
        channels = config.channels * (2 if config.conditional else 1)
        layers: list[nn.Module] = []
        for number, (out, stride) in enumerate(plan):
            norm = config.norm if number else "none"
            # Batch norm has a bias of its own.
            layer = nn.Conv2d(channels, out, 3, stride, padding=1, bias=norm != "batch")
            layers += [bounded(layer, config.spectral), normalization(norm, out)]
            layers.append(nn.LeakyReLU(0.2))
            channels = out
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            bounded(nn.Linear(channels, config.hidden), config.spectral),
            nn.LeakyReLU(0.2),
            bounded(nn.Linear(config.hidden, 1), config.spectral),
        )

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        """Return logits (N, 1) of images (N, C, H, W) in [0, 1], at least 17 pixels a side.

        Raises:
            ImageError: the image is smaller.
        """
        x = judged(
            image, lr, conditional=self.conditional, side=SMALLEST, who="discriminator 'vgg'"
        )
        maps = self.features(x)  # (N, 8·F, ⌈H/16⌉, ⌈W/16⌉)
        logits: Tensor = self.classifier(maps.mean((-2, -1)))
        return logits
