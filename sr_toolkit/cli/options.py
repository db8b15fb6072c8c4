"""Options that mean the same in every verb, and how results are printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from sr_toolkit.cli import completing

F = TypeVar("F", bound=Callable[..., Any])


class Words(click.ParamType):  # type: ignore[type-arg,unused-ignore] # generic from click 8.4 on
    """A comma list, given once or several times."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Split at commas; empty words fall out."""
        from sr_toolkit.config.words import words

        return words(value)


PATH = click.Path(path_type=Path)


def flatten(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Join what several `--option a,b --option c` gave."""
    return tuple(word for group in groups for word in group)


debug = click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.")
quiet = click.option("-q", "--quiet", is_flag=True, help="Show nothing but errors and results.")
overwrite = click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
device = click.option(
    "--device",
    default="auto",
    show_default=True,
    shell_complete=completing.devices,
    help="auto, cpu, cuda or cuda:1.",
)


def default_runs() -> Path:
    """Return the folder of runs; asked only once a verb runs, as help imports nothing heavy."""
    from sr_toolkit.runs import DEFAULT_RUNS

    return DEFAULT_RUNS


runs = click.option(
    "--runs", type=PATH, default=default_runs, show_default="runs", help="Folder that holds runs."
)
data_root = click.option(
    "--data-root", type=PATH, help="Folder with dataset folders such as Set5; before SRTK_DATA."
)
pull = click.option(
    "--pull", is_flag=True, help="Fetch sets that are missing, where their terms allow."
)
weights_root = click.option(
    "--weights-root", type=PATH, help="Folder with feature networks; before SRTK_WEIGHTS."
)


def one_scale(text: str | None) -> int | None:
    """Read `--scale` of a verb that takes one whole number.

    Raises:
        click.UsageError: a list, or no whole number.
    """
    if text is not None and "," in text:
        raise click.UsageError(
            f"One scale is taken here, not the list '{text}': give --scale a whole number such "
            f"as 4."
        )
    return None if text is None else _whole_number(text)


def scales(text: str | None) -> tuple[int | None, ...]:
    """Read `--scale` of a verb that takes a comma list; (None,) where it was not given.

    Raises:
        click.UsageError: something in the list is no whole number.
    """
    if text is None:
        return (None,)
    return tuple(dict.fromkeys(_whole_number(word) for word in text.split(",")))


def numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Read a comma list of numbers; () where it was not given.

    Raises:
        click.UsageError: something in the list is no number.
    """
    try:
        return tuple(float(word) for word in text.split(",")) if text is not None else ()
    except ValueError:
        raise click.UsageError(f"{option} takes numbers such as 3,1, not '{text}'.") from None


def _whole_number(text: str) -> int:
    word = text.strip().lower().removeprefix("x").removeprefix("×")
    if not (word.isascii() and word.isdigit() and len(word) < 10) or int(word) < 1:
        raise click.UsageError(f"--scale takes a whole number such as 4, not '{text}'.")
    return int(word)


scale = click.option(
    "--scale",
    "--scales",
    "scale_text",
    metavar="N",
    help="Scale; the default is 4, or the model's only one.",
)
scale_list = click.option(
    "--scale",
    "--scales",
    "scale_text",
    metavar="N,…",
    help="Scales, comma list; the default is 4, or the model's only one.",
)


def report_bounds(function: F) -> F:
    """Add what bounds the pictures of a report; None where not given."""
    side = click.option(
        "--report-side",
        type=click.IntRange(min=32),
        metavar="N",
        help="Longest side of a picture; of larger images the middle is shown.  [default: 640]",
    )
    images = click.option(
        "--report-images",
        type=click.IntRange(min=0),
        metavar="N",
        help="Images with pictures, at most.  [default: 100]",
    )
    return side(images(function))


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Apply several options as one decorator, in the order given."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def print_json(data: Any) -> None:
    """Print `data` as JSON."""
    click.echo(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a plain table, columns padded; the last one is not cut."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def speaks() -> bool:
    """Is this the process that prints, of several that torchrun started?"""
    import os

    return os.environ.get("RANK", "0") == "0"
