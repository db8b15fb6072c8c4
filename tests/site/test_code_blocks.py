"""Every code block of every document works: Sybil finds them, `workspace` says how they are run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from unittest import SkipTest

import numpy as np
import pytest
import torch
from real import REAL
from sentences import ROOT
from skimage import data as photographs
from standin import connected
from sybil import Document, Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer
from sybil.region import Region
from workspace import at_work, check_yaml, furnish, run, short_settings, write_file

import sr_toolkit
from sr_toolkit.training.plan import preset_of

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "plugins").glob("*/README.md"),
    ]
)
WITH_BLOCKS = [
    path for path in DOCUMENTS if re.search(r"^```(python|py|toml|yaml)?$", path.read_text(), re.M)
]
MOST_SKIPPED = 8
EXECUTED_BY_SPHINX = {"{code-cell} python"}
DIRECTIVES = {"{toctree}", "{eval-rst}"}


class CommandParser:
    """Blocks without a language are commands, one a line."""

    def __init__(self) -> None:
        self.lexer = FencedCodeBlockLexer(language="")

    def __call__(self, document: Document) -> Any:
        for region in self.lexer(document):
            yield Region(region.start, region.end, region.lexemes["source"], self.evaluate)

    def evaluate(self, example: Example) -> None:
        for line in example.parsed.splitlines():
            if line.strip():
                run(line)


SYBIL = Sybil(
    parsers=[
        CommandParser(),
        PythonCodeBlockParser(),
        CodeBlockParser("yaml", lambda example: check_yaml(example.parsed)),
        CodeBlockParser("py", lambda example: write_file(example.parsed)),
        CodeBlockParser("toml", lambda example: write_file(example.parsed)),
        SkipParser(),
    ],
    patterns=["*.md"],
)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photographs, runs and weights; documents work in copies of it."""
    folder = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRTK_CACHE", str(tmp_path_factory.mktemp("documents-cache")))
        furnish(folder)
    return folder


def names() -> dict[str, Any]:
    """Return what Python blocks take for granted: an image and its relatives."""
    image = np.ascontiguousarray(photographs.astronaut()[:48, :64])
    hr = np.ascontiguousarray(photographs.astronaut()[:96, :96])
    return {"image": image, "hr": hr, "sr": hr[::-1].copy(), "lr": torch.rand(1, 3, 12, 16)}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are using torch.load:FutureWarning")
@pytest.mark.parametrize("path", WITH_BLOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_blocks_of_a_document_work(
    path: Path, furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    shutil.copytree(furnished, folder)
    document = SYBIL.parse(path)
    document.namespace.update(names())
    document.namespace["vgg"] = REAL["SRTK_WEIGHTS"] is not None
    monkeypatch.setattr("sr_toolkit.training.train", _short_train)
    with connected(tmp_path / "hub"), at_work(folder):
        for example in document.examples():
            try:
                example.evaluate()
            except SkipTest as skipped:
                assert len(str(skipped)) > 20, "a skip says why"


def _short_train(model: str, **options: Any) -> Any:
    """Train as `sr_toolkit.train` does, for two steps a phase."""
    recipe = preset_of(model, options.get("preset") or "quick", ())
    settings = [*options.pop("settings", ()), *short_settings(recipe)]
    return TRAIN(model, **options, settings=settings, device="cpu", precision="fp32")


TRAIN = sr_toolkit.train


def test_few_blocks_are_skipped_and_each_says_why() -> None:
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    skips = [found for text in texts for found in re.findall(r"(?m)^<!--+ skip: (.*?) *--+>", text)]
    assert all(re.fullmatch(r'next (if\(not vgg, reason=)?"[^"]{20,}"\)?', s) for s in skips), skips
    assert len(skips) <= MOST_SKIPPED


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_is_of_a_kind_that_is_run_or_checked(path: Path) -> None:
    fences = re.findall(r"^```(.*)\n(?:.*\n)*?```$", path.read_text(encoding="utf-8"), re.M)
    kinds = {"", "python", "py", "toml", "yaml", "text"} | EXECUTED_BY_SPHINX | DIRECTIVES
    assert {fence.strip() for fence in fences} <= kinds
