"""Settings of the growing generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sr_toolkit.api import option


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Settings of the growing generator."""

    form: Literal["trunk", "head"] = option(
        "trunk",
        help="trunk: each stage has blocks and a head; head: another model's generator, and only "
        "an upsampling convolution and a head above it.",
    )
    features: int = option(64, help="Feature channels of every stage; of form head, the base's.")
    blocks: tuple[int, ...] = option(
        (16, 4, 2), help="Residual blocks of the stages ×2, ×4, ×8, each at the size below."
    )
    channels: int = option(3, help="Image channels: 3 for RGB, 1 for gray.")
    base: dict[str, Any] = option(
        factory=dict,
        help="Form head: the model below, as {model: srgan, config: {…}, scale: 2}; set by "
        "--grow-from.",
    )

    def __post_init__(self) -> None:
        for name in ("features", "channels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, received {getattr(self, name)}")
        if len(self.blocks) != 3 or min(self.blocks) < 0:
            raise ValueError(f"blocks takes three numbers from 0 on, received {self.blocks}")
        needed = {"model", "config", "scale"}
        if self.form == "head" and set(self.base) != needed:
            raise ValueError(
                f"form head needs base.model, base.config and base.scale, received "
                f"{sorted(self.base) or 'nothing'}; train it by --grow-from"
            )
        if self.form == "head" and self.base["scale"] not in (2, 4):
            raise ValueError(f"base.scale must be 2 or 4, received {self.base['scale']!r}")
