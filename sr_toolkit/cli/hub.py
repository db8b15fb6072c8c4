"""`srtk hub`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import completing, manual, options


@manual.verbs(
    "hub",
    "srtk hub push runs/mine user/name --license Apache-2.0",
    "srtk hub pull user/name",
)
def command() -> None:
    """Publish models on the Hugging Face hub, and fetch them."""


@command.command(
    "push",
    examples=(
        "srtk hub push runs/mine user/name --license Apache-2.0 --results bench",
        "srtk hub push runs/mine user/name --license MIT --dry-run -o card",
        "srtk hub push srgan user/name --license CC-BY-NC-4.0 --private --revision v2",
    ),
)
@click.argument("model", shell_complete=completing.models)
@click.argument("repository", metavar="USER/NAME")
@click.option("--license", default="", help="SPDX; the default is what the checkpoint states.")
@click.option("--data-terms", default="", help="Terms of the training data, for the card.")
@click.option("--results", type=options.PATH, help="What 'srtk bench --out' wrote of this model.")
@click.option("--private", is_flag=True, help="Make the repository private.")
@click.option("--revision", help="Branch, made if absent; the default is main.")
@click.option("--message", default="", help="Of the commit.")
@click.option("--dry-run", is_flag=True, help="Write the files to --out and upload nothing.")
@click.option("-o", "--out", type=options.PATH, help="Folder for --dry-run.  [default: NAME]")
@options.device
@options.together(options.runs, options.overwrite, options.quiet, options.debug)
def push(
    model: str,
    repository: str,
    license: str,
    data_terms: str,
    results: Path | None,
    private: bool,
    revision: str | None,
    message: str,
    dry_run: bool,
    out: Path | None,
    device: str,
    runs: Path,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Publish MODEL, a run, checkpoint or name, as the repository USER/NAME.

    It holds the weights as safetensors, a config, a card with scores, data, license and recipe, and
    a strip of pictures. The token is that of HF_TOKEN, or of 'hf auth login'.
    """
    from sr_toolkit.publishing.folder import Wanted
    from sr_toolkit.publishing.pushing import push as upload
    from sr_toolkit.publishing.pushing import repository_named
    from sr_toolkit.supply.console import reporting

    if out is not None and not dry_run:
        raise click.UsageError("--out is where --dry-run writes: give both, or neither.")
    wanted = Wanted(
        model=model,
        reference=repository_named(repository, revision),
        license=license,
        data_terms=data_terms,
        results=results,
        device=device,
        runs=runs,
    )
    if dry_run:
        _write(wanted, out, overwrite, quiet)
        return
    with reporting(quiet) as reporter:
        pushed = upload(wanted, private=private, message=message, reporter=reporter, quiet=quiet)
    if not quiet:
        click.echo(f"{pushed.url}: {', '.join(pushed.files)}", err=True)
    click.echo(pushed.reference)


@command.command(
    "pull",
    examples=(
        "srtk hub pull user/name",
        "srtk hub pull user/name@v2 -o model.safetensors",
    ),
)
@click.argument("repository", metavar="USER/NAME[@REVISION]")
@click.option("-o", "--out", type=options.PATH, help="Copy the weights to this file, too.")
@options.together(options.overwrite, options.as_json, options.quiet, options.debug)
def pull(repository: str, out: Path | None, overwrite: bool, as_json: bool, quiet: bool) -> None:
    """Fetch a model into the hub's cache, check its hash, and print what pins it.

    A repository of another program is taken where it has weights as safetensors; a pickle is never
    fetched.
    """
    import shutil

    from sr_toolkit.files import atomic_path, refuse_existing
    from sr_toolkit.hub.fetching import fetch
    from sr_toolkit.hub.reference import Reference
    from sr_toolkit.supply.console import reporting

    reference = Reference.parse(repository)
    if out is not None and not overwrite:
        refuse_existing(out)
    with reporting(quiet or as_json) as reporter:
        reporter.say(f"Fetching {reference}")
        fetched = fetch(reference, everything=True, quiet=quiet)
        if fetched.offline:
            reporter.say(f"Taken from the cache, since {fetched.offline}")
    if out is not None:
        with atomic_path(out, overwrite=overwrite) as temporary:
            shutil.copyfile(fetched.path, temporary)
    if as_json:
        options.print_json(
            {
                "reference": fetched.pinned,
                "path": str(out or fetched.path),
                "sha256": fetched.sha256,
                "offline": fetched.offline,
            }
        )
        return
    if not quiet:
        click.echo(f"{out or fetched.path}, SHA-256 {fetched.sha256}", err=True)
    click.echo(fetched.pinned)


def _write(wanted: object, out: Path | None, overwrite: bool, quiet: bool) -> None:
    """Write what would be pushed into a folder, whole or not at all."""
    from sr_toolkit.files import atomic_folder
    from sr_toolkit.publishing.folder import Wanted, refuse_strangers, write_folder

    assert isinstance(wanted, Wanted)
    target = out or Path(wanted.reference.repo.rpartition("/")[2])
    if overwrite:
        refuse_strangers(target)
    with atomic_folder(target, overwrite=overwrite) as draft:
        files = write_folder(wanted, draft)
    if not quiet:
        click.echo(f"Nothing was uploaded; would push: {', '.join(files)}", err=True)
    click.echo(str(target))
