"""What the site takes from the code at each build: the API, and links to files beside the docs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

GROUPS: Mapping[str, str] = {
    "sr_toolkit.training": "Work",
    "sr_toolkit.benching": "Work",
    "sr_toolkit.upscaling": "Work",
    "sr_toolkit.publishing": "Work",
    "sr_toolkit.images": "Images",
    "sr_toolkit.spec": "Specs: what an entry point names",
    "sr_toolkit.checkpoint": "Specs: what an entry point names",
    "sr_toolkit.config": "Specs: what an entry point names",
    "sr_toolkit.interfaces": "Interfaces: what a part has to do",
    "sr_toolkit.training.recipe": "Recipes",
    "sr_toolkit.training.recipe_parts": "Recipes",
    "sr_toolkit.degradations": "Recipes",
    "sr_toolkit.errors": "Errors",
}
"""Where a name lives to the heading that it stands under."""


class Surface(SphinxDirective):
    """`surface:: MODULE [WITHOUT]`: every public name of a module, documented from its docstring.

    Names that the module WITHOUT has, too, are left to the place where that one is documented.
    """

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the module's names in groups, by autodoc."""
        module, *others = map(importlib.import_module, self.arguments)
        told = {name for other in others for name in other.__all__}
        names = [name for name in module.__all__ if name not in told]
        text = "\n".join(_lines(module, names))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _lines(module: Any, shown: Sequence[str]) -> Iterator[str]:
    groups: dict[str, list[str]] = {title: [] for title in GROUPS.values()}
    for name in shown:
        groups[_group(getattr(module, name), name)].append(name)
    for title, names in groups.items():
        if not names:
            continue
        yield from ("", f".. rubric:: {title}", "")
        for name in names:
            yield from _entry(module.__name__, name, getattr(module, name))


def _group(thing: Any, name: str) -> str:
    home = getattr(thing, "__module__", None) or "sr_toolkit.spec"  # a constant has none
    for place in sorted(GROUPS, key=len, reverse=True):
        if home == place or home.startswith(place + "."):
            return GROUPS[place]
    raise ValueError(f"No heading for '{name}' of {home}; add its room to GROUPS in {__file__}.")


def _entry(prefix: str, name: str, thing: Any) -> Iterator[str]:
    if not inspect.isclass(thing):
        kind = "autofunction" if callable(thing) else "autodata"
        yield from (f".. {kind}:: {prefix}.{name}", "")
        return
    yield f".. autoclass:: {prefix}.{name}"
    if hasattr(thing, "__dataclass_fields__"):
        yield from ("   :no-index-entry:", "")
    else:
        yield from ("   :members:", "", "")


def show_examples(app: Sphinx, ctx: click.Context, lines: list[str]) -> None:
    """Add a command's examples, which our commands write themselves, to what sphinx-click shows."""
    examples = getattr(ctx.command, "examples", ())
    if examples:
        lines += [".. rubric:: Examples", "", ".. code-block:: text", ""]
        lines += [*(f"   {example}" for example in examples), ""]


class Links(SphinxPostTransform):
    """On the site folders of the repository have no page, and pages a title instead of a file."""

    default_priority = 5  # before MyST looks for a page

    def run(self, **kwargs: Any) -> None:
        """Replace such links by their text, and the names of pages' files by their titles."""
        for node in list(self.document.findall(addnodes.pending_xref)):
            target = str(node.get("reftarget", ""))
            title = self.env.titles.get(target)
            if target.startswith("../"):
                node.replace_self(node.children)
            elif title is not None and node.astext().endswith((".md", ".ipynb")):
                node[:] = [nodes.inline("", title.astext())]
        for text in list(self.document.findall(nodes.Text)):
            if text.astext() == " -- ":  # Sphinx's own, between a parameter and what it is
                text.parent.replace(text, nodes.Text(" – "))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what this module adds to Sphinx."""
    app.add_directive("surface", Surface)
    app.add_post_transform(Links)
    app.connect("sphinx-click-process-epilog", show_examples)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
