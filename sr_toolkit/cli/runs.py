"""`srtk runs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sr_toolkit.cli import manual, options

if TYPE_CHECKING:
    from sr_toolkit.training.overview import Overview


@manual.verbs(
    "runs",
    "srtk runs list",
    "srtk runs show mine",
)
def command() -> None:
    """Trainings: how far they are, what they scored, how to go on."""


@command.command(
    "list",
    examples=(
        "srtk runs list",
        "srtk runs list --runs trainings --json",
    ),
)
@options.runs
@options.as_json
@options.debug
def list_runs(runs: Path, as_json: bool) -> None:
    """List the runs in a folder and in its sweeps, oldest first; a damaged one with its cause."""
    from sr_toolkit.training.overview import survey

    found = survey(runs)
    if as_json:
        options.print_json([one.to_plain() for one in found])
        return
    if not found:
        click.echo(f"No runs in '{runs}'; 'srtk train srgan --preset quick' makes one.", err=True)
        return
    heads = ("RUN", "MODEL", "SCALE", "PRESET", "DATA", "BEST PSNR", "TIME", "SIZE", "STATE")
    options.print_table(heads, [_row(one, runs) for one in found])


@command.command(
    "show",
    examples=(
        "srtk runs show mine",
        "srtk runs show runs/mine --json",
    ),
)
@click.argument("run")
@options.runs
@options.as_json
@options.debug
def show_run(run: str, runs: Path, as_json: bool) -> None:
    """Show RUN, a run's folder or its name below --runs: state, scores, time, how to go on."""
    from sr_toolkit.training.overview import find_run, look

    one = look(find_run(run, runs))
    if as_json:
        options.print_json(one.to_plain())
        return
    click.echo(one.path)
    for label, value in _lines(one):
        click.echo(f"{label:<11}{value}")
    judged = [phase for phase in one.best if phase.scores]
    if judged:
        click.echo("\nBest weights by validation:")
        metrics = list(dict.fromkeys(name for phase in judged for name in phase.scores))
        rows = [
            (phase.phase, str(phase.step), *(_figure(phase.scores.get(name)) for name in metrics))
            for phase in judged
        ]
        options.print_table(("PHASE", "STEP", *(name.upper() for name in metrics)), rows)
    for warning in one.warnings:
        click.echo(f"\nWarning: {warning}")


def _row(one: Overview, folder: Path) -> tuple[str, ...]:
    path = Path(one.path)
    best = [
        f"{phase.phase} {phase.scores['psnr']:.2f}" for phase in one.best if "psnr" in phase.scores
    ]
    return (
        str(path.relative_to(folder) if path.is_relative_to(folder) else path),
        one.model or "–",
        ",".join(f"×{scale}" for scale in one.scales) or "–",
        one.preset or "–",
        ",".join(one.data) or "–",
        ", ".join(best) or "–",
        _time(one),
        size(one.size),
        one.status,
    )


def _lines(one: Overview) -> list[tuple[str, str]]:
    process = f", process {one.process}" if one.process is not None else ""
    lines = [
        ("State", one.status + process),
        ("Model", " ".join((one.model, *(f"×{scale}" for scale in one.scales)))),
        ("Preset", one.preset),
        ("Data", ", ".join(one.data)),
        ("Trained", _time(one)),
        ("On disk", size(one.size)),
        ("Remark", "" if one.state == "damaged" else one.cause),
        ("Go on", one.go_on),
    ]
    return [(label, value) for label, value in lines if value]


def _time(one: Overview) -> str:
    from sr_toolkit.training.reporter import duration

    return duration(one.seconds)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def size(count: int) -> str:
    """Return bytes as people read them: `512 B`, `3.4 MiB`."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
