"""Commands whose help ends in examples, one a line, ready to be copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click


class Command(click.Command):
    """A verb with `examples`: whole command lines that are shown below its options."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, unwrapped."""
        write_examples(self.examples, formatter)


class Group(click.Group):
    """A verb of verbs, with `examples` likewise; what it holds are `Command`s."""

    command_class = Command

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, unwrapped."""
        write_examples(self.examples, formatter)


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Write a section of command lines; a long one is broken by the terminal, not by us."""
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def verb(name: str, *examples: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a function the command `name`, as `click.command` does."""
    return click.command(name, cls=Command, examples=examples)


def verbs(name: str, *examples: str) -> Callable[[Callable[..., Any]], Group]:
    """Make a function the group `name`, as `click.group` does."""
    return click.group(name, cls=Group, examples=examples)
