"""The benchmark harness: models against bicubic, under a named protocol. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.config.words import words
from sr_toolkit.runs import DEFAULT_RUNS

if TYPE_CHECKING:
    from sr_toolkit.benching.result import Result


def bench(
    models: str | Path | Iterable[str | Path],
    *,
    dataset: str = "sample",
    scale: int | None = None,
    protocol: str = "y",
    metrics: str | Iterable[str] | None = None,
    lpips_net: str = "alex",
    lr: str = "made",
    device: str = "auto",
    precision: str = "fp32",
    runs: str | Path = str(DEFAULT_RUNS),
    data_root: str | Path | None = None,
    weights_root: str | Path | None = None,
    out: str | Path | None = None,
    save_images: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
) -> Result:
    """Score models as `srtk bench` does; bicubic is always a row.

    Args:
        models: names, run folders, checkpoints; one or several.
        dataset: one set, such as `set5` or `folder:PATH`.
        scale: None: 4, or the one that the first model serves.
        protocol: `y`, `srcnn` or `rgb`.
        metrics: None: PSNR, SSIM and LPIPS, each where it can be had: LPIPS needs its backbone,
            and an image may be too small. One that is named must score every image.
        lpips_net: `alex`, `vgg` or `squeeze`.
        lr: `made` from the HR, or `given` by the set.
        device: `auto`, `cpu`, `cuda`, ….
        precision: of the models; metrics are always computed in at least fp32.
        runs: folder that holds runs.
        data_root: folder searched for sets before SRTK_DATA.
        weights_root: folder searched for feature networks before SRTK_WEIGHTS.
        out: folder that takes results.json and results.csv.
        save_images: write the SR images into `out` too.
        overwrite: may an existing results.json be replaced?
        quiet: show nothing.

    Raises:
        SrtkError: anything that a user can mend; the message says how.
    """
    from sr_toolkit.benching.runner import Request, run

    request = Request(
        models=words(models),
        dataset=dataset,
        scale=scale,
        protocol=protocol,
        metrics=None if metrics is None else words(metrics),
        lpips_net=lpips_net,
        lr=lr,
        device=device,
        precision=precision,
        runs=Path(runs),
        data_root=Path(data_root) if data_root else None,
        weights_root=Path(weights_root) if weights_root else None,
        out=Path(out) if out else None,
        save_images=save_images,
        overwrite=overwrite,
        quiet=quiet,
    )
    return run(request)
