"""`srtk bench --verify` and `--self-check`: tables of what holds and what does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sr_toolkit.cli import options


def verify(file: Path, *, as_json: bool, **where: Any) -> None:
    """Run a recorded result again; exit status 1 where a score does not hold."""
    from sr_toolkit.benching.result import json_ready
    from sr_toolkit.benching.verifying import verify as run_again

    checks = run_again(file, **where)
    failed = [check for check in checks if check.problem]
    if as_json:
        options.print_json({"holds": not failed, "checks": json_ready(checks)})
    else:
        rows = [
            [
                check.table,
                check.model,
                check.metric,
                _figure(check.recorded, check.digits),
                _figure(check.found, check.digits),
                _difference(check.worst, check.image),
                f"{check.tolerance:g}",
                check.problem or ("holds" if check.recorded is not None else "scored neither time"),
            ]
            for check in checks
        ]
        heads = ["table", "model", "metric", "recorded", "found", "largest difference"]
        options.print_table([*heads, "tolerance", ""], rows)
    if failed:
        first = failed[0]
        _fail(
            f"{len(failed)} of {len(checks)} figures do not hold, the first: {first.model}, "
            f"{first.metric}: {first.problem}"
        )
    if not as_json:
        click.echo(f"{len(checks)} figures hold.")


def self_check(*, as_json: bool, **where: Any) -> None:
    """Compute the known cases; exit status 1 where a figure is not as it should be."""
    from sr_toolkit.benching.result import json_ready
    from sr_toolkit.benching.self_check import self_check as check

    verdicts = list(check(**where))
    failed = [verdict for verdict in verdicts if not verdict.holds]
    if as_json:
        options.print_json({"holds": not failed, "figures": json_ready(verdicts)})
    else:
        notes = list(dict.fromkeys(one.skipped or one.source for one in verdicts))
        rows = [
            [
                verdict.case,
                verdict.metric,
                f"{verdict.expected:.4f}",
                "–" if verdict.found is None else f"{verdict.found:.4f}",
                "–" if verdict.skipped else f"{verdict.tolerance:g}",
                _verdict(verdict.skipped, verdict.holds),
                f"[{notes.index(verdict.skipped or verdict.source) + 1}]",
            ]
            for verdict in verdicts
        ]
        options.print_table(["case", "metric", "expected", "found", "tolerance", "", ""], rows)
        for number, note in enumerate(notes, start=1):
            click.echo(f"[{number}] {note}")
    skipped = sum(bool(verdict.skipped) for verdict in verdicts)
    if failed:
        first = failed[0]
        _fail(
            f"{len(failed)} of {len(verdicts)} figures are not as they should be, the first: "
            f"{first.metric} of {first.case}"
        )
    if not as_json:
        click.echo(f"{len(verdicts) - skipped} figures hold, {skipped} skipped.")


def _verdict(skipped: str, holds: bool) -> str:
    if skipped:
        return "skipped"
    return "holds" if holds else "WRONG"


def _difference(worst: float | None, image: str) -> str:
    if worst is None:
        return "–"
    return f"{worst:.2g} ({image})" if worst else "0"


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _fail(sentence: str) -> None:
    click.echo(f"Error: {sentence}.", err=True)
    sys.exit(1)
