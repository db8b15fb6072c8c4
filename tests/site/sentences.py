"""The sentences that the code can say: its strings, with … where a value is put in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sentences() -> list[str]:
    """Return every string of the toolkit and its plugins, docstrings left out."""
    files = [*ROOT.glob("sr_toolkit/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    return [text for file in files for text in _strings(ast.parse(file.read_text("utf-8")))]


def _strings(tree: ast.AST) -> Iterator[str]:
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in told:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _part(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "…"
