"""Plots: the curves that are drawn, the panels that are chosen, the files that are written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made import make_run, size_of, srtk

from sr_toolkit.errors import ConfigError, DataError
from sr_toolkit.plotting.curves import Span, labels, read_history, smoothed
from sr_toolkit.plotting.figure import COLORS, draw
from sr_toolkit.plotting.panels import choose_panels
from sr_toolkit.runs import Run


def write_log(run: Run, steps: int = 60, *, lpips: bool = True, shift: float = 0.0) -> Run:
    lines = []
    for phase in ("psnr", "gan"):
        for step in range(1, steps + 1):
            figures = {"lr": 1e-4, "l1": 0.1 / step, "loss": 0.1 / step, "g_norm": 1.0}
            if phase == "gan":
                figures |= {"d_loss": 0.5, "adversarial": 1.0, "d_real": 0.9, "d_fake": 0.7}
            lines.append({"event": "step", "phase": phase, "step": step, **figures})
        scores = {"psnr": 28.0, "ssim": 0.8, "bicubic_psnr": 27.0 + shift, "bicubic_ssim": 0.75}
        scores |= {"lpips": 0.2, "bicubic_lpips": 0.3} if lpips else {}
        lines.append({"event": "validation", "phase": phase, "step": steps, **scores})
    text = "".join(json.dumps({"time": 0.0, **line}) + "\n" for line in lines)
    run.log_file.write_text(text + '{"event": "st')  # as a kill leaves it
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return write_log(make_run(tmp_path / "one"))


def test_curves_go_over_all_phases(run: Run) -> None:
    history = read_history(run, "one")
    assert history.spans == (Span("psnr", 0, 60), Span("gan", 60, 120))
    loss = history.steps["loss"]
    assert loss.is_dense
    border = np.flatnonzero(np.isnan(loss.values))
    np.testing.assert_array_equal(loss.steps[border[0] + 1 :], np.arange(61, 121))
    assert border.tolist() == [60]  # and no line from one phase into the next
    np.testing.assert_array_equal(history.steps["d_loss"].steps, np.arange(61, 121))
    np.testing.assert_array_equal(history.scores["psnr"].steps[[0, -1]], [60, 120])


def test_what_was_done_twice_is_drawn_once(run: Run) -> None:
    line = {"event": "step", "time": 0, "phase": "psnr", "step": 3, "loss": 9.0}
    run.log_file.write_text(run.log_file.read_text().rpartition("\n")[0] + "\n" + json.dumps(line))
    loss = read_history(run, "one").steps["loss"]
    assert loss.values[2] == 9.0
    assert len(loss.values) == 121


def test_smoothing_keeps_the_level_and_leaves_holes() -> None:
    level = np.full(200, 3.0)
    np.testing.assert_allclose(smoothed(level), level)
    few = np.arange(5.0)
    assert smoothed(few) is few
    noisy = np.random.default_rng(0).normal(size=400)
    noisy[50] = np.nan
    smooth = smoothed(noisy)
    assert np.isnan(smooth).nonzero()[0].tolist() == [50]
    assert np.nanstd(smooth) < 0.4 * np.nanstd(noisy)


def test_a_log_without_figures(run: Run) -> None:
    run.log_file.unlink()
    with pytest.raises(DataError, match="nothing to plot; train first"):
        read_history(run, "one")


def test_a_run_without_config_keeps_the_order_of_its_log(run: Run) -> None:
    run.config_file.write_text("- damaged")
    assert [span.name for span in read_history(Run(run.path), "x").spans] == ["psnr", "gan"]


def test_panels_are_those_that_have_something_to_show(tmp_path: Path) -> None:
    history = read_history(write_log(make_run(tmp_path / "one"), lpips=False), "one")
    titles = [panel.title.split()[0] for panel in choose_panels([history])]
    assert titles == [
        *("Generator", "Adversarial", "Validation", "Validation"),
        *("Learning", "Discriminator", "Gradient"),
    ]
    chosen = choose_panels([history], ["psnr", "l1", "bicubic_ssim", "psnr"])
    assert [panel.figures for panel in chosen] == [("psnr",), ("l1",), ("bicubic_ssim",)]
    with pytest.raises(ConfigError, match=r"No figure 'psrn' was logged. Did you mean 'psnr'"):
        choose_panels([history], ["psrn"])
    with pytest.raises(ConfigError, match="No figure 'lpips' was logged"):
        choose_panels([history], ["lpips"])


def test_labels_tell_runs_apart(tmp_path: Path) -> None:
    runs = [Run(tmp_path / "a" / "x"), Run(tmp_path / "b" / "x"), Run(tmp_path / "b" / "y")]
    assert labels(runs) == ["a/x", "b/x", "b/y"]
    assert labels(runs[1:]) == ["x", "y"]


def test_one_run_names_its_phases_and_bicubic(run: Run) -> None:
    history = read_history(run, "one")
    panels = choose_panels([history])
    figure = draw([history], panels, "one")
    assert len(figure.axes) == len(panels)
    by_title = {ax.get_title(loc="left"): ax for ax in figure.axes}
    psnr = by_title["Validation PSNR ↑"]
    assert [text.get_text() for text in psnr.texts] == ["psnr", "gan", "bicubic"]
    assert by_title["Generator loss, terms unweighted"].get_yscale() == "log"
    assert psnr.get_yscale() == "linear"
    assert by_title["Discriminator accuracy"].get_legend() is not None


def test_a_run_that_grows_has_a_bicubic_in_each_phase(run: Run) -> None:
    """×2 is compared with bicubic of ×2, not with that of the last scale."""
    text = run.log_file.read_text().replace('"bicubic_psnr": 27.0', '"bicubic_psnr": 32.5', 1)
    run.log_file.write_text(text)
    history = read_history(run, "one")
    assert history.level_of_phases("bicubic_psnr") == {
        Span("psnr", 0, 60): 32.5, Span("gan", 60, 120): 27.0,
    }  # fmt: skip
    figure = draw([history], choose_panels([history], ["psnr"]))
    (psnr,) = figure.axes
    drawn = [part.get_segments()[0].tolist() for part in psnr.collections]
    assert drawn == [[[0, 32.5], [60, 32.5]], [[60, 27.0], [120, 27.0]]]
    assert [text.get_text() for text in psnr.texts] == ["psnr", "gan", "bicubic"]


def test_several_runs_are_told_by_color(run: Run, tmp_path: Path) -> None:
    others = [write_log(make_run(tmp_path / name), 40, shift=1.0) for name in ("two", "three")]
    histories = [read_history(one, one.path.name) for one in (run, *others)]
    figure = draw(histories, choose_panels(histories))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "two", "three"]
    assert [line.get_color() for line in legend.get_lines()] == list(COLORS[:3])
    psnr = next(ax for ax in figure.axes if "PSNR" in ax.get_title(loc="left"))
    assert [text.get_text() for text in psnr.texts] == ["bicubic", "bicubic"]  # two levels


def test_losses_that_are_not_positive_or_finite_are_drawn(run: Run) -> None:
    text = run.log_file.read_text().replace('"d_loss": 0.5', '"d_loss": -0.5')
    run.log_file.write_text(text.replace('"adversarial": 1.0', '"adversarial": NaN'))
    history = read_history(run, "one")
    figure = draw([history], choose_panels([history], ["losses"]))
    assert [ax.get_yscale() for ax in figure.axes] == ["log", "linear"]


def test_the_verb_writes_into_the_run_again_and_again(run: Run) -> None:
    for _ in range(2):
        outcome = srtk("plot", run.path)
        assert (outcome.code, outcome.out) == (0, f"{run.path / 'plot.png'}\n"), outcome.err
    width, height = size_of(run.path / "plot.png")
    assert 1000 < width < 2000 < height * 2


def test_foreign_files_are_replaced_only_when_asked(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "paper.pdf"
    words = ("plot", run.path, "--metric", "psnr,lr", "-o", target)
    assert srtk(*words).code == 0
    assert target.read_bytes().startswith(b"%PDF")
    assert "exists already; give --overwrite" in srtk(*words).sentence()
    assert srtk(*words, "--overwrite").code == 0


def test_several_runs_go_into_the_working_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_log(make_run(tmp_path / "runs" / "two"), 30)
    assert srtk("plot", run.path, "two", "--metric", "psnr").out == "plot.png\n"
    assert "exists already" in srtk("plot", run.path, "two").sentence()


def test_refusals(run: Run, tmp_path: Path) -> None:
    assert "give --out another suffix" in srtk("plot", run.path, "-o", "a.gif").sentence()
    assert "is no run folder" in srtk("plot", tmp_path / "no").sentence()
    assert srtk("plot").code == 2
