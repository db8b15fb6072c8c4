"""`srtk plugins check`."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

import click

from sr_toolkit.cli import completing, manual, options

if TYPE_CHECKING:
    from sr_toolkit.registry import Entry
    from sr_toolkit.testing import Check, Outcome

SHOWN = {
    "passed": "ok",
    "failed": "FAILED",
    "skipped": "skipped",
    "void": "–",
    "expected": "known",
    "unexpected": "OK?",
}


@manual.verb(
    "check",
    "srtk plugins check acme-sr",
    "srtk plugins check srgan --set blocks=2 --only output_size,onnx_parity",
    "srtk plugins check acme-sr --expect 'onnx_parity=uses a Fourier transform'",
)
@click.argument("name", shell_complete=completing.models)
@click.option(
    "--kind",
    type=click.Choice(["model", "discriminator", "loss", "dataset", "metric", "degradation"]),
    help="Parts of this kind alone.",
)
@click.option("--only", "only", type=options.Words(), multiple=True, help="Names of checks.")
@click.option(
    "--expect",
    "expected",
    multiple=True,
    metavar="CHECK=REASON",
    help="A check that is known to fail, and why; that it passes is then a failure.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the part beside its defaults, such as blocks=2.",
)
@options.as_json
@options.debug
@click.pass_context
def check_plugin(
    ctx: click.Context,
    name: str,
    kind: str | None,
    only: tuple[tuple[str, ...], ...],
    expected: tuple[str, ...],
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check a plugin: a part by name, or all parts of a distribution.

    Each failure says what was expected and what came, why it matters to a user, and how to mend it.
    The exit status is 1 where a check fails.
    """
    from sr_toolkit.testing import run_checks
    from sr_toolkit.testing.running import refuse_unknown

    reasons, chosen = _reasons(expected), options.flatten(only)
    entries = _meant(name, kind)
    known = {(entry.kind, entry.qualified): _known(entry) for entry in entries}
    refuse_unknown({one for names in known.values() for one in names}, [*reasons, *chosen])
    told: list[dict[str, Any]] = []
    troubles: list[str] = []
    for entry in entries:
        own = known[entry.kind, entry.qualified]
        if chosen and not own.intersection(chosen):
            continue
        if not as_json:
            click.echo(f"{entry.kind} {entry.qualified} {entry.version}")
        outcomes = []
        running = run_checks(
            entry.kind,
            entry.qualified,
            expected_failures={key: why for key, why in reasons.items() if key in own},
            only=own.intersection(chosen),
            settings=_settings(entry, settings, alone=len(entries) == 1),
            before=None if as_json else _announce,
        )
        for outcome in running:
            outcomes.append(outcome)
            if not as_json:
                _show(outcome)
        troubles += [outcome.story() for outcome in outcomes if outcome.trouble]
        told.append(
            {
                "part": entry.qualified,
                "kind": entry.kind,
                "version": entry.version,
                "checks": [dataclasses.asdict(outcome) for outcome in outcomes],
            }
        )
        if not as_json:
            click.echo(_sum(outcomes, len(own.intersection(chosen) or own)) + "\n")
    if as_json:
        options.print_json(told)
    else:
        for story in troubles:
            click.echo(story + "\n")
    ctx.exit(1 if troubles else 0)


def _meant(name: str, kind: str | None) -> list[Entry]:
    """Return the parts that a name means: all of a distribution, else those of that name."""
    from sr_toolkit.discovery import refuse_misnamed, same
    from sr_toolkit.errors import UnknownNameError
    from sr_toolkit.registry import registry

    entries = registry().entries(kind)
    found = [entry for entry in entries if same(entry.distribution, name)]
    if found:
        return found
    bare = name.rpartition("::")[2]
    kinds = dict.fromkeys(entry.kind for entry in entries if entry.name == bare)
    if not kinds:
        refuse_misnamed(name)
        known = {entry.distribution for entry in entries} | {entry.name for entry in entries}
        raise UnknownNameError(kind or "plugin", name, known)
    return [registry().find(one, name) for one in kinds]


def _known(entry: Entry) -> set[str]:
    """Return the names of a part's checks."""
    from sr_toolkit.testing.part import Part
    from sr_toolkit.testing.running import checks_for

    return {check.name for check in checks_for(Part(entry))}


def _reasons(expected: tuple[str, ...]) -> dict[str, str]:
    reasons = {}
    for text in expected:
        check, separator, reason = text.partition("=")
        if not separator or not reason.strip():
            raise click.UsageError(f"--expect takes CHECK=REASON, not '{text}'.")
        reasons[check.strip()] = reason.strip()
    return reasons


def _settings(entry: Entry, texts: tuple[str, ...], *, alone: bool) -> dict[str, Any]:
    """Return what `--set` gives, in plain form; of several parts each takes its own."""
    if not texts or (not alone and entry.loaded.state != "ok"):
        return {}
    from sr_toolkit.config import override, plain
    from sr_toolkit.registry import import_object

    cls = import_object(entry.require().config)
    if not alone:
        known = {field.name for field in dataclasses.fields(cls)}
        texts = tuple(text for text in texts if text.partition("=")[0].partition(".")[0] in known)
    return override(cls, plain(cls()), texts)


def _announce(check: Check) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{check.name} …\033[K", nl=False, err=True)


def _show(outcome: Outcome) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    said = outcome.reason or (outcome.received if outcome.trouble else "")
    said = said if len(said) <= 90 else f"{said[:89]}…"
    line = f"  {outcome.check:26}{SHOWN[outcome.state]:8}{outcome.seconds:6.1f} s  {said}"
    click.echo(line.rstrip())


def _sum(outcomes: list[Outcome], known: int) -> str:
    counts = {
        "passed": "passed",
        "failed": "failed",
        "unexpected": "passed unexpectedly",
        "expected": "failed as expected",
        "skipped": "skipped",
        "void": "nothing to check",
    }
    parts = [
        f"{number} {word}"
        for state, word in counts.items()
        if (number := sum(outcome.state == state for outcome in outcomes))
    ]
    if known > len(outcomes):
        parts.append(f"{known - len(outcomes)} not looked at, as they build on the one that failed")
    seconds = sum(outcome.seconds for outcome in outcomes)
    return f"  {', '.join(parts)}, {seconds:.0f} s"
