"""`srtk bench`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sr_toolkit.cli import completing, manual, options

if TYPE_CHECKING:
    from sr_toolkit.benching.request import Request
    from sr_toolkit.benching.result import Results
    from sr_toolkit.cli.report import Page

FORMATS = ("table", "markdown", "csv", "latex")


@manual.verb(
    "bench",
    "srtk bench --models srgan --dataset set5 --scale 4",
    "srtk bench --models runs/mine,bicubic --dataset set5,set14 --scale 2,4 --protocol y,srcnn",
    "srtk bench --models srgan --dataset folder:photos --no-reference",
)
@click.option(
    "--models",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.models,
    help="Names, runs, checkpoints; comma list.",
)
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.datasets,
    default=("sample",),
    show_default=True,
    help="Sets, or folder:PATH; comma list.",
)
@options.scale_list
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.protocols,
    default=("y",),
    show_default=True,
    help="y, srcnn, rgb; comma list.",
)
@click.option(
    "--metrics",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.metrics,
    help="psnr, ssim, ms-ssim, lpips, niqe, lr-psnr, dists, fid, …; comma list.",
)
@click.option("--lpips-net", default="alex", show_default=True, help="alex, vgg or squeeze.")
@click.option("--lr", default="made", show_default=True, help="LR made by bicubic, or given.")
@click.option(
    "--degradation",
    help="Make LR by blur-down, bd, dn:SEED, jpeg40, realesrgan:SEED, opencv-bicubic or "
    "pillow-bicubic.",
)
@click.option("--no-reference", is_flag=True, help="The images are LR; there is no HR.")
@options.device
@click.option(
    "--precision",
    shell_complete=completing.precisions,
    default="fp32",
    show_default=True,
    help="Of the models: fp32, bf16, fp16 or auto.",
)
@click.option("--published", is_flag=True, help="Add rows of the literature.")
@click.option("--stats", is_flag=True, help="Print spread, intervals and paired differences too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How tables are printed.",
)
@click.option("-o", "--out", type=options.PATH, help="Folder for results.json and results.csv.")
@click.option("--report", type=options.PATH, metavar="FILE", help="Write an HTML page of it all.")
@options.report_bounds
@click.option("--save-images", is_flag=True, help="Write the SR images into --out too.")
@click.option("--no-cache", is_flag=True, help="Compute all anew, and keep nothing.")
@click.option("--no-cost", is_flag=True, help="Do not time the models after scoring.")
@click.option(
    "--verify", type=options.PATH, metavar="FILE", help="Run a results.json again, and compare."
)
@click.option("--self-check", is_flag=True, help="Compute known figures, and compare.")
@click.option(
    "--resume", type=options.PATH, metavar="FOLDER", help="Go on with what was stopped there."
)
@options.together(
    options.runs,
    options.data_root,
    options.pull,
    options.weights_root,
    options.overwrite,
    options.as_json,
    options.quiet,
    options.debug,
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    models: tuple[tuple[str, ...], ...],
    datasets: tuple[tuple[str, ...], ...],
    scale_text: str | None,
    protocols: tuple[tuple[str, ...], ...],
    metrics: tuple[tuple[str, ...], ...],
    degradation: str | None,
    lr: str,
    no_cache: bool,
    no_cost: bool,
    stats: bool,
    form: str,
    as_json: bool,
    out: Path | None,
    quiet: bool,
    verify: Path | None,
    self_check: bool,
    resume: Path | None,
    report: Path | None,
    report_side: int | None,
    report_images: int | None,
    **others: Any,
) -> None:
    """Score models on datasets; bicubic is always a row, the protocol stands under the table."""
    from sr_toolkit.benching.repeating import unfinished
    from sr_toolkit.benching.request import Request

    if (form != "table" or stats) and as_json:
        raise click.UsageError("--json holds all there is; leave out --format and --stats.")
    if stats and form != "table":
        raise click.UsageError(
            "--stats is printed as a table, or is in --json; leave out --format."
        )
    page = _page(report, report_side, report_images, overwrite=others["overwrite"], quiet=quiet)
    if verify is not None or self_check:
        _refuse_others(ctx, "--verify" if verify is not None else "--self-check")
        _check(verify, as_json=as_json, quiet=quiet, ctx=ctx, **others)
        return
    if resume is not None:
        _refuse_others(ctx, "--resume")
        request = unfinished(resume)
        if request is None:
            click.echo(f"{resume}: complete already, see results.json", err=True)
            return
        request = dataclasses.replace(request, quiet=quiet)
        _run(request, form, page, as_json=as_json, stats=stats)
        return
    names = options.flatten(datasets)
    if not names:
        raise click.UsageError("--dataset takes the name of a set, such as set5; none was given.")
    if degradation is not None and lr != "made":
        raise click.UsageError("--lr and --degradation both say where LR comes from; give one.")
    given = ctx.get_parameter_source("protocols") == click.core.ParameterSource.COMMANDLINE
    if others["no_reference"] and given:
        raise click.UsageError("A --protocol compares with HR; leave it out with --no-reference.")
    request = Request(
        models=options.flatten(models),
        datasets=names,
        scales=tuple(scale for scale in options.scales(scale_text) if scale is not None),
        protocols=options.flatten(protocols),
        metrics=options.flatten(metrics) or None,
        lr=degradation or lr,
        cache=not no_cache,
        cost=not no_cost,
        out=out,
        quiet=quiet,
        **others,
    )
    if not request.models:
        raise click.UsageError("No model to bench: give --models, such as srgan.")
    _run(request, form, page, as_json=as_json, stats=stats)


def _page(
    report: Path | None, side: int | None, images: int | None, *, overwrite: bool, quiet: bool
) -> Page | None:
    """Return the report that was asked for, if it can be written."""
    if report is None:
        if side is not None or images is not None:
            raise click.UsageError("--report-side and --report-images bound a --report; give one.")
        return None
    from sr_toolkit.cli.report import make_page

    page = make_page(report, side, images, overwrite=overwrite, quiet=quiet)
    page.refuse()
    return page


def _run(request: Request, form: str, page: Page | None, *, as_json: bool, stats: bool) -> None:
    from sr_toolkit.benching.runner import run
    from sr_toolkit.cli.report import cache_for

    with contextlib.nullcontext() if page is None else cache_for(kept=request.cache) as cache:
        results = run(request, cache)
        if not options.speaks():
            return
        show(results, form, as_json=as_json, stats=stats)
        if request.out is not None and not request.quiet:
            click.echo(f"Written: {request.out / 'results.json'}", err=True)
        if page is not None and cache is not None:
            page.write(results, cache)
    finish(results, asked=request.metrics is not None)


def _check(
    file: Path | None, *, ctx: click.Context, as_json: bool, quiet: bool, **others: Any
) -> None:
    from sr_toolkit.cli import evidence

    where = {name: others[name] for name in ("data_root", "weights_root")}
    if file is None:
        evidence.self_check(as_json=as_json, quiet=quiet, device=others["device"], **where)
        return
    given = ctx.get_parameter_source("device") == click.core.ParameterSource.COMMANDLINE
    device = others["device"] if given else ""
    evidence.verify(file, as_json=as_json, quiet=quiet, device=device, **where)


_BESIDE = {
    "--verify": ("verify", "device", "data_root", "weights_root", "as_json", "quiet"),
    "--self-check": ("self_check", "device", "data_root", "weights_root", "as_json", "quiet"),
    "--resume": (
        *("resume", "form", "stats", "as_json", "quiet"),
        *("report", "report_side", "report_images"),
    ),
}
"""What goes beside an option that says by itself what is to be scored."""


def _refuse_others(ctx: click.Context, option: str) -> None:
    """Raise UsageError if options were given that would have no effect."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and name not in _BESIDE[option]:
            raise click.UsageError(
                f"Leave out {parameter.opts[0]}: it has no effect with {option}."
            )


