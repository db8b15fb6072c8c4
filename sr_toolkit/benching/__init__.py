"""The benchmark harness: models against bicubic, under a named protocol. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.config.words import words
from sr_toolkit.runs import DEFAULT_RUNS

if TYPE_CHECKING:
    from sr_toolkit.benching.result import Results

Several = str | Iterable[str]


def bench(
    models: str | Path | Iterable[str | Path],
    *,
    dataset: Several = "sample",
    scale: int | Iterable[int] | None = None,
    protocol: Several = "y",
    metrics: Several | None = None,
    lpips_net: str = "alex",
    lr: str = "made",
    no_reference: bool = False,
    device: str = "auto",
    precision: str = "fp32",
    runs: str | Path = str(DEFAULT_RUNS),
    data_root: str | Path | None = None,
    weights_root: str | Path | None = None,
    out: str | Path | None = None,
    save_images: bool = False,
    overwrite: bool = False,
    pull: bool = False,
    cache: bool = True,
    cost: bool = True,
    published: bool = False,
    quiet: bool = False,
) -> Results:
    """Score models as `srtk bench` does; bicubic is always a row.

    Args:
        models: names, run folders, checkpoints; one or several.
        dataset: sets, such as `set5` or `folder:PATH`; one or several.
        scale: one or several; None: 4, or the one that the first model serves.
        protocol: `y`, `srcnn`, `rgb`; one or several.
        metrics: None: PSNR, SSIM, LPIPS and LR consistency, each where it can be had: LPIPS needs
            its backbone, and an image may be too small.
        lpips_net: `alex`, `vgg` or `squeeze`.
        lr: `made` from the HR by MATLAB's bicubic, `given` by the set, or a degradation with its
            seed, such as `realesrgan:0`.
        no_reference: the images are LR; NIQE, LR consistency and cost are told.
        device: `auto`, `cpu`, `cuda`, ….
        precision: of the models; metrics are always computed in at least fp32.
        runs: folder that holds runs.
        data_root: folder searched for sets before SRTK_DATA.
        weights_root: folder searched for feature networks before SRTK_WEIGHTS.
        out: folder that takes results.json and results.csv.
        save_images: write the SR images into `out` too.
        overwrite: may an existing results.json be replaced?
        pull: fetch sets that are missing?
        cache: take SR images and scores from the user's cache, and keep them there?
        cost: time each model, alone, after scoring?
        published: add rows of the literature where the protocol agrees?
        quiet: show nothing.

    Returns:
        A table for each dataset, scale and protocol. What failed is in it, image by image and
        model by model; only what makes every row impossible is raised.

    Raises:
        SrtkError: anything that a user can mend; the message says how.
    """
    from sr_toolkit.benching.request import Request
    from sr_toolkit.benching.runner import run

    scales = (scale,) if isinstance(scale, int) else tuple(scale or ())
    request = Request(
        models=words(models),
        datasets=words(dataset),
        scales=scales,
        protocols=words(protocol),
        metrics=None if metrics is None else words(metrics),
        lpips_net=lpips_net,
        lr=lr,
        no_reference=no_reference,
        device=device,
        precision=precision,
        runs=Path(runs),
        data_root=Path(data_root) if data_root else None,
        weights_root=Path(weights_root) if weights_root else None,
        out=Path(out) if out else None,
        save_images=save_images,
        overwrite=overwrite,
        pull=pull,
        cache=cache,
        cost=cost,
        published=published,
        quiet=quiet,
    )
    return run(request)
