"""`srtk vote`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sr_toolkit.cli import completing, manual, options

if TYPE_CHECKING:
    from sr_toolkit.voting.votes import Votes


@manual.verb(
    "vote",
    "srtk vote --models srgan,bicubic,hr --dataset set5",
    "srtk vote --results bench/results.json --pairs 60 --name Ada",
    "srtk vote --merge ada.json ben.json -o all.json",
    "srtk vote --report all.json",
)
@click.argument("files", nargs=-1, type=options.PATH)
@click.option(
    "--models",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.models,
    help="Names, runs, checkpoints; hr for the truth; comma list.",
)
@click.option(
    "--dataset",
    shell_complete=completing.datasets,
    help="A set, or folder:PATH; the default is sample.",
)
@options.scale
@click.option(
    "--results", type=options.PATH, metavar="FILE", help="Take the models of a results.json."
)
@click.option("--crop", default=256, show_default=True, metavar="N", help="Side of the crops.")
@click.option("--pairs", type=int, metavar="N", help="So many pairs, balanced, in place of all.")
@click.option(
    "--votes",
    "votes_file",
    type=options.PATH,
    default=Path("votes.json"),
    show_default=True,
    help="File that takes the votes.",
)
@click.option("--name", default="", metavar="PERSON", help="Who judges; may be left out.")
@click.option("--seed", default=0, show_default=True, help="Of pairs, places, order and sides.")
@click.option("--port", default=0, help="Of the page; the default is a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option("--merge", is_flag=True, help="Make one file of the FILES of several people.")
@click.option("-o", "--out", type=options.PATH, help="File that takes what is merged.")
@click.option("--report", type=options.PATH, metavar="FILE", help="Say what votes say.")
@options.together(
    options.device,
    options.runs,
    options.data_root,
    options.overwrite,
    options.as_json,
    options.debug,
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    merge: bool,
    report: Path | None,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Let people judge: blind pairs of crops on a local page, and what their votes say.

    FILES are those that --merge makes one of.
    """
    if report is not None:
        _refuse_others(ctx, "--report", ("report", "as_json"))
        from sr_toolkit.voting.votes import read_votes

        _print(read_votes(report), as_json)
    elif merge:
        _refuse_others(ctx, "--merge", ("merge", "files", "out", "overwrite"))
        _merge(files, out, overwrite=overwrite)
    else:
        for given, word in ((files, "FILES"), (out, "--out"), (overwrite, "--overwrite")):
            if given:
                raise click.UsageError(f"{word} goes with --merge alone.")
        _judge(as_json=as_json, **asked)


def _judge(
    *,
    models: tuple[tuple[str, ...], ...],
    scale_text: str | None,
    votes_file: Path,
    name: str,
    no_browser: bool,
    as_json: bool,
    **others: Any,
) -> None:
    from sr_toolkit.errors import StoppedError
    from sr_toolkit.voting.judging import Asked, judge
    from sr_toolkit.voting.votes import read_votes

    asked = Asked(
        models=options.flatten(models),
        scale=options.one_scale(scale_text),
        votes=votes_file,
        person=name,
        browser=not no_browser,
        **others,
    )
    if not asked.models and asked.results is None:
        raise click.UsageError("Nothing to judge: give --models, such as srgan,bicubic,hr.")
    try:
        votes = judge(asked, lambda line: click.echo(line, err=True))
    except KeyboardInterrupt:
        kept = read_votes(votes_file) if votes_file.exists() else None
        if kept is None or not kept.votes:
            raise StoppedError("Stopped before the first answer.") from None
        _print(kept, as_json)
        raise StoppedError(
            f"Stopped. Every answer is in '{votes_file}'; the same command asks what is left."
        ) from None
    _print(votes, as_json)


def _merge(files: tuple[Path, ...], out: Path | None, *, overwrite: bool) -> None:
    from sr_toolkit.files import refuse_existing
    from sr_toolkit.voting.votes import merge, read_votes

    if len(files) < 2 or out is None:
        raise click.UsageError("--merge takes two files or more, and -o the one to write.")
    if not overwrite:
        refuse_existing(out)
    merged = merge([read_votes(file) for file in files], files)
    merged.save(out, overwrite=overwrite)
    people = len({vote.person for vote in merged.votes})
    click.echo(
        f"{len(merged.votes)} votes of {people} {'person' if people == 1 else 'persons'}: {out}"
    )


def _print(votes: Votes, as_json: bool) -> None:
    from sr_toolkit.voting import showing
    from sr_toolkit.voting.report import make_report

    report = make_report(votes)
    if as_json:
        options.print_json(showing.report_to_plain(report))
        return
    click.echo(report.title)
    options.print_table(*showing.standings(report))
    click.echo()
    options.print_table(*showing.matrix(report))
    click.echo()
    for line in showing.lines(report):
        click.echo(line)


def _refuse_others(ctx: click.Context, option: str, beside: tuple[str, ...]) -> None:
    """Raise UsageError if something was given that would have no effect."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and name not in beside:
            word = parameter.opts[0] if parameter.param_type_name == "option" else "FILES"
            raise click.UsageError(f"Leave out {word}: it has no effect with {option}.")
