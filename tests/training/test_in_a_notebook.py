"""What a notebook shows of a training, a run and a result."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from made import make_run, picture

import sr_toolkit
from sr_toolkit.training.reporter import NotebookLine, Reporter

pytest.importorskip("IPython")


class Handle:
    """Stands for what IPython hands out for a display: keeps what it was told to show."""

    def __init__(self, first: Any) -> None:
        self.texts = [repr(first)]

    def update(self, shown: Any) -> None:
        self.texts.append(repr(shown))


def test_a_training_is_one_line_that_is_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    handles: list[Handle] = []

    def display(shown: Any, display_id: bool) -> Handle:
        assert display_id
        handles.append(Handle(shown))
        return handles[-1]

    monkeypatch.setattr("IPython.display.display", display)
    reporter = Reporter()
    reporter.console.is_jupyter = True
    reporter.begin("psnr", 1000)
    for step in range(1, 1001):
        reporter.advance(step, "loss 0.1")
    reporter.end()
    (handle,) = handles
    assert handle.texts[0] == "psnr 0/1000"
    assert handle.texts[-1].startswith("psnr 1000/1000 · loss 0.1 · ")
    assert len(handle.texts) < 50, "not a thousand"


def test_a_line_is_text_whatever_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda one, display_id: shown.append(one))
    NotebookLine("<b>1 & 2</b>")
    assert shown[0]._repr_html_() == "<pre>&lt;b&gt;1 &amp; 2&lt;/b&gt;</pre>"


def test_a_run_shows_its_phases_and_its_last_strip(tmp_path: Path) -> None:
    run = make_run(tmp_path / "<mine>", "psnr", "gan")
    assert run._repr_html_().count("<img") == 0
    for name in ("gan-0000002", "psnr-0000002", "psnr-0000001"):
        picture(run.path / "samples" / f"{name}.png")
    assert [strip.stem for strip in run.strips()] == ["psnr-0000001", "psnr-0000002", "gan-0000002"]
    shown = run._repr_html_()
    assert "&lt;mine&gt;" in shown
    assert "psnr, gan" in shown
    (encoded,) = re.findall(r'src="data:image/png;base64,([^"]+)"', shown)
    assert base64.b64decode(encoded) == run.strips()[-1].read_bytes()


def test_results_show_as_a_table() -> None:
    results = sr_toolkit.bench(
        ["nearest"], dataset="sample", metrics=["psnr"], cost=False, cache=False, quiet=True
    )
    lines = results._repr_markdown_().splitlines()
    assert any(re.match(r"\| nearest \| \d\d\.\d{4} \|", line) for line in lines), lines
    assert any(line.startswith("|---|") for line in lines)
