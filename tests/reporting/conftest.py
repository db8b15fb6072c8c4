"""Reports to look at, as HTML and in a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from made import picture, save_checkpoint, srtk

EVIL_IMAGE = "<img src=x onerror=alert(1)>"
EVIL_MODEL = "</script>"
NARROW, WIDE = 360, 1400


def benched(folder: Path, *words: Any, models: str = "nearest,lanczos") -> Path:
    """Bench three pictures, one with a name that is HTML, and return the report."""
    for number, (height, width) in enumerate(((40, 48), (56, 44), (64, 64))):
        name = EVIL_IMAGE if number == 1 else f"p{number}"
        picture(folder / "photos" / f"{name}.png", height, width)
    evil = save_checkpoint(folder / "<" / "script>.safetensors")
    cache = {"SRTK_CACHE": str(folder / "cache")}
    with mock.patch.dict(os.environ, cache):
        ended = srtk(
            *("bench", "--models", f"{models},{evil}", "--dataset", f"folder:{folder / 'photos'}"),
            *("--device", "cpu", "--quiet", "--report", folder / "report.html", *words),
        )
    assert ended.code == 0, ended.err
    return folder / "report.html"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with HR, under two protocols."""
    folder = tmp_path_factory.mktemp("report")
    return benched(folder, "--metrics", "psnr,ssim", "--protocol", "y,rgb", "-o", folder / "out")


@pytest.fixture(scope="module")
def report_without_hr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of images that are LR."""
    folder = tmp_path_factory.mktemp("report")
    return benched(folder, "--no-reference", "--metrics", "lr-psnr")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        launched = playwright.chromium.launch(executable_path=chromium, args=options)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a report; whatever it says to the console, asks for or pops up fails the test."""
    contexts, said = [], []

    def open_page(path: Path, *, width: int = WIDE, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        address = path.resolve().as_uri()

        def asked(request: Any) -> None:
            if request.url != address and not request.url.startswith(("data:", "blob:")):
                said.append(f"request: {request.url}")

        def popped_up(dialog: Any) -> None:
            said.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("request", asked)
        page.on("dialog", popped_up)
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.goto(address)
        page.wait_for_function("document.querySelector('#image-name').textContent !== ''")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
