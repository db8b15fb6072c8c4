"""The page in a real browser: keys, buttons, undo, zoom, flicker, the end, narrow screens."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from voting_made import Client

from sr_toolkit.voting.session import Session

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium of the system."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with driver.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def visit(
    browser: Any, session: Session, serve: Callable[[Session], Client]
) -> Iterator[Callable[..., Any]]:
    """Open the session's page; whatever the test does, it must ask nobody else and not complain."""
    client = serve(session)
    asked: list[str] = []
    complaints: list[str] = []
    contexts = []

    def run(width: int = 1400, height: int = 900, **options: Any) -> Any:
        viewport = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=viewport, **options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(client.server.url)
        wait(page)
        return page

    yield run
    for context in contexts:
        context.close()
    assert complaints == []
    others = [url for url in asked if not url.startswith((client.server.url, "data:"))]
    assert others == []


def wait(page: Any) -> None:
    page.wait_for_selector('body[aria-busy="false"]', timeout=15_000)


def press(page: Any, key: str) -> None:
    page.keyboard.press(key)
    wait(page)


def click(page: Any, selector: str) -> None:
    page.click(selector)
    wait(page)


def answers(session: Session) -> list[str]:
    return [vote.answer for vote in session.votes.votes]


def test_keys_answer_and_take_back(visit, session: Session) -> None:
    page = visit()
    assert page.inner_text("h1") == "Which one looks better?"
    assert page.inner_text("#count") == "1 of 10"
    for key in ("ArrowLeft", "ArrowRight", "ArrowDown", " "):
        press(page, key)
    assert answers(session) == ["left", "right", "none", "none"]
    assert page.inner_text("#count") == "5 of 10"
    assert all(vote.milliseconds < 60_000 for vote in session.votes.votes)
    press(page, "Backspace")
    press(page, "Backspace")
    press(page, "ArrowRight")
    assert answers(session) == ["left", "right", "right"]
    press(page, "x")
    press(page, "Control+ArrowLeft")
    assert len(answers(session)) == 3


def test_a_key_held_down_is_one_answer(visit, session: Session) -> None:
    page = visit()
    for _ in range(6):
        page.keyboard.down("ArrowLeft")  # the second and later ones are repeats
    page.keyboard.up("ArrowLeft")
    wait(page)
    assert answers(session) == ["left"]


def test_buttons_answer_and_take_back(visit, session: Session) -> None:
    page = visit()
    assert page.is_disabled("#undo")
    for answer in ("left", "none", "right"):
        click(page, f"[data-answer={answer}]")
    press(page, " ")  # after a click with the mouse, space is an answer and no second click
    assert answers(session) == ["left", "none", "right", "none"]
    click(page, "#undo")
    page.focus("[data-answer=left]")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    press(page, " ")  # where the keyboard went to a button, space presses it
    assert answers(session) == ["left", "none", "right", "left"]


def view(page: Any) -> list[dict[str, Any]]:
    """Return what both pictures show: size, offset, rendering."""
    script = """() => [...document.querySelectorAll('.frame')].map((frame) => {
        const image = frame.firstElementChild, box = image.getBoundingClientRect();
        const around = frame.getBoundingClientRect();
        return {width: box.width, height: box.height, x: box.x - around.x, y: box.y - around.y,
                frame: around.width, left: around.x, top: around.y,
                natural: image.naturalWidth, shown: getComputedStyle(frame).visibility,
                rendering: getComputedStyle(image).imageRendering};
    })"""
    return page.evaluate(script)


def test_zoom_is_the_same_in_both_and_pixelated(visit) -> None:
    page = visit(width=360)
    for zoom in (4, 1, 3, 2):
        page.keyboard.press(str(zoom))
        left, right = view(page)
        assert left["width"] == right["width"] == zoom * left["natural"]
        assert (left["x"], left["y"]) == (right["x"], right["y"])
        assert left["rendering"] == "pixelated"
        assert page.get_attribute(f'[data-zoom="{zoom}"]', "aria-pressed") == "true"
    page.keyboard.press("+")
    assert view(page)[0]["width"] == 3 * view(page)[0]["natural"]
    page.keyboard.press("-")
    page.click('[data-zoom="4"]')
    before = view(page)[0]
    assert before["width"] > before["frame"]
    page.mouse.move(before["left"] + 50, before["top"] + 50)
    page.mouse.down()
    page.mouse.move(before["left"] + 40, before["top"] + 50)
    page.mouse.up()
    left, right = view(page)
    assert left["x"] == right["x"] == before["x"] - 10
    page.mouse.down()
    page.mouse.move(before["left"] - 900, before["top"])
    page.mouse.up()
    assert view(page)[0]["x"] == pytest.approx(before["frame"] - before["width"], abs=1)


def test_flicker_shows_both_at_one_place_in_turn(visit, session: Session) -> None:
    page = visit()
    page.keyboard.press("f")
    left, right = view(page)
    assert (left["left"], left["top"]) == (right["left"], right["top"])
    seen = set()
    for _ in range(12):
        shown = [one["shown"] for one in view(page)]
        assert sorted(shown) == ["hidden", "visible"]
        seen.add(shown.index("visible"))
        page.wait_for_timeout(150)
    assert seen == {0, 1}
    press(page, "ArrowRight")
    assert answers(session) == ["right"]
    page.click("#flicker")
    assert [one["shown"] for one in view(page)] == ["visible", "visible"]
    assert view(page)[0]["left"] < view(page)[1]["left"]


def test_the_end_can_be_taken_back_and_finished(visit, session: Session) -> None:
    page = visit()
    for _ in range(10):
        press(page, "ArrowDown")
    assert page.is_visible("#done")
    assert page.inner_text("#count") == "10 of 10 judged"
    press(page, "Backspace")
    assert page.is_visible("#judging")
    press(page, "ArrowLeft")
    assert answers(session)[-1] == "left"
    page.keyboard.press("Enter")
    page.wait_for_selector("#over:not([hidden])")
    session.wait(grace=1000)


def test_a_reload_goes_on(visit, session: Session) -> None:
    page = visit()
    press(page, "ArrowLeft")
    page.reload()
    wait(page)
    assert page.inner_text("#count") == "2 of 10"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 400, 1400])
def test_everything_fits(visit, width: int, scheme: str) -> None:
    page = visit(width=width, height=800, color_scheme=scheme)
    for zoom in (1, 4):
        page.keyboard.press(str(zoom))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for selector in ("[data-answer=left]", "[data-answer=right]", "#undo", "#flicker"):
            box = page.locator(selector).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = int(re.findall(r"\d+", ground)[0])
    assert (lightness > 128) == (scheme == "light")


def test_an_answer_that_cannot_be_kept_is_asked_again(
    browser, session: Session, serve: Callable[[Session], Client], tmp_path: Path
) -> None:
    client = serve(session)
    page = browser.new_page()
    page.goto(client.server.url)
    wait(page)
    (tmp_path / "votes.json").mkdir()  # in the way of the file
    press(page, "ArrowLeft")
    assert "Cannot write" in page.inner_text("#trouble")
    (tmp_path / "votes.json").rmdir()
    press(page, "ArrowLeft")
    assert not page.is_visible("#trouble")
    assert answers(session) == ["left"]
    page.close()
