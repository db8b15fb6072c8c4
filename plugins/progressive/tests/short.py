"""Settings that turn the recipe `quick` into a training of seconds."""

from __future__ import annotations

CROPS = {"x2": 16, "x4": 32, "x4-all": 32, "x8": 64, "x8-all": 64}
PHASES = tuple(CROPS)
TINY = (
    "generator={features: 8, blocks: [1, 1, 1]}",
    "validation_images=1",
    *(
        f"phases.{phase}.{setting}"
        for phase in PHASES
        for setting in ("steps=4", "batch=2", "log_every=1", "validate_every=4", "save_every=2")
    ),
    *(f"phases.{phase}.crop={crop}" for phase, crop in CROPS.items()),
    "phases.x4.fade=3",
    "phases.x8.fade=0",
)
