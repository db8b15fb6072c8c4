"""The SRGAN paper's discriminator (Ledig et al., CVPR 2017, figure 4).

Eight 3×3 convolutions from 64 to 512 channels, every second one with stride 2, LeakyReLU .2, batch
norm but in the first, then two dense layers. Departures: the last feature map is pooled to a fixed
side, so that any crop fits (at the paper's crop of 96 the pooling changes nothing), and the sigmoid
is left to the loss, which works on logits.
"""

from __future__ import annotations

from torch import Tensor, nn

from sr_toolkit.api import Discriminator
from srtk_srgan.config import DiscriminatorConfig


class SRGANDiscriminator(Discriminator):
    """Returns one logit an image, (N, 1)."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        width = config.features
        plan = [(width, 2), (2 * width, 1), (2 * width, 2), (4 * width, 1)]
        plan += [(4 * width, 2), (8 * width, 1), (8 * width, 2)]
        layers: list[nn.Module] = [
            nn.Conv2d(config.channels, width, 3, padding=1),
            nn.LeakyReLU(0.2),
        ]
        channels = width
        for out, stride in plan:
            layers += [
                nn.Conv2d(channels, out, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(out),
                nn.LeakyReLU(0.2),
            ]
            channels = out
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(config.pool)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * config.pool**2, config.hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(config.hidden, 1),
        )

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        """Return logits (N, 1) of images (N, C, H, W) in [0, 1]."""
        maps = self.features(image * 2 - 1)  # (N, 8·F, H/16, W/16)
        logits: Tensor = self.classifier(self.pool(maps))
        return logits
