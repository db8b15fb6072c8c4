"""`srtk plot`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import manual, options


@manual.verb(
    "plot",
    "srtk plot runs/mine",
    "srtk plot runs/mine runs/other -o compared.png",
    "srtk plot runs/mine --metric psnr,lr -o paper.pdf",
)
@click.argument("runs_given", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "-o", "--out", type=options.PATH, help="PNG, PDF or SVG; RUN/plot.png, of several plot.png."
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    type=options.Words(),
    help="losses, psnr, ssim, lpips, lr, accuracy, norms, or any figure of the log; comma list.",
)
@options.together(options.runs, options.overwrite, options.quiet, options.debug)
def command(
    runs_given: tuple[str, ...],
    out: Path | None,
    metrics: tuple[tuple[str, ...], ...],
    runs: Path,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Plot the curves of one RUN, or of several to compare them.

    Losses, validation scores beside bicubic's, learning rate, the discriminator's accuracy and the
    gradient norms, over the steps of all phases.
    """
    from sr_toolkit.plotting.curves import labels, read_history
    from sr_toolkit.plotting.figure import draw, save
    from sr_toolkit.plotting.panels import choose_panels
    from sr_toolkit.training.overview import find_run

    chosen = list(dict.fromkeys(find_run(word, runs) for word in runs_given))
    own = out is None and len(chosen) == 1  # RUN/plot.png is ours to replace
    target = out or (chosen[0].path / "plot.png" if own else Path("plot.png"))
    histories = [
        read_history(run, label) for run, label in zip(chosen, labels(chosen), strict=True)
    ]
    panels = choose_panels(histories, options.flatten(metrics))
    title = histories[0].label if len(histories) == 1 else ""
    save(draw(histories, panels, title), target, overwrite=overwrite or own)
    if not quiet:
        click.echo(str(target))
