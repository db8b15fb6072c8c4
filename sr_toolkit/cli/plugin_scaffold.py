"""`srtk plugins new`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sr_toolkit.cli import manual, options

KINDS = ("model", "loss", "dataset", "metric", "discriminator", "degradation")
"""Written here, as the help imports nothing heavy."""

LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause")


@manual.verb(
    "new",
    "srtk plugins new acme-sr",
    "srtk plugins new acme-loss --kind loss --license Apache-2.0 --yes",
)
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="What the plugin offers.  [default: model]",
)
@click.option("--author", help="A person or a group.")
@click.option("--license", "license_id", help="SPDX identifier.  [default: MIT]")
@click.option("-o", "--out", type=options.PATH, help="Folder to write.  [default: ./NAME]")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
@options.debug
def new_plugin(
    name: str,
    kind: str | None,
    author: str | None,
    license_id: str | None,
    out: Path | None,
    yes: bool,
) -> None:
    """Write a new plugin: a whole distribution that installs, works and passes its tests.

    What is not given is asked for on a terminal.
    """
    from sr_toolkit.scaffolding.naming import refuse_bad
    from sr_toolkit.scaffolding.writing import NewPlugin, next_steps, write_plugin

    refuse_bad(name)
    if not yes and sys.stdin.isatty():
        choice = click.Choice(KINDS)
        kind = kind or click.prompt("Kind", default="model", type=choice)
        author = click.prompt("Author", default="") if author is None else author
        license_id = license_id or click.prompt(
            f"License ({', '.join(LICENSES)} or another SPDX identifier)", default="MIT"
        )
    folder = out or Path(name)
    new = NewPlugin(name, kind or "model", author or "", license_id or "MIT")
    written = write_plugin(new, folder)
    click.echo(f"Wrote {len(written)} files to {folder}. Next:")
    for command in next_steps(new, folder):
        click.echo(f"  {command}")
    if Path("LICENSE") not in written:
        click.echo(f"Put the text of {new.license} into {folder / 'LICENSE'} yourself.")
