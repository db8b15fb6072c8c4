"""Pictures in the documents that are drawn from the code are as it would draw them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_figure_of_growing_shows_the_recipe_as_it_is() -> None:
    spec = importlib.util.spec_from_file_location("drawing", DOCS / "build_progressive.py")
    assert spec is not None
    assert spec.loader is not None
    drawing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)
    stale = drawing.draw() != (DOCS / "progressive.svg").read_text(encoding="utf-8")
    assert not stale, "docs/progressive.svg is stale; run: python docs/build_progressive.py"
    assert drawing.draw().count("frozen") == 3