def show(results: Results, form: str, *, as_json: bool, stats: bool) -> None:
    """Print results in the form that was asked for."""
    if as_json:
        click.echo(results.to_json(), nl=False)
    elif form != "table":
        from sr_toolkit.benching.formats import render

        click.echo(render(results, form), nl=False)
    else:
        from rich.console import Console

        from sr_toolkit.benching.table import print_results, print_statistics

        console = Console()
        if not console.is_terminal:
            console = Console(width=int(os.environ.get("COLUMNS") or 120))
        print_results(results, console)
        if stats:
            print_statistics(results, console)


def finish(results: Results, *, asked: bool) -> None:
    """End with exit status 1 where something failed; what did stands under the table.

    Args:
        results: what came.
        asked: were the metrics named? One that then refuses an image is a failure, too.
    """
    failures = results.failures
    if asked:
        failures += [
            f"{column.head} cannot be computed: {column.missing}"
            for result in results
            for column in result.columns
            if column.missing
        ]
        failures += [
            f"{column.head} on '{label}' of '{result.dataset}': {reason}"
            for result in results
            for column in result.columns
            for label, reason in column.refused.items()
        ]
    failures = list(dict.fromkeys(failures))
    if failures:
        more = f" (and {len(failures) - 1} more, see above)" if len(failures) > 1 else ""
        click.echo(f"Error: Not all could be scored. {failures[0]}{more}.", err=True)
        sys.exit(1)
