"""Reports that lack something, in a browser: none ends in an error or scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from many import MadeUpPictures, made_up

from sr_toolkit.reporting import write_report

pytestmark = pytest.mark.slow


def failed() -> Any:
    results = made_up(3)
    row = results[0].rows[2]
    row.scores, row.sr_sha256, row.failure = {}, [], "it is damaged"
    return results


LONG = made_up(3, ("bicubic", "m" * 300, "n " * 200), labels=("i" * 400,))
ODD = {
    "no metric": (made_up(columns=()), {}),
    "no pictures": (made_up(), {"images": 0}),
    "few pictures": (made_up(12), {"images": 3}),
    "bicubic alone": (made_up(1, ("bicubic",)), {}),
    "no bicubic": (made_up(3, ("first", "second")), {}),
    "long names": (LONG, {}),
    "a model without figures": (failed(), {}),
}


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("name", ODD)
def test_every_control_of_an_odd_report(
    name: str, width: int, tmp_path: Path, visit: Callable[..., Any]
) -> None:
    results, options = ODD[name]
    write_report(results, MadeUpPictures(64), tmp_path / "r.html", **options)
    page = visit(tmp_path / "r.html", width=width)  # which holds errors to be none
    for select in ("#order", "#order-metric", "#order-model"):
        for value in page.locator(f"{select} option").evaluate_all("all => all.map(o => o.value)"):
            page.locator(select).select_option(value)
    page.locator("#list").focus()
    for key in ("End", "Home", "PageDown", "PageUp"):
        page.keyboard.press(key)
    for mode in page.locator(".modes label:visible").all():
        mode.click()
        assert page.locator("#panes canvas").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
