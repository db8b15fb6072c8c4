"""What is unusual and sound has to pass: a kit that cries wolf is switched off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from planted import fault

from sr_toolkit.registry import registry
from sr_toolkit.testing import run_checks
from sr_toolkit.upscaling.card import describe_model

RETURN = "        return sr\n"
LAYERS = "        # more layers\n"

SOUND = {
    "blocks dropped by chance in training": (
        "model",
        {"every_parameter_learns", "training_lowers_loss", "deterministic"},
        (
            "network",
            LAYERS,
            "        self.more = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(20)])\n",
        ),
        (
            "network",
            RETURN,
            "        for layer in self.more:\n"
            "            if not self.training or torch.rand(()) > 0.3:\n"
            "                sr = sr + 0.1 * layer(sr)\n" + RETURN,
        ),
    ),
    "a large size_multiple": (
        "model",
        {"output_size", "size_multiple", "output_size_smallest", "training_lowers_loss"},
        ("network", "    stages =", "    size_multiple = 64\n    stages ="),
        ("plugin", "(2, 3)", "(8,)"),
        (
            "network",
            RETURN,
            "        return sr + 0 * F.pixel_shuffle(F.pixel_unshuffle(lr, 64), 64).mean()\n",
        ),
    ),
    "a warning and a script at import": (
        "model",
        {"import_is_quiet"},
        (
            "network",
            "def build(",
            "import warnings\n\nwarnings.warn('soon gone')\n\n\n@torch.jit.script_if_tracing\n"
            "def twice(x):\n    return x * 2\n\n\ndef build(",
        ),
    ),
    "values that are looked at while building": (
        "model",
        {"builds", "checkpoint_restores"},
        ("network", LAYERS, "        self.rates = [x.item() for x in torch.linspace(0, 0.1, 4)]\n"),
    ),
    "batch norm": (
        "model",
        {"batch_independent", "state_restores", "fused_equals", "receptive_field_covers"},
        (
            "network",
            "        self.tail",
            "        self.norm = nn.BatchNorm2d(config.width)\n        self.tail",
        ),
        ("network", "x = x + F.relu(self.body(x))", "x = x + self.norm(F.relu(self.body(x)))"),
    ),
    "normal numbers, of which numpy draws a varying number": (
        "degradation",
        {"draws_by_count_alone", "repeats_by_seed", "slices_agree"},
        (
            "network",
            "0.8 + 0.4 * rng.random(count)",
            "1 + 0.1 * rng.normal(size=(count, 64)).mean(1)",
        ),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_unusual_and_sound_passes(name: str, planted: Callable[..., str]) -> None:
    what, only, *changes = SOUND[name]
    kind = planted(what, fault(name, what, "", *changes))
    outcomes = list(run_checks(kind, "planted", only=only))
    assert [one.story() for one in outcomes if one.trouble] == []
    assert len(outcomes) == len(only)


def test_a_model_that_looks_at_values_has_a_card(planted: Callable[..., str]) -> None:
    """Its networks cannot be built on the meta device."""
    name = "values that are looked at while building"
    what, _, *changes = SOUND[name]
    planted(what, fault(name, what, "", *changes))
    assert registry().find("model", "planted").state == "ok"
    assert [size["scale"] for size in describe_model("planted")["sizes"]] == [2, 3]


def test_a_network_that_cannot_be_copied_is_told_once(planted: Callable[..., str]) -> None:
    made = ("network", LAYERS, "        self.made = self.body.weight * 2\n")
    kind = planted("model", fault("a copy", "model", "", made))
    only = {"can_be_copied", "fused_equals", "output_not_clamped", "state_restores"}
    states = {one.check: one.state for one in run_checks(kind, "planted", only=only)}
    assert states.pop("can_be_copied") == "failed"
    assert set(states.values()) == {"skipped"}


def test_a_factory_that_raises_is_a_failed_check(planted: Callable[..., str]) -> None:
    """It is called before the checks, to see which family of losses it builds."""
    kind = planted(
        "loss",
        fault(
            "a factory",
            "loss",
            "",
            ("plugin", "planted_network:Part", "planted_network:make"),
            (
                "network",
                "class Part",
                "def make(config):\n    raise TypeError('boom')\n\n\nclass Part",
            ),
        ),
    )
    outcomes = {one.check: one for one in run_checks(kind, "planted")}
    assert "boom" in outcomes["loss_is_scalar"].received


def test_a_name_that_another_offers_is_found(planted: Callable[..., str], tmp_path: Path) -> None:
    planted("model")
    rival = tmp_path / "site" / "rival-2.0.dist-info"
    rival.mkdir()
    (rival / "METADATA").write_text("Metadata-Version: 2.4\nName: rival\nVersion: 2.0\n")
    (rival / "entry_points.txt").write_text("[srtk.models]\nplanted = planted_plugin:SPEC\n")
    registry.cache_clear()
    (outcome,) = run_checks("model", "planted::planted", only={"name_is_its_own"})
    assert (outcome.state, outcome.received) == ("failed", "also from rival")


def test_what_builds_on_a_failure_is_not_looked_at(planted: Callable[..., str]) -> None:
    kind = planted("model", fault("no default", "model", "", ("config", "option(8, ", "option(")))
    outcomes = list(run_checks(kind, "planted"))
    assert [one.check for one in outcomes if one.trouble] == [
        "config_is_frozen",
        "config_round_trips",
    ]
    assert outcomes[-1].check == "config_round_trips"
