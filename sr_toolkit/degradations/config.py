"""Settings of degradations: a preset, or a list of steps, each with its operation's settings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sr_toolkit.config import option
from sr_toolkit.errors import suggest

Method = Literal["bicubic", "opencv-bicubic", "pillow-bicubic", "area", "bilinear", "nearest"]
Preset = Literal["bicubic", "opencv-bicubic", "pillow-bicubic", "realesrgan", "custom"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
KINDS = (
    "iso",
    "aniso",
    "generalized-iso",
    "generalized-aniso",
    "plateau-iso",
    "plateau-aniso",
)


@dataclass(frozen=True, kw_only=True)
class DegradationStep:
    """One operation of a degradation."""

    name: str = option(help="The operation: blur, sinc, resize, jpeg, …")
    probability: float = option(1.0, help="How often an image gets it, 0 to 1.")
    config: dict[str, Any] = option(factory=dict, help="The operation's settings.", extensible=True)

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be 0 to 1, received {self.probability}")


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """How LR is made from HR."""

    preset: Preset = option(
        "bicubic",
        help="A resizer: bicubic (MATLAB's), opencv-bicubic, pillow-bicubic; realesrgan, the "
        "second-order chain of Real-ESRGAN; custom: the steps alone.",
    )
    steps: tuple[DegradationStep, ...] = option(
        (),
        help="Operations on the HR, in order. If they do not end at the LR's size, the preset's "
        "resizer (MATLAB's for custom) comes last.",
    )

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"unknown preset '{self.preset}'.{suggest(self.preset, PRESETS)}")
        if self.preset == "custom" and not self.steps:
            raise ValueError("the preset custom needs steps; give at least one")
        if self.preset == "realesrgan" and self.steps:
            raise ValueError("the preset realesrgan has steps of its own; name custom for yours")


@dataclass(frozen=True, kw_only=True)
class BlurConfig:
    """Settings of `blur`; the defaults are those of Real-ESRGAN's first round."""

    kinds: dict[str, float] = option(
        factory=lambda: dict(zip(KINDS, (0.45, 0.25, 0.12, 0.03, 0.12, 0.03), strict=True)),
        help=f"Kernel to its weight among the kernels drawn: {', '.join(KINDS)}.",
        extensible=True,
    )
    sizes: tuple[int, int] = option((7, 21), help="Least and largest side, odd pixels.")
    sigma: tuple[float, float] = option((0.2, 3.0), help="Range of the deviations, in pixels.")
    angle: tuple[float, float] = option((-math.pi, math.pi), help="Range of rotations, radians.")
    generalized_beta: tuple[float, float] = option((0.5, 4.0), help="Range of its exponent.")
    plateau_beta: tuple[float, float] = option((1.0, 2.0), help="Range of its exponent.")

    def __post_init__(self) -> None:
        for kind, weight in self.kinds.items():
            if kind not in KINDS:
                raise ValueError(f"unknown kernel '{kind}'.{suggest(kind, KINDS)}")
            if weight < 0:
                raise ValueError(f"the weight of '{kind}' must not be negative, received {weight}")
        if not sum(self.kinds.values()) > 0:
            raise ValueError("kinds needs at least one kernel with a weight above 0")
        _odd("sizes", self.sizes)
        _range("sigma", self.sigma, above=0)
        _range("angle", self.angle)
        _range("generalized_beta", self.generalized_beta, above=0)
        _range("plateau_beta", self.plateau_beta, above=0)


@dataclass(frozen=True, kw_only=True)
class SincConfig:
    """Settings of `sinc`, an ideal circular low-pass filter; it rings, as sharpening does."""

    sizes: tuple[int, int] = option((7, 21), help="Least and largest side, odd pixels.")
    cutoff: tuple[float, float] = option(
        (math.pi / 3, math.pi), help="Range of cutoffs of kernels below 13, radians a pixel."
    )
    cutoff_large: tuple[float, float] = option(
        (math.pi / 5, math.pi), help="Range of cutoffs of kernels of 13 and more."
    )

    def __post_init__(self) -> None:
        _odd("sizes", self.sizes)
        _range("cutoff", self.cutoff, above=0)
        _range("cutoff_large", self.cutoff_large, above=0)


