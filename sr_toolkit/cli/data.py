"""`srtk data`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sr_toolkit.cli import completing, manual, options

if TYPE_CHECKING:
    from sr_toolkit.catalog.records import Entry

limit = click.option("--limit", type=int, metavar="N", help="A fixed choice of N images per part.")


@manual.verbs(
    "data",
    "srtk data list",
    "srtk data pull set5,div2k:valid",
    "srtk data pull div2k --limit 20",
    "srtk data verify set5",
    "srtk data pack set5 -o set5.tar",
)
def command() -> None:
    """Sets of images: what is known, what is here, fetch, check and move them."""


@command.command(
    "list",
    examples=(
        "srtk data list",
        "srtk data list --data-root datasets --json",
    ),
)
@options.together(options.data_root, options.as_json, options.debug)
def list_sets(data_root: Path | None, as_json: bool) -> None:
    """List the sets: images, size, terms, and whether they are here."""
    from sr_toolkit.catalog.entries import CATALOG
    from sr_toolkit.supply.status import describe

    roots = _roots(data_root)
    found = [describe(entry, roots) for entry in CATALOG.values()]
    if as_json:
        options.print_json(found)
        return
    rows = [
        (
            one["name"],
            f"{one['images']:,}" if one["images"] else "–",
            _size(one),
            one["present"],
            f"bring your own folder: {one['terms']}" if one["refusal"] else one["terms"],
        )
        for one in found
    ]
    options.print_table(("NAME", "IMAGES", "SIZE", "PRESENT", "TERMS"), rows)


@command.command(
    "show",
    examples=("srtk data show div2k",),
)
@click.argument("name", shell_complete=completing.sets)
@options.together(options.data_root, options.as_json, options.debug)
def show_set(name: str, data_root: Path | None, as_json: bool) -> None:
    """Show a set: its parts, where they come from and lie, terms, citation."""
    from sr_toolkit.catalog.entries import find_entry
    from sr_toolkit.supply.status import describe

    card = describe(find_entry(name), _roots(data_root))
    if as_json:
        options.print_json(card)
        return
    click.echo(f"{card['name']}  ({card['title']}, {card['images'] or '–'} images)")
    click.echo(f"Paper: {card['citation']}")
    click.echo(f"Terms: {card['terms']}")
    click.echo(f"Page: {card['page']}")
    if card["refusal"]:
        click.echo(f"Bring your own folder: {card['refusal']}.")
    else:
        click.echo(f"To fetch (HR): {_size(card)}")
    click.echo(f"Present: {card['present']}\n")
    rows = [
        (
            one["folder"],
            f"×{one['scale']}" if one["scale"] else "HR",
            str(one["images"] or "–"),
            one["path"] or "–",
            (one["checked"] or "placed by hand") if one["path"] else "–",
        )
        for one in card["folders"]
    ]
    options.print_table(("FOLDER", "KIND", "IMAGES", "HERE", "CHECKED BY"), rows)
    archives = {a["name"]: a for one in card["folders"] for a in one["archives"]}
    if archives:
        click.echo()
        lines = [
            (
                a["name"],
                f"{a['size']:,}" if a["size"] else f"≤ {a['at_most']:,}",
                a["digest"] or "no hash published",
                " ".join(a["urls"]),
            )
            for a in archives.values()
        ]
        options.print_table(("ARCHIVE", "BYTES", "HASH", "FROM"), lines)


@command.command(
    "pull",
    examples=(
        "srtk data pull set5,set14",
        "srtk data pull div2k:valid --data-root datasets",
        "srtk data pull div2k --limit 20",
        "srtk data pull div2k --scales 2,4",
    ),
)
@click.argument(
    "names", nargs=-1, required=True, type=options.Words(), shell_complete=completing.sets
)
@limit
@click.option(
    "--scales", "--scale", "scale_text", metavar="N,…", help="Also their own LR at these."
)
@options.together(options.data_root, options.overwrite, options.quiet, options.debug)
def pull_sets(
    names: tuple[tuple[str, ...], ...],
    limit: int | None,
    scale_text: str | None,
    data_root: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Fetch sets, checked, and print their folders; NAME:PART for one part.

    They go to --data-root, else to SRTK_DATA, else to the cache. With --limit they can be used as
    the printed folder:PATH alone.
    """
    from sr_toolkit.config.places import new_data_root
    from sr_toolkit.supply.console import reporting
    from sr_toolkit.supply.pulling import Pull, Wish

    scales = tuple(scale for scale in options.scales(scale_text) if scale)
    wishes = [
        Wish(entry=entry, part=part, scales=scales)
        for name in dict.fromkeys(options.flatten(names))
        for entry, part in [_named(name)]
    ]
    root = new_data_root(data_root)
    with reporting(quiet) as reporter:
        pull = Pull(
            root=root,
            roots=_roots(data_root),
            limit=limit,
            overwrite=overwrite,
            reporter=reporter,
        )
        folders = pull.run(wishes)
    for folder in folders:
        click.echo(f"folder:{folder}" if limit else str(folder))


