"""`srtk plugins`."""

from __future__ import annotations

import click

from sr_toolkit.cli import manual, options
from sr_toolkit.cli.plugin_checks import check_plugin
from sr_toolkit.cli.plugin_scaffold import new_plugin

COMPONENTS = ("discriminator", "loss", "dataset", "metric", "degradation")
"""Kinds of part beside models; written here, as the help imports nothing."""


@manual.verbs(
    "plugins",
    "srtk plugins list",
    "srtk plugins new acme-sr",
    "srtk plugins check acme-sr",
    "srtk plugins show loss vgg",
)
def command() -> None:
    """What installed distributions offer."""


@command.command(
    "list",
    examples=(
        "srtk plugins list",
        "srtk plugins list --json",
    ),
)
@options.as_json
@options.debug
def list_plugins(as_json: bool) -> None:
    """List every registered part with its state and, where that is not ok, the cause."""
    from sr_toolkit.registry import registry

    entries = registry().entries()
    if as_json:
        options.print_json(
            [
                {
                    "name": entry.name,
                    "kind": entry.kind,
                    "distribution": entry.distribution,
                    "version": entry.version,
                    "state": entry.state,
                    "cause": entry.cause,
                    "note": entry.note,
                    "summary": entry.loaded.spec.summary if entry.loaded.spec else "",
                }
                for entry in entries
            ]
        )
        return
    rows = [
        (e.name, e.kind, e.distribution, e.version, e.state, e.cause or e.note) for e in entries
    ]
    options.print_table(("NAME", "KIND", "DISTRIBUTION", "VERSION", "STATE", "CAUSE"), rows)


@command.command(
    "show",
    examples=(
        "srtk plugins show loss vgg",
        "srtk plugins show discriminator patch",
        "srtk plugins show metric lpips --json",
    ),
)
@click.argument("kind", type=click.Choice(COMPONENTS))
@click.argument("name")
@options.as_json
@options.debug
def show_plugin(kind: str, name: str, as_json: bool) -> None:
    """Show a registered part and its settings; 'srtk models show' does so for models."""
    from sr_toolkit.registry import registry
    from sr_toolkit.training.reference import part_fields, shown_default

    entry = registry().find(kind, name)
    summary, fields = entry.require().summary, part_fields(entry)
    if as_json:
        settings = [vars(field) for field in fields]
        options.print_json({"name": entry.qualified, "summary": summary, "settings": settings})
        return
    click.echo(f"{entry.name}  ({entry.distribution} {entry.version})\n{summary}")
    if fields:
        rows = [(f.path, f.type, shown_default(f), f.help) for f in fields]
        click.echo()
        options.print_table(("KEY", "TYPE", "DEFAULT", "HELP"), rows)


command.add_command(new_plugin)
command.add_command(check_plugin)
