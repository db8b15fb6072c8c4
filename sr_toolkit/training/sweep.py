"""Several trainings one after another that differ in some settings, with a table at the end."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.errors import CheckpointError, ConfigError
from sr_toolkit.files import write_text
from sr_toolkit.runs import Run
from sr_toolkit.training.comparing import differences
from sr_toolkit.training.plan import Request, make_plan, read_plan

METRICS = ("psnr", "ssim", "lpips")
LONGEST = 100  # characters of a folder's name
MAY_DIFFER = ("sr_toolkit", "version", "hardware")
"""What of a plan is not a setting of the sweep."""


@dataclass(frozen=True)
class Variant:
    """One training of a sweep: its folder's name, and what it sets."""

    name: str
    settings: tuple[str, ...]


def variants(axes: Sequence[str], ablations: Sequence[str]) -> list[Variant]:
    """Return the trainings that `--sweep KEY=V1,V2` and `--ablate KEY=VALUE` ask for.

    Sweeps are combined, each value with each. Ablations are one at a time, beside a base without
    any.

    Raises:
        ConfigError: not of the form KEY=VALUE, or the same twice.
    """
    spread = [_spread(axis) for axis in axes]
    combined = [tuple(choice) for choice in itertools.product(*spread)]
    changes: list[tuple[str, ...]] = [()]
    for ablation in ablations:
        _split(ablation, "--ablate")
        changes.append((ablation,))
    found = [settings + change for settings in combined for change in changes]
    if len(set(found)) < len(found):
        raise ConfigError("The sweep names the same training twice; leave one out.")
    names = [_slug(settings) for settings in found]
    return [
        Variant(name if names.count(name) == 1 else f"{name}_{_digest(settings)}", settings)
        for name, settings in zip(names, found, strict=True)
    ]


def run_sweep(
    request: Request,
    chosen: Sequence[Variant],
    out: Path,
    *,
    begin: Callable[[Request, Path], object],
    go_on: Callable[[Path], object],
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Train every variant into a folder of its own below `out`; return the table's rows.

    A variant that was begun before is gone on with, so a stopped sweep is resumed by the same
    command.

    Args:
        request: what they have in common.
        chosen: the variants.
        out: their folder; `sweep.json` and `sweep.md` are written there too.
        begin: starts a training in a folder.
        go_on: resumes the one in a folder.
        say: tells the user.
    """
    rows: list[dict[str, Any]] = []
    for number, variant in enumerate(chosen, start=1):
        folder = out / variant.name
        say(f"[{number}/{len(chosen)}] {variant.name}")
        settings = (*request.settings, *variant.settings)
        asked = dataclasses.replace(request, settings=settings)
        if (folder / "config.yaml").is_file():
            _refuse_other(folder, asked)
            go_on(folder)
        else:
            begin(asked, folder)
        rows += list(_results(variant, Run(folder)))
        write_text(out / "sweep.json", json.dumps(rows, indent=1) + "\n")
        write_text(out / "sweep.md", markdown(rows))
    return rows


def table(rows: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the cells of the table."""
    heads = ["variant", "phase", "step", *METRICS]
    return heads, [[_cell(row.get(head)) for head in heads] for row in rows]


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    heads, cells = table(rows)
    lines = [heads, ["---"] * 3 + ["---:"] * len(METRICS), *cells]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _results(variant: Variant, run: Run) -> Iterator[dict[str, Any]]:
    """Yield a row for each phase, from its best checkpoint."""
    for phase in run.phases:
        try:
            metadata = read_metadata(run.checkpoint(phase))
        except CheckpointError:
            continue
        scores = {name: metadata.scores.get(f"validation/{name}") for name in METRICS}
        yield {"variant": variant.name, "phase": phase, "step": metadata.steps, **scores}


def _refuse_other(folder: Path, request: Request) -> None:
    """Refuse to go on with a run that is not what the sweep asks for.

    Raises:
        ConfigError: no run of ours, or one with other settings, which are named.
    """
    asked = make_plan(request)[0].to_plain()
    there = read_plan(Run(folder)).to_plain()
    for phase in there["recipe"]["phases"].values():
        phase["extend"] = 0
    for name, phase in asked["recipe"]["phases"].items():
        if phase["batch"] == "auto":  # it was found and written down when the run was made
            phase["batch"] = there["recipe"]["phases"].get(name, phase)["batch"]
    before, now = ({k: v for k, v in p.items() if k not in MAY_DIFFER} for p in (there, asked))
    changed = list(differences(before, now))
    if changed:
        raise ConfigError(
            f"'{folder}' holds a training with other settings ({'; '.join(changed[:3])}); give "
            f"the sweep another --out, or remove that folder."
        )


def _spread(axis: str) -> list[str]:
    key, text = _split(axis, "--sweep")
    values = _values(text)
    if len(values) < 2:
        raise ConfigError(f"'--sweep {axis}' names one value only; give several: KEY=V1,V2.")
    return [f"{key}={value}" for value in values]


def _values(text: str) -> list[str]:
    """Split at commas outside of brackets."""
    return [part.strip() for part in re.split(r",(?![^\[{]*[\]}])", text) if part.strip()]


def _split(assignment: str, option: str) -> tuple[str, str]:
    key, separator, text = assignment.partition("=")
    if not separator or not key.strip() or not text.strip():
        raise ConfigError(f"'{option} {assignment}' is not of the form KEY=VALUE.")
    return key.strip(), text


def _slug(settings: Sequence[str]) -> str:
    """Return a folder's name for some settings: keys without `phases.`, and the values."""
    words = []
    for setting in settings:
        text = setting.removeprefix("phases.")
        words.append(re.sub(r"[^A-Za-z0-9.+-]+", "-", text).strip("-"))
    name = "_".join(words) or "base"
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}_{_digest(settings)}"


def _digest(settings: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(settings).encode()).hexdigest()[:8]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
