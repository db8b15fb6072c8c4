"""The discriminators of ESRGAN and of Real-ESRGAN, as BasicSR has them.

`VGGDiscriminator128`: Wang et al.: ESRGAN, ECCV Workshops 2018; images of 128×128.
`UNetDiscriminator`: Wang et al.: Real-ESRGAN, ICCV Workshops 2021, after Schönfeld et al.: A U-Net
Based Discriminator for Generative Adversarial Networks, CVPR 2020.

Both see images as they are, in [0, 1]. Departures: pooling, and in the U-Net sizes that are no
multiple of 8, which change nothing where the published sizes are given.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from sr_toolkit.api import Discriminator, ImageError
from srtk_esrgan.config import UNetConfig, VGGConfig

LAST = 4  # side of the last feature map of a crop of 128


class VGGDiscriminator128(Discriminator):
    """Ten convolutions, five of stride 2, batch norm, two dense layers; a logit an image, (N, 1).

    Keys are those of BasicSR's `VGGStyleDiscriminator`.
    """

    def __init__(self, config: VGGConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        for stage, factor in enumerate((1, 2, 4, 8, 8)):
            width = factor * config.features
            # Batch norm, which the first convolution alone goes without, has a bias of its own.
            first = nn.Conv2d(channels, width, 3, padding=1, bias=not stage)
            self.add_module(f"conv{stage}_0", first)
            self.add_module(f"conv{stage}_1", nn.Conv2d(width, width, 4, 2, 1, bias=False))
            if stage:
                self.add_module(f"bn{stage}_0", nn.BatchNorm2d(width))
            self.add_module(f"bn{stage}_1", nn.BatchNorm2d(width))
            channels = width
        self.linear1 = nn.Linear(channels * LAST**2, config.hidden)
        self.linear2 = nn.Linear(config.hidden, 1)

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        """Return logits (N, 1) of images (N, C, 128, 128) in [0, 1]; by pooling, of any from 32.

        Raises:
            ImageError: another size.
        """
        self._refuse_other_sizes(image)
        x = image
        for stage in range(5):
            for place in range(2):
                x = self.get_submodule(f"conv{stage}_{place}")(x)
                if stage or place:
                    x = self.get_submodule(f"bn{stage}_{place}")(x)
                x = lrelu(x)
        if self.config.pooling:
            x = F.adaptive_avg_pool2d(x, LAST)
        logits: Tensor = self.linear2(lrelu(self.linear1(x.flatten(1))))  # from (N, 8·F·4·4)
        return logits

    def _refuse_other_sizes(self, image: Tensor) -> None:
        height, width = image.shape[-2:]
        if self.config.pooling:
            if min(height, width) < 32:
                raise ImageError(
                    f"The discriminator 'esrgan-vgg' judges images of at least 32 pixels a side, "
                    f"received {width}×{height}; take a larger crop."
                )
        elif (height, width) != (128, 128):
            raise ImageError(
                f"The discriminator 'esrgan-vgg' judges images of 128×128, received "
                f"{width}×{height}; take a crop of 128, or set its config's pooling to true."
            )


class UNetDiscriminator(Discriminator):
    """A U-Net with spectral norm: a logit for each pixel, (N, 1, H, W).

    Layers and names are those of BasicSR's `UNetDiscriminatorSN`; spectral norm is torch's
    parametrization, which stores a weight under `parametrizations.weight`.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.features
        self.conv0 = nn.Conv2d(config.channels, width, 3, padding=1)
        self.conv1 = bounded(width, 2 * width, stride=2)
        self.conv2 = bounded(2 * width, 4 * width, stride=2)
        self.conv3 = bounded(4 * width, 8 * width, stride=2)
        self.conv4 = bounded(8 * width, 4 * width)
        self.conv5 = bounded(4 * width, 2 * width)
        self.conv6 = bounded(2 * width, width)
        self.conv7 = bounded(width, width)
        self.conv8 = bounded(width, width)
        self.conv9 = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        """Return logits (N, 1, H, W) of images (N, C, H, W) in [0, 1], at least 8 pixels a side.

        Raises:
            ImageError: the image is smaller.
        """
        height, width = image.shape[-2:]
        if min(height, width) < 8:
            raise ImageError(
                f"The discriminator 'unet' judges images of at least 8 pixels a side, received "
                f"{width}×{height}; take a larger crop."
            )
        x0 = lrelu(self.conv0(image))  # (N, F, H, W)
        x1 = lrelu(self.conv1(x0))  # (N, 2·F, H/2, W/2)
        x2 = lrelu(self.conv2(x1))  # (N, 4·F, H/4, W/4)
        x3 = lrelu(self.conv3(x2))  # (N, 8·F, H/8, W/8)
        x = self._joined(lrelu(self.conv4(enlarged(x3, x2))), x2)
        x = self._joined(lrelu(self.conv5(enlarged(x, x1))), x1)
        x = self._joined(lrelu(self.conv6(enlarged(x, x0))), x0)  # (N, F, H, W)
        logits: Tensor = self.conv9(lrelu(self.conv8(lrelu(self.conv7(x)))))
        return logits

    def _joined(self, x: Tensor, skip: Tensor) -> Tensor:
        return x + skip if self.config.skips else x


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Return x, bilinearly enlarged to the height and width of `like`: twice its own, if even."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def bounded(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution without bias, of side 4 where it has stride 2, with spectral norm."""
    side = 3 if stride == 1 else 4
    convolution = nn.Conv2d(inputs, outputs, side, stride, padding=1, bias=False)
    spectral_norm(convolution)  # in place
    return convolution


def lrelu(x: Tensor) -> Tensor:
    """Return LeakyReLU of slope .2, in place: nothing before it needs its own output."""
    return F.leaky_relu(x, 0.2, inplace=True)
