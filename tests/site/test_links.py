"""Every link of every document leads somewhere: files, pages and headings; addresses by form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from sentences import ROOT

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "notebooks").glob("*.ipynb"),
        *(ROOT / "plugins").glob("*/README.md"),
    ]
)
PARSER = (
    MarkdownIt("commonmark")
    .enable("table")
    .use(front_matter_plugin)
    .use(myst_block_plugin)
    .use(anchors_plugin, max_level=4)
)


def text_of(path: Path) -> str:
    """Return a document's Markdown; of a notebook that of its Markdown cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def links(text: str) -> Iterator[str]:
    """Yield where the links and pictures of a text lead."""
    for token in PARSER.parse(text):
        for inner in token.children or ():
            found = inner.attrGet("href") or inner.attrGet("src")
            if found:
                yield str(found)


def anchors(path: Path) -> set[str]:
    """Return what a link may name behind the # of a document."""
    tokens = PARSER.parse(text_of(path))
    named = {str(token.attrGet("id")) for token in tokens if token.type == "heading_open"}
    return named | {token.content for token in tokens if token.type == "myst_target"}


def fault(link: str, document: Path) -> str:
    """Say why a link of a document leads nowhere, or ''."""
    if re.match(r"[a-z]+:", link):
        parts = urlsplit(link)
        sound = parts.scheme == "https" and re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc)
        return "" if sound else "it is no https address of a public host"
    place, _, anchor = link.partition("#")
    target = (document.parent / place).resolve() if place else document
    if not target.is_relative_to(ROOT) or not target.exists():
        return f"there is no '{target}'"
    if anchor and anchor not in anchors(target):
        return f"'{target.name}' has no heading '#{anchor}'"
    return ""


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    faults = {link: fault(link, path) for link in links(text_of(path))}
    assert not {link: said for link, said in faults.items() if said}


@pytest.mark.parametrize(
    "link",
    [
        "nowhere.md",
        "bench.md#no-such-heading",
        "#nothing",
        "http://example.org",
        "https://localhost/x",
    ],
)
def test_a_link_that_leads_nowhere_is_found_out(link: str) -> None:
    assert fault(link, ROOT / "docs" / "train.md")


def test_there_are_links() -> None:
    assert sum(len(list(links(text_of(path)))) for path in DOCUMENTS) > 60
