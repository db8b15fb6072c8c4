"""`srtk bench`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import options


@click.command(
    "bench",
    epilog="Examples: srtk bench --models srgan --dataset set5 --scale 4; "
    "srtk bench --models runs/srgan-… --dataset folder:photos --protocol srcnn",
)
@click.option(
    "--models", multiple=True, type=options.Words(), help="Names, runs, checkpoints; comma list."
)
@click.option("--dataset", default="sample", show_default=True, help="A set, or folder:PATH.")
@options.scale
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
    dataset: str,
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
    """Score models on a dataset; bicubic is always a row, the protocol stands under the table."""
    from rich.console import Console

    from sr_toolkit.benching.runner import Request, run
    from sr_toolkit.benching.table import print_result

    request = Request(
        models=options.flatten(models),
        dataset=dataset,
        scale=options.one_scale(scale_text),
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
    result = run(request)
    if as_json:
        click.echo(result.to_json(), nl=False)
    else:
        console = Console()
        print_result(result, console if console.is_terminal else Console(width=120))
    if out is not None and not quiet:
        click.echo(f"Written: {out / 'results.json'}", err=True)