@command.command(
    "verify",
    examples=(
        "srtk data verify set5",
        "srtk data verify div2k:valid --json",
    ),
)
@click.argument("name", shell_complete=completing.sets)
@limit
@options.together(options.data_root, options.as_json, options.quiet, options.debug)
@click.pass_context
def verify_set(
    ctx: click.Context,
    name: str,
    limit: int | None,
    data_root: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Check a set: damaged, missing and added files; exit status 1 if there are any."""
    from sr_toolkit.supply.console import reporting
    from sr_toolkit.supply.verifying import verify

    entry, part = _named(name)
    with reporting(quiet) as reporter:
        verdicts = verify(entry, _roots(data_root), reporter, part=part, limit=limit)
    good = all(verdict.ok for verdict in verdicts)
    if as_json:
        from dataclasses import asdict

        found = [{**asdict(v), "folder": str(v.folder), "ok": v.ok} for v in verdicts]
        options.print_json({"name": name, "ok": good, "folders": found})
        ctx.exit(0 if good else 1)
    for verdict in verdicts:
        known = "hashes checked" if verdict.hashes_known else "placed by hand: no hashes are known"
        state = "ok" if verdict.ok else "not as it should be"
        click.echo(f"{verdict.folder}: {state} ({verdict.files} files; {known})")
        if verdict.fault:
            click.echo(f"  fault: {verdict.fault}")
        for kind, files in (
            ("damaged", verdict.damaged),
            ("missing", verdict.missing),
            ("added", verdict.added),
        ):
            for file in files:
                click.echo(f"  {kind}: {file}")
    if not good and not entry.refusal and not quiet:
        bad = [str(verdict.scale) for verdict in verdicts if verdict.scale and not verdict.ok]
        words = f" --scales {','.join(bad)}" if bad else ""
        words += f" --limit {limit}" if limit else ""
        click.echo(f"Fetch it anew by: srtk data pull {name} --overwrite{words}", err=True)
    ctx.exit(0 if good else 1)


@command.command(
    "path",
    examples=(
        "srtk data path",
        "srtk data path set5",
    ),
)
@click.argument("name", required=False, shell_complete=completing.sets)
@limit
@options.together(options.data_root, options.debug)
def show_path(name: str | None, limit: int | None, data_root: Path | None) -> None:
    """Print the folders of a set, or without NAME where sets are looked for.

    The first line without NAME is the folder that takes what is fetched.
    """
    from sr_toolkit.config.places import new_data_root
    from sr_toolkit.supply.choosing import choose_pieces
    from sr_toolkit.supply.shelf import absent, find_piece

    roots = _roots(data_root)
    if name is None:
        for root in dict.fromkeys((new_data_root(data_root), *roots)):
            click.echo(str(root))
        return
    entry, part = _named(name)
    pieces = choose_pieces(entry, part=part, limit=limit)
    found = [find_piece(piece, roots) for piece in pieces]
    if not any(found):
        raise absent(entry.name, entry, pieces, roots, part)
    for one in found:
        if one is not None:
            click.echo(str(one.folder))


@command.command(
    "pack",
    examples=(
        "srtk data pack set5 -o set5.tar",
        "srtk data pack div2k:valid -o valid.tar --limit 10",
    ),
)
@click.argument("name", shell_complete=completing.sets)
@click.option("-o", "--out", type=options.PATH, required=True, help="File to write, such as a.tar.")
@limit
@options.together(options.data_root, options.overwrite, options.quiet, options.debug)
def pack_set(
    name: str,
    out: Path,
    limit: int | None,
    data_root: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write a set that is here into one file, with the hash of each image."""
    from sr_toolkit.supply.console import reporting
    from sr_toolkit.supply.packing import pack
    from sr_toolkit.supply.pulling import terms_line

    entry, part = _named(name)
    with reporting(quiet) as reporter:
        reporter.say(terms_line(entry))
        pack(entry, _roots(data_root), out, reporter, part=part, limit=limit, overwrite=overwrite)
    click.echo(str(out))


@command.command(
    "unpack",
    examples=("srtk data unpack set5.tar --data-root datasets",),
)
@click.argument("file", type=options.PATH)
@options.together(options.data_root, options.overwrite, options.quiet, options.debug)
def unpack_set(file: Path, data_root: Path | None, overwrite: bool, quiet: bool) -> None:
    """Place a packed set below the data root, each image checked, and print its folders."""
    from sr_toolkit.config.places import new_data_root
    from sr_toolkit.supply.console import reporting
    from sr_toolkit.supply.packing import unpack_file

    with reporting(quiet) as reporter:
        folders = unpack_file(file, new_data_root(data_root), reporter, overwrite=overwrite)
    for folder in folders:
        click.echo(str(folder))


def _named(text: str) -> tuple[Entry, str]:
    """Read NAME or NAME:PART."""
    from sr_toolkit.catalog.entries import find_entry

    name, _, part = text.partition(":")
    return find_entry(name), part


def _roots(data_root: Path | None) -> Sequence[Path]:
    """Return the data roots; one that does not exist yet may be about to."""
    from sr_toolkit.config.places import data_roots

    if data_root is not None and not data_root.exists():
        return (data_root, *data_roots())
    return data_roots(data_root)


def _size(card: dict[str, Any]) -> str:
    from sr_toolkit.fetching.reporting import bytes_text

    if not card["bytes"]:
        return "–"
    return f"{'' if card['bytes_exact'] else '≤ '}{bytes_text(card['bytes'])}"
