"""Upscaling of image files and folders: alpha, 16 bits, EXIF and color profile are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.errors import ImageError, OutputError, SrtkError
from sr_toolkit.files import refuse_existing
from sr_toolkit.images.io import (
    Picture,
    read_image,
    refuse_unwritable,
    writable_suffixes,
    write_image,
)
from sr_toolkit.images.listing import list_images
from sr_toolkit.images.resize import resize
from sr_toolkit.upscaling.upscaler import TILE, Progress, Upscaler


@dataclass(frozen=True)
class Job:
    """One file to upscale, and where its SR goes."""

    source: Path
    target: Path


def plan_jobs(source: Path, out: Path, *, overwrite: bool = False) -> list[Job]:
    """Return what is to be done for a file or a folder.

    A folder's images keep their relative paths and suffixes; what cannot be written, as `.bmp`,
    becomes `.png`. A file goes to `out`, or into it where that is a folder.

    Raises:
        ImageError: the source does not exist, or a folder without images.
        OutputError: a target exists already, or its suffix cannot be written; nothing was done.
    """
    if source.is_dir():
        files = [path for path in list_images(source) if not _inside(path, out, source)]
        if not files:
            raise ImageError(f"The folder '{source}' holds no image; give another one.")
        jobs = [Job(path, _writable(out / path.relative_to(source))) for path in files]
    elif source.is_file():
        jobs = [Job(source, _writable(out / source.name) if out.is_dir() else out)]
    else:
        raise ImageError(f"'{source}' does not exist; give an image file or a folder.")
    taken: dict[Path, Path] = {}
    for job in jobs:
        if job.target in taken:
            raise OutputError(
                f"'{job.source}' and '{taken[job.target]}' would both become '{job.target}'; "
                "rename one."
            )
        taken[job.target] = job.source
        if job.target.suffix.lower() not in writable_suffixes():
            known = ", ".join(writable_suffixes())
            raise OutputError(f"Cannot write '{job.target}': its suffix must be one of {known}.")
        if job.target.resolve() == job.source.resolve():
            raise OutputError(f"'{job.target}' is the source itself; give another --out.")
        if not overwrite:
            refuse_existing(job.target)
    return jobs


def upscale_files(
    upscaler: Upscaler,
    jobs: list[Job],
    *,
    scale: int | None = None,
    tile: int | None = TILE,
    overwrite: bool = False,
    quality: int = 95,
    progress: Progress | None = None,
) -> Iterator[tuple[Job, SrtkError | None]]:
    """Upscale one job after another; yield each with None, or with what went wrong.

    One bad file costs itself alone; its target is then not written.
    """
    for job in jobs:
        try:
            source = read_image(job.source)
            # Before the work, not after it: the SR has the source's depth and transparency.
            grown = upscaler.choose_scale(scale)
            refuse_unwritable(job.target, source, quality=quality, scale=grown)
            picture = upscale_picture(upscaler, source, scale=scale, tile=tile, progress=progress)
            write_image(job.target, picture, overwrite=overwrite, quality=quality)
        except SrtkError as error:
            yield job, error
        else:
            yield job, None


def upscale_picture(
    upscaler: Upscaler,
    picture: Picture,
    *,
    scale: int | None = None,
    tile: int | None = TILE,
    progress: Progress | None = None,
) -> Picture:
    """Return a picture enlarged: pixels by the model, alpha by bicubic, all else kept."""
    pixels = upscaler.array(picture.pixels, scale=scale, tile=tile, progress=progress)
    alpha = picture.alpha
    if alpha is not None:
        alpha = resize(alpha, scale=float(upscaler.choose_scale(scale)))
    return Picture(pixels=pixels, alpha=alpha, exif=picture.exif, icc_profile=picture.icc_profile)


def _writable(path: Path) -> Path:
    return path if path.suffix.lower() in writable_suffixes() else path.with_suffix(".png")


def _inside(path: Path, out: Path, source: Path) -> bool:
    """Is `path` an earlier result, in an output folder inside the source folder?"""
    out, source = out.resolve(), source.resolve()
    return out != source and out.is_relative_to(source) and path.resolve().is_relative_to(out)
