"""`srtk interpolate`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sr_toolkit.cli import completing, manual, options

if TYPE_CHECKING:
    from sr_toolkit.benching.blending import Sweep
    from sr_toolkit.checkpoint.interpolation import End

MOST = 1001  # points of a sweep


@manual.verb(
    "interpolate",
    "srtk interpolate runs/mine:psnr runs/mine:gan --alpha .8 -o between.safetensors",
    "srtk interpolate a.safetensors b.safetensors --sweep 0:1:.1 --dataset set5 -o sweep",
)
@click.argument("first", metavar="A", shell_complete=completing.models)
@click.argument("second", metavar="B", shell_complete=completing.models)
@click.option("--alpha", type=click.FloatRange(0, 1), help="Share of B; the paper's is .8.")
@click.option(
    "--sweep", "sweep_text", metavar="FROM:TO:STEP", help="Score all of these shares, as 0:1:.1."
)
@click.option("-o", "--out", type=options.PATH, help="Checkpoint; of --sweep a folder.")
@click.option(
    "--dataset",
    default="sample",
    shell_complete=completing.datasets,
    show_default=True,
    help="Of --sweep.",
)
@options.scale
@options.together(
    options.device,
    options.runs,
    options.data_root,
    options.weights_root,
    options.overwrite,
    options.as_json,
    options.quiet,
    options.debug,
)
@click.pass_context
def command(
    ctx: click.Context,
    first: str,
    second: str,
    alpha: float | None,
    sweep_text: str | None,
    out: Path | None,
    dataset: str,
    scale_text: str | None,
    device: str,
    runs: Path,
    data_root: Path | None,
    weights_root: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make the network between A and B: (1 - α)·A + α·B, weight by weight.

    A and B are names, runs, phases of a run or checkpoints of one network, such as RUN:psnr and
    RUN:gan. With --sweep, score the networks at many α and plot PSNR against LPIPS.
    """
    from sr_toolkit.files import refuse_existing

    scale = options.one_scale(scale_text)
    if (alpha is None) == (sweep_text is None):
        raise click.UsageError("Give --alpha for one network, or --sweep for the scores of many.")
    if sweep_text is None:
        if not 0 <= (alpha or 0) <= 1:  # NaN passes the range
            raise click.UsageError("--alpha takes a share from 0 to 1.")
        if ctx.get_parameter_source("dataset") == click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError("--dataset goes with --sweep; leave it out.")
        if out is None or out.suffix != ".safetensors":
            raise click.UsageError("--alpha takes -o with the checkpoint's name, NAME.safetensors.")
        if not overwrite:
            refuse_existing(out)
    shares = alphas(sweep_text) if sweep_text is not None else ()
    ends = _end(first, runs, scale, quiet), _end(second, runs, scale, quiet)
    if alpha is not None and out is not None:
        _refuse_scale(ends[0], scale)
        _write(*ends, alpha, out)
        if as_json:
            labels = {"first": ends[0].label, "second": ends[1].label}
            options.print_json({"path": str(out), "alpha": alpha, **labels})
        elif not quiet:
            click.echo(str(out))
        return
    from sr_toolkit.benching.blending import sweep
    from sr_toolkit.benching.request import Request

    request = Request(
        models=(),
        datasets=(dataset,),
        scales=() if scale is None else (scale,),
        device=device,
        runs=runs,
        data_root=data_root,
        weights_root=weights_root,
        out=out,
        overwrite=overwrite,
        quiet=quiet,
    )
    found = sweep(request, *ends, shares)
    if as_json:
        click.echo(found.to_json(), nl=False)
    else:
        _print(found)
    if out is not None:
        _plot(found, (ends[0].label, ends[1].label), out / "sweep.png", quiet=quiet)
        if not quiet:
            click.echo(f"Written: {out}", err=True)


def alphas(text: str) -> tuple[float, ...]:
    """Read FROM:TO:STEP, both ends counted.

    Raises:
        click.UsageError: not three numbers, not within [0, 1], or far too many.
    """
    try:
        low, high, step = (float(word) for word in text.split(":"))
    except ValueError:
        raise click.UsageError(
            f"--sweep takes FROM:TO:STEP such as 0:1:.1, not '{text}'."
        ) from None
    if not (0 <= low <= high <= 1 and step > 0 and (high - low) / step < MOST):
        raise click.UsageError(
            f"--sweep takes shares from 0 to 1, rising, in at most {MOST} steps, not '{text}'."
        )
    count = math.floor((high - low) / step + 1e-9) + 1
    return tuple(round(low + number * step, 10) for number in range(count))


def _end(reference: str, runs: Path, scale: int | None, quiet: bool) -> End:
    from sr_toolkit.checkpoint import load_generator
    from sr_toolkit.checkpoint.interpolation import End
    from sr_toolkit.errors import CheckpointError
    from sr_toolkit.upscaling.locate import locate

    located = locate(reference, runs=runs, quiet=quiet)
    if located.path is None:
        raise CheckpointError(f"'{reference}' has no weights to interpolate: {located.source}.")
    generator, metadata = load_generator(located.path, model=located.model, scale=scale)
    return End(located.label, located.path, generator, metadata)


def _refuse_scale(end: End, scale: int | None) -> None:
    from sr_toolkit.errors import CheckpointError

    if scale not in (None, *end.generator.scales):
        served = ", ".join(f"×{one}" for one in end.generator.scales)
        raise CheckpointError(f"'{end.label}' is of {served}, not of ×{scale}; leave --scale out.")


def _write(first: End, second: End, alpha: float, out: Path) -> None:
    from sr_toolkit.checkpoint import save_weights
    from sr_toolkit.checkpoint.interpolation import header, interpolate, refuse_unlike

    refuse_unlike(first, second)
    weights = interpolate(first.generator.state_dict(), second.generator.state_dict(), alpha)
    save_weights(out, weights, header(first, second, alpha))


def _print(found: Sweep) -> None:
    result = found.result
    heads = ["α", *(f"{c.head} {'↑' if c.higher_is_better else '↓'}" for c in result.columns)]
    rows = [
        [f"{alpha:g}", *(_cell(result.mean(row, c.name), c.digits) for c in result.columns)]
        for alpha, row in zip(found.alphas, result.rows, strict=True)
    ]
    options.print_table(heads, rows)
    count = len(result.images)
    click.echo(f"{result.dataset}, {count} image{'s' * (count != 1)}, ×{result.scale}")
    click.echo(f"{result.protocol_text}; LR {result.lr}")
    for column in result.columns:
        if column.missing or column.note:
            click.echo(f"{column.head}: {column.missing and '–, '}{column.missing or column.note}")
    click.echo(f"α 0: {found.first}\nα 1: {found.second}")


def _cell(mean: float | None, digits: int) -> str:
    return "–" if mean is None else f"{mean:.{digits}f}"


def _plot(found: Sweep, ends: tuple[str, str], target: Path, *, quiet: bool) -> None:
    from sr_toolkit.plotting.figure import save
    from sr_toolkit.plotting.tradeoff import Point, draw_tradeoff

    scores = zip(found.alphas, found.means("psnr"), found.means("lpips"), strict=True)
    points = [Point(alpha, psnr, lpips) for alpha, psnr, lpips in scores if psnr is not None]
    if not quiet and any(point.lpips is None for point in points):
        click.echo("LPIPS could not be computed; the plot shows PSNR against α.", err=True)
    title = f"{found.result.dataset}, ×{found.result.scale}"
    save(draw_tradeoff(points, ends, title), target, overwrite=True)
