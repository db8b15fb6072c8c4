"""`srtk bench`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sr_toolkit.cli import options


@click.command(
    "bench",
    epilog="Examples: srtk bench --models srgan --dataset set5 --scale 4; "
    "srtk bench --models runs/srgan-… --dataset set5,set14 --scale 2,4 --protocol srcnn",
)
@click.option(
    "--models", multiple=True, type=options.Words(), help="Names, runs, checkpoints; comma list."
)
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    type=options.Words(),
    default=("sample",),
    show_default=True,
    help="Sets, or folder:PATH; comma list.",
)
@options.scale_list
@click.option("--protocol", default="y", show_default=True, help="y, srcnn or rgb.")
@click.option(
    "--metrics", multiple=True, type=options.Words(), help="psnr, ssim, lpips; comma list."
)
@click.option("--lpips-net", default="alex", show_default=True, help="alex, vgg or squeeze.")
@click.option("--lr", default="made", show_default=True, help="LR made from HR, or given.")
@options.device
@click.option("--precision", default="fp32", show_default=True, help="Of the models.")
@click.option("-o", "--out", type=options.PATH, help="Folder for results.json and results.csv.")
@click.option("--save-images", is_flag=True, help="Write the SR images into --out too.")
@options.together(
    options.runs,
    options.data_root,
    options.weights_root,
    options.overwrite,
    options.as_json,
    options.quiet,
    options.debug,
)
def command(
    models: tuple[tuple[str, ...], ...],
    datasets: tuple[tuple[str, ...], ...],
    scale_text: str | None,
    protocol: str,
    metrics: tuple[tuple[str, ...], ...],
    lpips_net: str,
    lr: str,
    device: str,
    precision: str,
    out: Path | None,
    save_images: bool,
    runs: Path,
    data_root: Path | None,
    weights_root: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score models on datasets; bicubic is always a row, the protocol stands under the table.

    Each dataset at each scale has a table of its own and, below --out, a folder of its own.
    """
    from rich.console import Console

    from sr_toolkit.benching.runner import Request, run_all
    from sr_toolkit.benching.table import print_result

    names, scales = tuple(dict.fromkeys(options.flatten(datasets))), options.scales(scale_text)
    if not names:
        raise click.UsageError("--dataset takes the name of a set, such as set5; none was given.")
    request = Request(
        models=options.flatten(models),
        protocol=protocol,
        metrics=options.flatten(metrics) or None,
        lpips_net=lpips_net,
        lr=lr,
        device=device,
        precision=precision,
        runs=runs,
        data_root=data_root,
        weights_root=weights_root,
        out=out,
        save_images=save_images,
        overwrite=overwrite,
        quiet=quiet,
    )
    console = Console()
    results = []
    for result in run_all(request, names, scales):
        results.append(result)
        if not as_json:
            print_result(result, console if console.is_terminal else Console(width=120))
    if as_json and len(results) == 1:
        click.echo(results[0].to_json(), nl=False)
    elif as_json:
        options.print_json([json.loads(result.to_json()) for result in results])
    if out is not None and not quiet:
        written = out / "results.json" if len(results) == 1 else out
        click.echo(f"Written: {written}", err=True)
