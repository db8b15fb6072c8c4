"""The interfaces of the pluggable parts. Tensors are (N, C, H, W) float in [0, 1], RGB.

Importing this module imports torch; specs never do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


class Generator(nn.Module, ABC):
    """Maps LR to SR.

    Attributes:
        config: the frozen dataclass that it was built from.
        scales: the scales that this instance serves, ascending.
        channels: (in, out) image channels.
        size_multiple: H and W of the LR must be a multiple of this; callers pad.
        deterministic: False for a model that draws random numbers; it then takes `seed=`.
        frames: 1; a multi-frame model takes (N, T, C, H, W).
        channelwise: True where each channel is treated alone and alike, as a resizer does; such a
            method takes any number of channels and keeps float64.
        stages: names of parts that a recipe may freeze, each to patterns of parameter names.
        channels_last: is inference quicker in that memory layout, by the model's own benchmark?
        remark: what a person who runs it should know, in one sentence, or ''; since 1.1.
    """

    config: Any
    scales: tuple[int, ...]
    channels: tuple[int, int] = (3, 3)
    size_multiple: int = 1
    deterministic: bool = True
    frames: int = 1
    channelwise: bool = False
    stages: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    channels_last: bool = False
    remark: str = ""

    @abstractmethod
    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR, (N, C, scale·H, scale·W), not clamped.

        Args:
            lr: (N, C, H, W) in [0, 1].
            scale: one of `scales`; None means the largest.
        """

    @abstractmethod
    def receptive_field(self, scale: int) -> int | None:
        """Return the radius in LR pixels that an SR pixel can see, or None: cannot be tiled."""

    def all_scales(self, lr: Tensor) -> dict[int, Tensor]:
        """Return the SR of each of `scales`; a network that shares work between them overrides."""
        return {scale: self(lr, scale) for scale in self.scales}

    def features(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the last convolution sees, (N, F, s·H, s·W), and the SR at the largest scale.

        Optional: a model that has it can be continued by another one's head.

        Raises:
            NotImplementedError: the model does not offer it.
        """
        raise NotImplementedError(f"{type(self).__name__} does not offer its features")

    def fade_in(self, scale: int, share: float) -> None:
        """Let what `scale` adds to the scale before count by `share`, from 0 to 1.

        Raises:
            NotImplementedError: the model does not grow.
        """
        raise NotImplementedError(f"{type(self).__name__} does not grow")

    def fused(self) -> Generator:
        """Return an equal generator that computes quicker and is not trained any more.

        Batch norm may be folded into convolutions; the default is the generator itself.
        """
        return self


class Discriminator(nn.Module, ABC):
    """Judges images: `forward(image, lr=None)` returns logits of any spatial shape.

    Attributes:
        config: the frozen dataclass that it was built from.
        conditional: does it look at the LR?
    """

    config: Any
    conditional: bool = False

    @abstractmethod
    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        """Return logits, high for real, for images (N, C, H, W) in [0, 1]."""


class Loss(nn.Module, ABC):
    """`forward(sr, hr)` returns a scalar.

    Attributes:
        needs: what else it takes by keyword, as `lr`.
        reference: `target` if it compares with the HR, `none` if it looks at the SR alone.
        remark: what a person who trains with it should know, in one sentence, or ''.
    """

    needs: tuple[str, ...] = ()
    reference: Literal["target", "none"] = "target"
    remark: str = ""

    @abstractmethod
    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return the loss, a scalar with gradient, for SR and HR (N, C, H, W) in [0, 1]."""


class AdversarialLoss(nn.Module, ABC):
    """The two sides of a GAN's game, on logits of real and fake images.

    `generator_needs_real` says whether `generator` looks at the real logits; where it does not,
    they are not computed and `real` is a stand-in.
    """

    generator_needs_real: bool = False

    @abstractmethod
    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the generator's loss, a scalar."""

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss, a scalar."""


class Dataset(ABC):
    """A set of images by index.

    Attributes:
        name: what it is called in results.
        kind: `hr`, `lr`, or `paired`: a paired one gives `lr(i, scale)` too.
    """

    name: str
    kind: Literal["hr", "lr", "paired"] = "hr"

    def prepare(self, roots: Sequence[Path]) -> None:  # noqa: B027 - nothing to find by default
        """Find (or fetch) the images below `roots`; called once before all else.

        Raises:
            DataError: the set is absent; the message says where it was looked for.
        """

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of images."""

    @abstractmethod
    def image(self, index: int) -> Pixels:
        """Return image `index`, (H, W, C) uint8 or uint16; a gray one has C = 1.

        Several threads may call it at a time.
        """

    def lr(self, index: int, scale: int) -> Pixels:
        """Return the set's own LR of image `index`.

        Raises:
            DataError: the set has none for this scale.
        """
        from sr_toolkit.errors import DataError

        raise DataError(
            f"The dataset '{self.name}' has no LR of its own for ×{scale}; leave --lr at 'made'."
        )

    def label(self, index: int) -> str:
        """Return a short name of image `index`, such as its file's stem."""
        return f"{index:05d}"

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a hash of what the set holds, the same on every machine."""

    def training_part(self) -> Dataset:
        """Return the part meant for training; a set without parts returns itself."""
        return self

    def validation_part(self) -> Dataset | None:
        """Return the part meant for validation, or None: the caller splits."""
        return None


class Metric(ABC):
    """A score of an image pair, or of one image.

    Attributes:
        name: the column's head.
        higher_is_better: the direction.
        needs_hr: False for a no-reference metric; its `score` gets the SR in both places.
        space: `luma` if it takes what the protocol makes of the image (Y under `y` and `srcnn`, all
            channels under `rgb`, border cropped), `rgb` if it takes the whole uint8 RGB image, `lr`
            if it takes the SR degraded again and the LR, both uint8 RGB.
        digits: digits shown after the point.
        tolerance: how far a score may lie from the same score computed on another machine.
        concurrent: may several threads call `score` beside a running model? Only where it uses
            neither torch nor a state of its own.
    """

    name: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    needs_hr: ClassVar[bool] = True
    space: ClassVar[Literal["luma", "rgb", "lr"]] = "luma"
    digits: ClassVar[int] = 4
    tolerance: ClassVar[float] = 1e-3
    concurrent: ClassVar[bool] = False

    @abstractmethod
    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the score of one image; arrays (H, W, C) on the scale 0 to 255.

        Raises:
            ValueError: the image is not one that the metric can score; the message says why.
        """

    def describe(self) -> str:
        """Return what a reader must know beside the name, such as the network, or ''."""
        return ""

    def fingerprint(self) -> str:
        """Return what scores depend on beside the code, such as a hash of a network's weights."""
        return ""

    def unavailable(self) -> str:
        """Return why the metric cannot be computed here, in one sentence, or ''."""
        return ""


class SetMetric(Metric):
    """A score of a whole set of images, such as a distance between two distributions.

    Every image is described on its own; the score is made of all descriptions together.
    """

    @abstractmethod
    def embed(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """Return the description, one axis, of one image (H, W, C) on the scale 0 to 255."""

    @abstractmethod
    def distance(self, sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
        """Return the score of a set from its descriptions, (images, length) each.

        Raises:
            ValueError: too few images; the message says how many it takes.
        """

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Refuse: there is no score of one image."""
        raise ValueError(f"{self.name} is a score of a whole set, not of one image")
