"""`srtk plugins show`."""

from __future__ import annotations

import dataclasses

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb(
    "show",
    "srtk plugins show srtk-srgan",
    "srtk plugins show loss vgg",
    "srtk plugins show metric lpips --json",
)
@click.argument("what", metavar="DIST|KIND", shell_complete=completing.kinds_and_distributions)
@click.argument("name", required=False, shell_complete=completing.parts_of_kind)
@options.as_json
@options.debug
def show_plugin(what: str, name: str | None, as_json: bool) -> None:
    """Show a distribution with its parts, or one part, by kind and name, with its settings.

    KIND is a kind of part such as loss or dataset; 'srtk models show' does so for models.
    """
    from sr_toolkit.spec import KINDS

    kinds = [kind for kind in KINDS if kind != "model"]
    if name is not None:
        if what not in kinds:
            raise click.UsageError(
                f"'{what}' is no kind of part: write {', '.join(kinds)} before the name; 'srtk "
                f"models show NAME' shows a model."
            )
        _show_part(what, name, as_json)
        return
    if what in KINDS:
        raise click.UsageError(f"Name the {what} too, or give a distribution alone.")
    _show_distribution(what, as_json)


def _show_part(kind: str, name: str, as_json: bool) -> None:
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


def _show_distribution(name: str, as_json: bool) -> None:
    from sr_toolkit.diagnosis.doctor import describe_place
    from sr_toolkit.diagnosis.installed import find_plugin
    from sr_toolkit.diagnosis.requirements import needs
    from sr_toolkit.discovery import same
    from sr_toolkit.errors import UnknownNameError
    from sr_toolkit.registry import registry

    try:
        one = find_plugin(name)
    except UnknownNameError as error:
        raise UnknownNameError(error.kind, name, error.known, _hint(name)) from None
    entries = [entry for entry in registry().entries() if same(entry.distribution, one.name)]
    disabled = any(entry.disabled for entry in entries)
    wanted = needs(one.requires, one.extras)
    told = describe_place(one)
    if as_json:
        parts = [
            {
                "kind": entry.kind,
                "name": entry.name,
                "state": entry.state,
                "cause": entry.cause,
                "summary": entry.loaded.spec.summary if entry.loaded.spec else "",
            }
            for entry in entries
        ]
        requirements = [dataclasses.asdict(need) for need in wanted]
        options.print_json(
            {**told, "disabled": disabled, "requirements": requirements, "parts": parts}
        )
        return
    click.echo(f"{one.name} {one.version}{'  (disabled)' if disabled else ''}")
    click.echo(f"place: {told['place']}{' (editable)' if told['editable'] else ''}")
    click.echo(f"license: {one.license or 'not stated'}")
    if wanted:
        click.echo("\nIt needs")
        rows = [
            (f"  {need.requirement}", need.extra or "always", need.state, need.installed)
            for need in wanted
        ]
        options.print_table(("  REQUIREMENT", "EXTRA", "STATE", "INSTALLED"), rows)
    if entries:
        click.echo("\nIt offers")
        listed = [
            (
                f"  {entry.kind}",
                entry.name,
                entry.state,
                entry.loaded.spec.summary if entry.loaded.spec else entry.cause,
            )
            for entry in entries
        ]
        options.print_table(("  KIND", "NAME", "STATE", "SUMMARY"), listed)


def _hint(name: str) -> str:
    """Say how a part of that name is shown, where there is one."""
    from sr_toolkit.registry import registry

    found = [entry for entry in registry().entries() if entry.name == name.rpartition("::")[2]]
    if not found:
        return ""
    ways = dict.fromkeys(
        f"'srtk models show {name}'"
        if entry.kind == "model"
        else f"'srtk plugins show {entry.kind} {name}'"
        for entry in found
    )
    homes = dict.fromkeys(f"'srtk plugins show {entry.distribution}'" for entry in found)
    return f"It is the name of a part: {', '.join(ways)} shows it, {', '.join(homes)} whence it is."
