"""The named degradations, the operations they are made of, and what `name:seed` means. No torch."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sr_toolkit.config import plain, validate
from sr_toolkit.degradations import config as c
from sr_toolkit.degradations.config import Degradation, DegradationStep, Method, Preset
from sr_toolkit.errors import ConfigError, UnknownNameError
from sr_toolkit.registry import import_object, registry

if TYPE_CHECKING:
    from sr_toolkit.degradations.operation import Operation

_RESIZERS: tuple[Method, ...] = ("area", "bilinear", "opencv-bicubic")


def step_settings(step: DegradationStep, where: str) -> Any:
    """Return the step's settings as its operation's own dataclass.

    Raises:
        UnknownNameError: no such operation; near ones are suggested.
        PluginError: its plugin is out of order.
        ConfigError: settings that do not fit, named by `where`.
    """
    try:
        spec = registry().component("degradation", step.name)
    except UnknownNameError as error:
        hint = f"It is named in '{where}.name'."
        raise UnknownNameError("degradation step", step.name, error.known, hint) from None
    cls = import_object(spec.config)
    settings: Any = validate(cls, plain(step.config), where=f"{where}.config")
    if isinstance(settings, c.ChoiceConfig):
        for number, steps in enumerate(settings.options):
            for index, nested in enumerate(steps):
                step_settings(nested, f"{where}.config.options.{number}.{index}")
    return settings


def build_operation(name: str, settings: Any) -> Operation:
    """Build an operation from its own settings; imports torch."""
    built: Operation = import_object(registry().component("degradation", name).factory)(settings)
    return built


def check_degradation(settings: Degradation, where: str = "degradation") -> None:
    """Refuse settings that cannot be built, without torch: for recipes, before the first step.

    Raises:
        SrtkError: an unknown operation, or settings that do not fit it.
    """
    for index, step in enumerate(settings.steps):
        step_settings(step, f"{where}.steps.{index}")


def parse_degradation(word: str) -> tuple[Degradation, int]:
    """Return the degradation and the seed that `name` or `name:seed` means; the seed is else 0.

    Raises:
        UnknownNameError: no preset and no benchmark of this name.
        ConfigError: a seed that is not a whole number from 0.
    """
    name, colon, seed = word.partition(":")
    known = [*(preset for preset in c.PRESETS if preset != "custom"), *BENCHMARKS]
    if name not in known:
        raise UnknownNameError("degradation", name, known)
    if colon and not (seed.isascii() and seed.isdigit()):
        raise ConfigError(
            f"The seed of '{word}' must be a whole number from 0 (received {seed!r}); "
            f"write '{name}:0'."
        )
    if name in BENCHMARKS:
        return Degradation(preset="custom", steps=BENCHMARKS[name]()), int(seed or 0)
    return Degradation(preset=typing.cast("Preset", name)), int(seed or 0)


def realesrgan_steps() -> tuple[DegradationStep, ...]:
    """Return the chain of Real-ESRGAN (Wang et al., ICCVW 2021) with its published ranges.

    Two rounds of blur, resize, noise and JPEG; a sinc filter, the resize to the LR's size and the
    last JPEG end it, in either order. Departures from the authors' code: what they draw once for
    a batch is drawn for each image, save the sizes of resizes; qualities are whole numbers; JPEG
    rounds to 8 bits, as a file does; and there is no sharpening of the HR before.
    """
    end = [
        _step("resize", relative="lr", factor=[1.0, 1.0], methods=list(_RESIZERS), directions=None),
        _step("sinc", 0.8, sizes=[7, 21], cutoff=_PI_3, cutoff_large=_PI_3),
    ]
    jpeg = _step("jpeg", quality=[30, 95])
    return (
        _blur(sigma=[0.2, 3.0]),
        _step("resize", methods=list(_RESIZERS), factor=[0.15, 1.5], directions=[0.2, 0.7, 0.1]),
        _noise(sigma=[1.0, 30.0], scale=[0.05, 3.0]),
        jpeg,
        _blur(0.8, sigma=[0.2, 1.5]),
        _step(
            "resize",
            methods=list(_RESIZERS),
            relative="lr",
            factor=[0.3, 1.2],
            directions=[0.3, 0.4, 0.3],
        ),
        _noise(sigma=[1.0, 25.0], scale=[0.05, 2.5]),
        _choice([0.5, 0.5], [*end, jpeg], [jpeg, *end]),
    )


def _bd_steps() -> tuple[DegradationStep, ...]:
    kernel = _step("blur", kinds={"iso": 1.0}, sizes=[7, 7], sigma=[1.6, 1.6])
    return kernel, _to_lr("nearest")


def _blur_down_steps() -> tuple[DegradationStep, ...]:
    return (_step("blur", kinds={"iso": 1.0}, sizes=[21, 21], sigma=[2.6, 2.6]),)


def _dn_steps() -> tuple[DegradationStep, ...]:
    return _to_lr("bicubic"), _step("gaussian-noise", sigma=[30.0, 30.0], gray=0.0)


def _jpeg40_steps() -> tuple[DegradationStep, ...]:
    return _to_lr("bicubic"), _step("jpeg", quality=[40, 40])


BENCHMARKS: dict[str, Callable[[], tuple[DegradationStep, ...]]] = {
    "blur-down": _blur_down_steps,
    "bd": _bd_steps,
    "dn": _dn_steps,
    "jpeg40": _jpeg40_steps,
}
"""Degradations that benchmarks go by.

`bd` and `dn` are those of Zhang et al.: Residual Dense Network, CVPR 2018, stated for ×3: a 7×7
Gaussian of deviation 1.6 and every third pixel (here the middle one, at every scale); bicubic and
noise of deviation 30. `blur-down`: a 21×21 Gaussian of deviation 2.6 and bicubic, in the middle of
the blurs of Gu et al.: Blind Super-Resolution with Iterative Kernel Correction, CVPR 2019.
`jpeg40`: bicubic and JPEG of quality 40.
"""


def _to_lr(method: Method) -> DegradationStep:
    return _step("resize", relative="lr", factor=[1.0, 1.0], methods=[method], directions=None)


_PI_3 = [math.pi / 3, math.pi]


def _step(name: str, probability: float = 1.0, **config: Any) -> DegradationStep:
    return DegradationStep(name=name, probability=probability, config=config)


def _choice(
    weights: list[float], *options: list[DegradationStep], probability: float = 1.0
) -> DegradationStep:
    lists = [[plain(step) for step in steps] for steps in options]
    return _step("choice", probability, options=lists, weights=weights)


def _blur(probability: float = 1.0, *, sigma: list[float]) -> DegradationStep:
    """One kernel in ten is a sinc."""
    return _choice(
        [0.1, 0.9], [_step("sinc")], [_step("blur", sigma=sigma)], probability=probability
    )


def _noise(*, sigma: list[float], scale: list[float]) -> DegradationStep:
    return _choice(
        [0.5, 0.5],
        [_step("gaussian-noise", sigma=sigma, gray=0.4)],
        [_step("poisson-noise", scale=scale, gray=0.4)],
    )
