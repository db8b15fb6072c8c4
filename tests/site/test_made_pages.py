"""What documents hold that is computed: figures, notebooks, the order of pages."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path

import pytest
from sentences import ROOT

import sr_toolkit

DOCS = ROOT / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


def table(text: str) -> dict[str, tuple[float, float]]:
    """Return the PSNR and SSIM of each row of the table of mistakes."""
    found = re.findall(r"^\| (.+?) \| ([\d.]+) \| ([\d.]+) \|", text, re.MULTILINE)
    return {name: (float(psnr), float(ssim)) for name, psnr, ssim in found}


def test_what_mistakes_cost_is_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    text = (DOCS / "bench.md").read_text(encoding="utf-8")
    told = table(text[text.index("begin generated: mistakes") :])
    found = table(importlib.import_module("build_mistakes").table())
    assert found.keys() == told.keys()
    for name, figures in found.items():
        assert figures == pytest.approx(told[name], abs=2e-3), f"{name}: run docs/build_mistakes.py"


def test_the_rule_of_that_table_is_that_of_the_benchmark() -> None:
    results = sr_toolkit.bench(
        ["bicubic"], dataset="sample", metrics=["psnr", "ssim"], cost=False, cache=False, quiet=True
    )
    text = (DOCS / "bench.md").read_text(encoding="utf-8")
    psnr, ssim = table(text)["the rule `y`"]
    assert results[0].mean("bicubic", "psnr") == pytest.approx(psnr, abs=1e-3)
    assert results[0].mean("bicubic", "ssim") == pytest.approx(ssim, abs=1e-4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs_and_installs_on_colab_alone(path: Path) -> None:
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    first, *others = ["".join(cell["source"]) for cell in cells]
    assert re.search(r'if "google\.colab" in sys\.modules:.*\n    %pip install ', first)
    for source in others:
        assert "pip install" not in source
        ast.parse(source)


def test_there_are_three_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["bench", "train", "upscale"]


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(?:.*<)?([a-z/-]+)>?$", index, re.MULTILINE))
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert pages <= listed
    assert {f"notebooks/{path.stem}" for path in NOTEBOOKS} <= listed
