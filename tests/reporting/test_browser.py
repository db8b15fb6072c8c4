"""The report in a browser: every control does what it says, by mouse and by keyboard."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

MODELS = ["bicubic", "nearest", "lanczos", "</script>"]
CANVAS = "#panes canvas"
DRAWN = "canvas => canvas.toDataURL()"


def seen(locator: Any) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)


def drawn(page: Any) -> list[str]:
    return [canvas.evaluate(DRAWN) for canvas in page.locator(CANVAS).all()]


def column(page: Any, number: int) -> list[str]:
    rows = page.locator("table.sortable").first.locator("tbody tr").all()
    return [row.locator("th, td").nth(number).get_attribute("data-value") for row in rows]


def choose_mode(page: Any, mode: str) -> None:
    page.locator(f"label:has(input[value={mode}])").click()


@pytest.fixture
def page(report: Path, visit: Callable[..., Any]) -> Any:
    return visit(report)


def test_any_column_sorts_both_ways(page: Any) -> None:
    heads = page.locator("table.sortable").first.locator("thead th")
    assert column(page, 0) == MODELS
    for number in range(heads.count()):
        head = heads.nth(number)
        orders = []
        for _ in range(2):
            head.locator("button").click()
            order = head.get_attribute("aria-sort")
            values = column(page, number)
            if number:
                figures = [float(value) for value in values if value]
                assert figures == sorted(figures, reverse=order == "descending")
                assert values[: len(figures)] == [value for value in values if value]
            else:
                assert values == sorted(MODELS, key=str.lower, reverse=order == "descending")
            orders.append(order)
            assert page.locator("table.sortable").first.locator("[aria-sort]").count() == 1
        assert set(orders) == {"ascending", "descending"}
    assert heads.nth(1).locator("button").text_content() == "PSNR ↑"


def test_a_column_sorts_by_keyboard(page: Any) -> None:
    head = page.locator("table.sortable").first.locator("thead th").nth(1)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "ascending"


def test_the_divider_moves_by_mouse_and_by_arrow_keys(page: Any) -> None:
    page.locator("#left").select_option(label="LR")
    canvas, divider = page.locator(CANVAS), page.locator("#divider")
    before = seen(canvas)
    box = divider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=4)
    page.mouse.up()
    assert int(divider.input_value()) == pytest.approx(90, abs=5)
    dragged = seen(canvas)
    width = dragged.shape[1]
    changed = np.abs(dragged - before).sum(axis=(0, 2)) > 0
    assert changed[int(width * 0.55) : int(width * 0.85)].mean() > 0.9
    assert not changed[: int(width * 0.45)].any()
    divider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    assert int(divider.input_value()) == pytest.approx(80, abs=5)
    assert np.abs(seen(canvas) - dragged).sum() > 0
    page.keyboard.press("Home")
    assert divider.input_value() == "0"


def test_the_divider_can_be_dragged_on_the_picture(page: Any) -> None:
    page.locator("#divider").scroll_into_view_if_needed()
    box = page.locator(CANVAS).bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, height, steps=3)
    page.mouse.up()
    assert int(page.locator("#divider").input_value()) == pytest.approx(25, abs=2)


def test_any_two_can_be_compared(page: Any) -> None:
    options = page.locator("#left option").all_text_contents()
    assert options == ["LR", *MODELS, "HR"]
    pictures = set()
    page.locator("#divider").evaluate("e => { e.value = 100; e.dispatchEvent(new Event('input')) }")
    for name in options:
        page.locator("#left").select_option(label=name)
        pictures.update(drawn(page))
    assert len(pictures) == len(options) - 1  # nearest is what LR is shown as
    assert page.locator("#panes figcaption").inner_text().startswith("HR")


def test_zoom_is_at_the_same_place_in_all(page: Any) -> None:
    choose_mode(page, "grid")
    first = drawn(page)
    assert len(first) == 6
    assert first[0] == first[2]  # LR and nearest: every pane shows the same pixels
    names = page.locator("#panes figcaption span:first-child").all_text_contents()
    assert names == ["LR", *MODELS, "HR"]
    page.locator("#panes").focus()
    states = [first]
    for key in ("+", "+", "+", "ArrowRight", "ArrowDown", "-"):
        page.keyboard.press(key)
        states.append(drawn(page))
        assert states[-1][0] == states[-1][2], key
        assert all(new != old for new, old in zip(states[-1], states[-2], strict=True)), key
    page.keyboard.press("0")
    assert drawn(page) == first
    page.locator("#zoom-in").click()
    assert drawn(page) == states[1]
    page.locator("#zoom-out").click()
    assert drawn(page) == first
    page.locator("#zoom-native").click()
    assert page.locator("#zoom-level").text_content() == "100 %"
    page.locator("#panes").focus()
    page.keyboard.press("0")
    page.keyboard.press("1")
    assert page.locator("#zoom-level").text_content() == "100 %"
    page.locator("#zoom-all").click()
    assert drawn(page) == first


def test_the_wheel_zooms_where_it_points(page: Any) -> None:
    choose_mode(page, "grid")
    canvas = page.locator(CANVAS).nth(5)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    corner = seen(canvas)[2, 2]
    scrolled = page.evaluate("scrollY")
    for _ in range(5):
        page.mouse.wheel(0, -100)
    page.wait_for_function("parseInt(document.querySelector('#zoom-level').textContent) > 600")
    assert (seen(canvas)[2, 2] == corner).all()
    assert page.evaluate("scrollY") == scrolled
    kept = drawn(page)
    choose_mode(page, "slider")
    choose_mode(page, "grid")
    assert drawn(page) == kept  # the place stays, whatever the view


def test_a_zoomed_picture_is_dragged(page: Any) -> None:
    choose_mode(page, "grid")
    page.locator("#zoom-in").click()
    page.locator("#zoom-in").click()
    before = drawn(page)
    page.locator("#panes").scroll_into_view_if_needed()
    box = page.locator(CANVAS).nth(1).bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 70, steps=3)
    page.mouse.up()
    after = drawn(page)
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert after[0] == after[2]


def test_differences_are_those_of_the_pixels(page: Any, report: Path) -> None:
    choose_mode(page, "difference")
    assert page.locator(CANVAS).count() == len(MODELS)
    page.locator("#gain").select_option("1")
    faint = seen(page.locator(CANVAS).nth(1))
    page.locator("#gain").select_option("4")
    strong = seen(page.locator(CANVAS).nth(1))
    assert (strong >= faint).all()
    assert strong.mean() > 1.5 * faint.mean()
    label = page.locator("#image-name").text_content()
    hr = np.asarray(Image.open(report.parent / "photos" / f"{label}.png")).astype(int)
    lr = page.evaluate("""async () => {
        const table = JSON.parse(document.getElementById('table-0').textContent);
        const place = table.images.indexOf(document.getElementById('image-name').textContent);
        const block = JSON.parse(document.getElementById(table.pictures[place]).textContent);
        return block.uris.lr;
    }""")
    small = Image.open(io.BytesIO(base64.b64decode(lr.partition(",")[2]))).convert("RGB")
    nearest = np.asarray(small).astype(int).repeat(4, axis=0).repeat(4, axis=1)
    expected = np.abs(nearest - hr[: nearest.shape[0], : nearest.shape[1]]).mean()
    assert faint.mean() == pytest.approx(expected, rel=0.05)


def test_images_come_in_the_order_asked_for(page: Any) -> None:
    def scores(place: int) -> list[float]:
        cells = page.locator(f"#list li span:nth-child({place})").all_text_contents()
        return [float(cell.replace("−", "-")) for cell in cells]

    page.locator("#order-model").select_option(label="nearest")
    assert scores(2) == sorted(scores(2))
    page.locator("#order").select_option("best")
    assert scores(2) == sorted(scores(2), reverse=True)
    best = scores(2)
    page.locator("#order-metric").select_option(label="SSIM")
    assert scores(2) != best
    assert scores(2) == sorted(scores(2), reverse=True)
    page.locator("#order").select_option("loss")
    assert scores(3) == sorted(scores(3))
    page.locator("#order").select_option("gain")
    assert scores(3) == sorted(scores(3), reverse=True)
    page.locator("#order-model").select_option(label="bicubic")
    assert scores(3) == [0, 0, 0]
    page.locator("#order").select_option("set")
    names = page.locator("#list li span:first-child").all_text_contents()
    assert names == ["<img src=x onerror=alert(1)>", "p0", "p2"]


def test_names_that_are_html_are_shown_as_text(page: Any) -> None:
    name = "<img src=x onerror=alert(1)>"
    page.locator("#list li", has_text="onerror").click()
    page.wait_for_function(f"document.querySelector('#image-name').textContent === '{name}'")
    assert page.locator("img").count() == 0
    assert "</script>" in page.locator("#image-scores").inner_text()
    assert page.get_by_text("</script>").first.is_visible()


def test_the_other_table_is_chosen(page: Any) -> None:
    page.locator("#divider")  # the viewer is there
    before = page.locator("#image-scores tbody").inner_text()
    page.locator("#which").select_option(index=1)
    assert page.locator("section.part:visible h2").text_content().endswith("protocol rgb")
    assert page.locator("section.part:visible").count() == 1
    page.wait_for_function(
        "before => document.querySelector('#image-scores tbody').innerText !== before", arg=before
    )


def test_everything_is_reached_by_keyboard_alone(page: Any) -> None:
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop, outlined = page.evaluate("""() => {
            const it = document.activeElement;
            const shown = it.matches('input[name=mode]') ? it.nextElementSibling : it;
            return [it.id || it.value || it.textContent, getComputedStyle(shown).outlineStyle];
        }""")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert outlined != "none", stop
        stops.append(stop)
        if stop == "list":
            name = page.locator("#image-name").text_content()
            page.keyboard.press("ArrowDown")
            page.wait_for_function(
                "name => document.querySelector('#image-name').textContent !== name", arg=name
            )
            page.keyboard.press("Home")
        if stop == "slider":
            page.keyboard.press("ArrowRight")
            assert page.locator(CANVAS).count() == 6
            page.keyboard.press("ArrowLeft")
            assert page.locator(CANVAS).count() == 1
    wanted = ["theme", "which", "PSNR ↑", "order", "order-metric", "order-model", "list", "slider"]
    wanted += [
        "zoom-out",
        "zoom-in",
        "zoom-native",
        "zoom-all",
        "left",
        "right",
        "panes",
        "divider",
    ]
    assert [stop for stop in stops if stop in wanted and stop != "PSNR ↑"] == [
        stop for stop in wanted if stop != "PSNR ↑"
    ]
    assert "PSNR ↑" in stops


def test_controls_have_names(page: Any) -> None:
    unnamed = page.evaluate("""() => [...document.querySelectorAll('button, select, input')]
        .filter((it) => !it.closest('[hidden]'))
        .filter((it) => !(it.getAttribute('aria-label') || it.labels?.length
            || it.textContent.trim()))
        .map((it) => it.outerHTML)""")
    assert unnamed == []
    chosen = page.locator("#list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    assert page.locator("svg[role=img]").count() == page.locator("svg[aria-label]").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_and_its_button(
    report: Path, visit: Callable[..., Any], scheme: str
) -> None:
    page = visit(report, color_scheme=scheme)

    def brightness() -> float:
        return float(seen(page.locator("h1"))[0, -1].mean())

    first, button = brightness(), page.locator("#theme")
    assert (first < 60) == (scheme == "dark")
    assert button.get_attribute("aria-pressed") == str(scheme == "dark").lower()
    button.click()
    assert (brightness() < 60) == (scheme == "light")
    assert button.get_attribute("aria-pressed") == str(scheme == "light").lower()
    button.click()
    assert brightness() == first


@pytest.mark.parametrize("width", [320, 360, 700, 1400, 2560])
@pytest.mark.parametrize("mode", ["slider", "grid"])
def test_no_width_makes_the_page_scroll_sideways(
    report: Path, visit: Callable[..., Any], width: int, mode: str
) -> None:
    page = visit(report, width=width)
    choose_mode(page, mode)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_tables_and_plots_and_no_controls(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator("section.part:visible").count() == 2  # both tables
    assert page.locator("svg[role=img]:visible").count() > 1
    for control in ("#theme", "#which", "#viewer", "#divider", "#list"):
        assert not page.locator(control).is_visible(), control
    page.set_viewport_size({"width": 720, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 720


def test_without_hr_there_are_no_differences(
    report_without_hr: Path, visit: Callable[..., Any]
) -> None:
    page = visit(report_without_hr)
    assert page.locator("#left option").all_text_contents() == ["LR", *MODELS]
    assert not page.locator("#mode-difference").is_visible()
    first = drawn(page)
    page.locator("#left").select_option(label="LR")
    assert drawn(page) != first
    choose_mode(page, "grid")
    assert page.locator(CANVAS).count() == 5
