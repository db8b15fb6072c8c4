"""Which models are scored, and at which scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from sr_toolkit.benching.labels import unique_labels
from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.errors import ConfigError
from sr_toolkit.registry import registry
from sr_toolkit.spec import DEFAULT_SCALE, default_scale
from sr_toolkit.upscaling.locate import Located, locate, locate_all

BASELINE = "bicubic"
BASELINE_MODEL = "sr-toolkit::bicubic"  # a plugin of the same name must not take its place


def choose_models(words: Sequence[str], scale: int | None, runs: Path) -> tuple[list[Located], int]:
    """Return the models in the order asked, each once, bicubic first if not asked for; the scale.

    Of a run that grew from scale to scale, the phases that do not serve the scale are left out.

    Args:
        words: as `--models` takes them.
        scale: None: ×4 if the first trained model serves it, else that one's largest.
        runs: folder that holds runs.

    Raises:
        ConfigError: no word.
        SrtkError: one that means nothing, or has no weights.
    """
    if not words:
        known = ", ".join(registry().names("model"))
        raise ConfigError(f"No model to bench: give --models, such as one of {known}.")
    groups = [locate_all(word, runs=runs) for word in words]
    scale = scale or _common_scale(groups)
    located = [one for group in groups for one in _serving(group, scale)]
    if not any(one.model == BASELINE_MODEL for one in located):
        located = [dataclasses.replace(locate(BASELINE_MODEL), label=BASELINE), *located]
    each = {(one.model, one.path and one.path.resolve()): one for one in reversed(located)}
    return unique_labels([*reversed(each.values())]), scale


def _common_scale(groups: Sequence[Sequence[Located]]) -> int:
    for group in groups:
        if (path := group[-1].path) is not None:  # of a run, the last phase serves most
            return default_scale(read_metadata(path).scales)
    return DEFAULT_SCALE


def _serving(group: Sequence[Located], scale: int) -> Sequence[Located]:
    """Return those of a run's phases that serve the scale; all where none does, to be refused."""
    if len(group) == 1:
        return group
    fitting = [one for one in group if one.path and scale in read_metadata(one.path).scales]
    return fitting or group
