"""Which models are scored, and at which scales."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from sr_toolkit.benching.labels import unique_labels
from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.errors import CheckpointError, ConfigError, SrtkError
from sr_toolkit.registry import registry
from sr_toolkit.spec import DEFAULT_SCALE, default_scale
from sr_toolkit.upscaling.locate import Located, locate, locate_all

BASELINE = "bicubic"
BASELINE_MODEL = "sr-toolkit::bicubic"  # a plugin of the same name must not take its place


def choose_models(words: Sequence[str], runs: Path) -> list[list[Located]]:
    """Return the models in the order asked, each once, bicubic first if not asked for.

    Each word is a group; a run's phases stand together in one.

    Args:
        words: as `--models` takes them.
        runs: folder that holds runs.

    Raises:
        ConfigError: no word.
        SrtkError: one that means nothing, or has no weights.
    """
    if not words:
        known = ", ".join(registry().names("model"))
        raise ConfigError(f"No model to bench: give --models, such as one of {known}.")
    groups = [_locate(word, runs) for word in words]
    if not any(one.model == BASELINE_MODEL for group in groups for one in group):
        groups = [[dataclasses.replace(locate(BASELINE_MODEL), label=BASELINE)], *groups]
    taken: set[tuple[str, Path | None]] = set()
    chosen: list[list[Located]] = []
    for group in groups:
        chosen.append([])
        for one in group:
            key = (one.model, one.path and one.path.resolve())
            if key not in taken:
                taken.add(key)
                chosen[-1].append(one)
    labeled = iter(unique_labels([one for group in chosen for one in group]))
    return [[next(labeled) for _ in group] for group in chosen if group]


def _locate(word: str, runs: Path) -> list[Located]:
    """Return what a word means; a damaged file is kept, to cost its own row and no other."""
    try:
        return locate_all(word, runs=runs)
    except CheckpointError:
        path = Path(word).expanduser()
        if not path.is_file():  # NAME@PATH says what the file should be: a mistake, then
            raise
        folder = path.resolve().parent
        label = f"{folder.name}/{path.stem}"
        return [Located(label, "", path, f"checkpoint {path}", folder.parent)]


def choose_scales(groups: Sequence[Sequence[Located]], scales: Sequence[int]) -> tuple[int, ...]:
    """Return the scales asked, each once; none asked: ×4 if the first trained model serves it.

    Otherwise the one that this model serves.
    """
    if scales:
        return tuple(dict.fromkeys(scales))
    for group in groups:
        if (path := group[-1].path) is not None:  # of a run, the last phase serves most
            with contextlib.suppress(SrtkError):  # damage is said where it is loaded
                return (default_scale(read_metadata(path).scales),)
    return (DEFAULT_SCALE,)


def passed_over(groups: Sequence[Sequence[Located]], scale: int) -> set[Path]:
    """Return the files of a run's phases that do not serve the scale while others of it do.

    Of a run that grew from scale to scale, the early phases say nothing at the late scales.
    """
    over: set[Path] = set()
    for group in groups:
        paths = [one.path for one in group if one.path is not None]
        if len(paths) > 1:
            unfit = {path for path in paths if scale not in _scales(path, scale)}
            over |= unfit if len(unfit) < len(paths) else set()
    return over


def _scales(path: Path, wanted: int) -> tuple[int, ...]:
    try:
        return read_metadata(path).scales
    except SrtkError:
        return (wanted,)  # kept, so that its damage is said
