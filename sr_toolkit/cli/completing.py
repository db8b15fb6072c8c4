"""What the Tab key offers for values: registered names, presets, sets. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def registered(kind: str) -> Completer:
    """Complete names of a kind, the last one of a comma list; else files."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from sr_toolkit.registry import registry

        offered = (entry.name for entry in registry().entries(kind) if not entry.disabled)
        return _last(incomplete, dict.fromkeys(offered))

    return complete


def words(*known: str) -> Completer:
    """Complete one of `known`, the last one of a comma list."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return _last(incomplete, known)

    return complete


def presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the presets of the model that was named, or of all."""
    from sr_toolkit.registry import registry
    from sr_toolkit.spec import ModelSpec

    # click gives up reading the line at an option without its value, and so before the model.
    line = os.environ.get("COMP_WORDS", "").split()
    names = [ctx.params.get("model"), *line]
    named = next((name for name in names if name in registry().names("model")), None)
    found: dict[str, None] = {}
    for entry in registry().entries("model"):
        spec = entry.loaded.spec if named in (None, entry.name) else None
        found.update(dict.fromkeys(spec.recipes if isinstance(spec, ModelSpec) else ()))
    return _last(incomplete, found)


def distributions(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of distributions that offer parts."""
    from sr_toolkit.discovery import offers

    names = sorted({offer.distribution for offer in offers()})
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def kinds_and_distributions(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete a kind of part or a distribution."""
    from sr_toolkit.spec import KINDS

    kinds = [
        CompletionItem(kind) for kind in KINDS if kind != "model" and kind.startswith(incomplete)
    ]
    return kinds + distributions(ctx, param, incomplete)


def parts_of_kind(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of the kind that was named before."""
    from sr_toolkit.registry import registry
    from sr_toolkit.spec import KINDS

    line = [str(ctx.params.get("what")), *os.environ.get("COMP_WORDS", "").split()]
    kind = next((word for word in line if word in KINDS), None)
    names = registry().names(kind) if kind else ()
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def sets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of the catalog."""
    from sr_toolkit.catalog.entries import CATALOG

    return _last(incomplete, CATALOG)


def _last(incomplete: str, known: Iterable[str]) -> list[CompletionItem]:
    before, comma, begun = incomplete.rpartition(",")
    found = [CompletionItem(before + comma + name) for name in known if name.startswith(begun)]
    # A run, a checkpoint or a folder may stand there too: the shell completes those itself.
    return found or [CompletionItem(incomplete, type="file")]


models = registered("model")
datasets = registered("dataset")
metrics = registered("metric")
protocols = words("y", "srcnn", "rgb")
devices = words("auto", "cpu", "cuda")
precisions = words("auto", "fp32", "bf16", "fp16")
