"""What validation decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import torch
from trainers import trainer, weights

from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.errors import WeightsError
from sr_toolkit.runs import Run
from sr_toolkit.training.health import WINDOW, GanHealth
from sr_toolkit.training.judging import Judge, WeightSearch
from sr_toolkit.training.recipe import EarlyStop, LossTerm, Phase, Search
from sr_toolkit.training.validation import Validator

Train = Callable[..., Run]
LOSSES = {"l1": LossTerm()}


def scored(patch: pytest.MonkeyPatch, scores: Iterator[dict[str, float]]) -> None:
    """Let validations give these scores."""
    patch.setattr(Validator, "scores", lambda *arguments: next(scores))


def series(**metrics: list[float]) -> Iterator[dict[str, float]]:
    names = list(metrics)
    return (dict(zip(names, row, strict=True)) for row in zip(*metrics.values(), strict=True))


@pytest.mark.parametrize(("best", "step"), [("psnr", 4), ("ssim", 2), ("lpips", 3), ("last", 6)])
def test_best_is_judged_by_the_metric_named(
    train: Train, monkeypatch: pytest.MonkeyPatch, best: str, step: int, srtk_weights: object
) -> None:
    found = series(
        psnr=[20, 21, 22, 25, 24, 23, 1],
        ssim=[0.5, 0.9, 0.6, 0.6, 0.6, 0.6, 0],
        lpips=[0.5, 0.4, 0.1, 0.2, 0.2, 0.2, 1],
    )
    scored(monkeypatch, found)
    run = train(
        "run", f"phases.psnr.best={best}", "phases.psnr.validate_every=1", "phases.gan.steps=1",
        "phases.gan.validate_every=9", weights_root=srtk_weights,
    )  # fmt: skip
    metadata = read_metadata(run.checkpoint("psnr", "best"))
    assert metadata.steps == step
    assert metadata.scores["validation/psnr"] == [20, 21, 22, 25, 24, 23][step - 1]


def test_lpips_without_its_network_is_refused_before_the_first_step(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", "file:///nothing/")
    with pytest.raises(WeightsError, match="decides by LPIPS"):
        train("run", "phases.psnr.best=lpips")


def test_a_phase_ends_early_where_nothing_improves(
    train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scored(monkeypatch, series(psnr=[20, 21, 21.05, 21.04, 9], ssim=[0.5] * 5))
    run = train(
        "run", "phases.psnr.early_stop={patience: 2, by: 0.1}", "phases.psnr.validate_every=1",
        "phases.gan.steps=1", "phases.gan.validate_every=9", quiet=False,
    )  # fmt: skip
    assert "Phase psnr ends early" in capsys.readouterr().err
    assert read_metadata(run.checkpoint("psnr", "last")).steps == 4
    assert run.trained_phases() == ("psnr", "gan")


def test_patience_counts_anew_after_an_improvement() -> None:
    judge = Judge(Phase(steps=1, losses=LOSSES, early_stop=EarlyStop(metric="lpips", patience=2)))
    over = [judge.is_over({"lpips": score}) for score in (0.5, 0.6, 0.4, 0.4, 0.5, 0.3)]
    assert over == [False, False, False, False, True, False]


def test_a_weight_is_raised_while_it_helps_and_taken_back() -> None:
    made = trainer(gan={"weight": 0.1})
    search = WeightSearch(Search(metric="lpips", factor=2.0))
    made.advance()
    assert "0.2 is tried" in search.note({"lpips": 0.4}, made)
    made.advance()
    assert "0.2 is kept; an adversarial weight of 0.4 is tried" in search.note({"lpips": 0.3}, made)
    good = weights(made.generator), weights(made.adversary.module)
    made.advance()
    assert made.adversarial_weight() == pytest.approx(0.4)
    told = search.note({"lpips": 0.35}, made)
    assert "0.4 is taken back, networks and all" in told
    assert made.adversarial_weight() == pytest.approx(0.2)
    for module, before in zip((made.generator, made.adversary.module), good, strict=True):
        assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())
    assert made.step == 3, "steps and data go on"
    assert search.note({"lpips": 0.01}, made) == ""


def test_a_search_survives_its_state() -> None:
    made = trainer(gan={"weight": 0.1})
    search = WeightSearch(Search(metric="psnr", factor=2.0))
    search.note({"psnr": 20.0}, made)
    before = weights(made.generator)
    made.advance()
    again = WeightSearch(Search(metric="psnr", factor=2.0))
    again.load_state_dict(search.state_dict())
    again.note({"psnr": 10.0}, made)
    assert all(torch.equal(before[k], v) for k, v in made.generator.state_dict().items())


def figures(accuracy: float) -> dict[str, float]:
    return {"d_real": accuracy, "d_fake": accuracy, "adversarial": 8.0, "d_loss": 0.01}


def test_a_discriminator_that_has_won_is_told_once() -> None:
    health = GanHealth(every=10)
    told = [text for _ in range(3 * WINDOW) for text in health.note(figures(1.0))]
    assert len(told) == 1
    assert "has won" in told[0]
    assert "200 steps" in told[0]
    assert "800 times" in told[0]
    well, lost = GanHealth(10), GanHealth(10)
    assert not [text for _ in range(3 * WINDOW) for text in well.note(figures(0.8))]
    told = [text for _ in range(3 * WINDOW) for text in lost.note(figures(0.5))]
    assert "no better than chance" in told[0]


def test_a_collapse_is_told() -> None:
    health = GanHealth(10)
    assert not health.note_validation({"psnr": 25.0})
    assert not health.note_validation({"psnr": 23.0})
    assert "from 25.00 to 21.50 dB" in health.note_validation({"psnr": 21.5})[0]


def test_what_is_logged_of_a_gan(train: Train) -> None:
    run = train("run")
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    step = [line for line in lines if line["event"] == "step" and line["phase"] == "gan"][-1]
    assert {"d_real", "d_fake", "g_norm", "d_norm", "adversarial_weight", "time"} <= set(step)
    assert 0 <= step["d_real"] <= 1
    assert step["g_norm"] > 0
    validation = [line for line in lines if line["event"] == "validation"][-1]
    assert {"psnr", "ssim", "bicubic_psnr", "bicubic_ssim"} <= set(validation)