@dataclass(frozen=True, kw_only=True)
class ResizeConfig:
    """Settings of `resize`; size and method are drawn once for a batch."""

    methods: tuple[Method, ...] = option(("bicubic",), help="One of these, equally likely.")
    relative: Literal["input", "lr"] = option(
        "input", help="The factor's base: this step's input, or the size of the LR."
    )
    factor: tuple[float, float] = option((1.0, 1.0), help="Range of factors.")
    directions: tuple[float, float, float] | None = option(
        None,
        help="Weights of up (1 to the largest factor), down (the least to 1) and keep (1); none: "
        "any factor of the range.",
    )

    def __post_init__(self) -> None:
        if not self.methods:
            raise ValueError("methods is empty; name at least one")
        _range("factor", self.factor, above=0)
        if self.directions is not None:
            if min(self.directions) < 0 or not sum(self.directions) > 0:
                raise ValueError(f"directions are weights, 0 or more, received {self.directions}")
            if not self.factor[0] <= 1 <= self.factor[1]:
                raise ValueError(f"with directions, factor must hold 1, received {self.factor}")


@dataclass(frozen=True, kw_only=True)
class GaussianNoiseConfig:
    """Settings of `gaussian-noise`."""

    sigma: tuple[float, float] = option((1.0, 30.0), help="Range of deviations, levels of 255.")
    gray: float = option(0.4, help="Share of images whose channels get the same noise.")

    def __post_init__(self) -> None:
        _range("sigma", self.sigma, least=0)
        _share("gray", self.gray)


@dataclass(frozen=True, kw_only=True)
class PoissonNoiseConfig:
    """Settings of `poisson-noise`, that of counted photons."""

    scale: tuple[float, float] = option((0.05, 3.0), help="Range of factors on the noise.")
    gray: float = option(0.4, help="Share of images whose channels get the same noise.")

    def __post_init__(self) -> None:
        _range("scale", self.scale, least=0)
        _share("gray", self.gray)


@dataclass(frozen=True, kw_only=True)
class JPEGConfig:
    """Settings of `jpeg`: baseline, standard tables, as libjpeg codes."""

    quality: tuple[int, int] = option((30, 95), help="Range of qualities, 1 to 100.")
    subsampling: Literal["4:2:0", "4:4:4"] = option("4:2:0", help="Chroma at half size, or full.")
    gradient: Literal["straight-through", "soft"] = option(
        "straight-through",
        help="Roundings where a gradient is wanted: exact with slope 1, or a cubic in between.",
    )

    def __post_init__(self) -> None:
        _range("quality", self.quality, least=1, most=100)


@dataclass(frozen=True, kw_only=True)
class ClampConfig:
    """Settings of `clamp`."""

    low: float = option(0.0, help="Least value.")
    high: float = option(1.0, help="Largest value.")

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, received {self.low} and {self.high}")


@dataclass(frozen=True, kw_only=True)
class QuantizeConfig:
    """Settings of `quantize`."""

    levels: int = option(255, help="Steps between 0 and 1; 255 is that of 8 bits.")

    def __post_init__(self) -> None:
        if self.levels < 1:
            raise ValueError(f"levels must be at least 1, received {self.levels}")


@dataclass(frozen=True, kw_only=True)
class ChoiceConfig:
    """Settings of `choice`: each image goes through one of several lists of steps."""

    options: tuple[tuple[DegradationStep, ...], ...] = option(
        help="Lists of steps; an empty one leaves the image as it is."
    )
    weights: tuple[float, ...] = option((), help="Their weights; empty: equally likely.")

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("options is empty; give at least one list of steps")
        if self.weights:
            if len(self.weights) != len(self.options):
                raise ValueError(
                    f"{len(self.options)} options need as many weights, received {self.weights}"
                )
            if min(self.weights) < 0 or not sum(self.weights) > 0:
                raise ValueError(f"weights must be 0 or more, received {self.weights}")


def _range(
    name: str,
    pair: tuple[float, float],
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
) -> None:
    low, high = pair
    fits = math.isfinite(low) and math.isfinite(high) and low > above and low >= least
    if not (fits and low <= high <= most):
        bounds = [f"above {above}"] * (above > -math.inf) + [f"from {least}"] * (least > -math.inf)
        bounds += [f"to {most}"] * (most < math.inf)
        raise ValueError(
            f"{name} must be (least, largest) {' '.join(bounds)}".rstrip() + f", received {pair}"
        )


def _odd(name: str, pair: tuple[int, int]) -> None:
    _range(name, pair, least=1)
    if not (pair[0] % 2 and pair[1] % 2):
        raise ValueError(f"{name} must be odd, received {pair}")


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be 0 to 1, received {value}")
