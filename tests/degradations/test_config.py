"""Settings: what is refused, and with which words."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from sr_toolkit.config import plain, validate
from sr_toolkit.degradations.config import Degradation, DegradationStep
from sr_toolkit.degradations.degrader import build_degrader
from sr_toolkit.degradations.presets import (
    check_degradation,
    parse_degradation,
    realesrgan_steps,
)
from sr_toolkit.errors import ConfigError, SrtkError, UnknownNameError
from sr_toolkit.registry import import_object, registry


def custom(*steps: dict[str, Any]) -> Degradation:
    return validate(
        Degradation, {"preset": "custom", "steps": list(steps)}, where="phases.a.degradation"
    )


def resize(**config: Any) -> dict[str, Any]:
    return {"name": "resize", "config": config}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"name": "blurr"}, r"Unknown degradation step 'blurr'.*'blur'.*degradation.steps.0.name"),
        (
            {"name": "jpeg", "config": {"qualty": [3, 4]}},
            r"Unknown key 'degradation.steps.0.config.qualty'. Did you mean 'quality'",
        ),
        ({"name": "jpeg", "config": {"quality": [0, 90]}}, r"quality must be .* from 1 to 100"),
        ({"name": "jpeg", "config": {"quality": [90, 30]}}, r"received \(90, 30\)"),
        (
            {"name": "jpeg", "config": {"quality": "all"}},
            r"steps.0.config.quality'.*received 'all'",
        ),
        ({"name": "blur", "config": {"sizes": [6, 20]}}, r"sizes must be odd"),
        ({"name": "blur", "config": {"sigma": [0, 1]}}, r"sigma must be .* above 0"),
        ({"name": "blur", "config": {"kinds": {"izo": 1.0}}}, r"'izo'.*'iso'"),
        ({"name": "blur", "config": {"kinds": {"iso": 0.0}}}, r"kinds needs at least one"),
        ({"name": "blur", "config": {"kinds": {"iso": -1.0}}}, r"weight of 'iso'"),
        ({"name": "gaussian-noise", "config": {"gray": 2}}, r"gray must be 0 to 1"),
        ({"name": "clamp", "config": {"low": 2.0}}, r"low must be below high"),
        ({"name": "quantize", "config": {"levels": 0}}, r"levels must be at least 1"),
        (resize(methods=[]), r"methods is empty"),
        (resize(methods=["cubic"]), r"config.methods"),
        (resize(directions=[0, 0, 0]), r"directions are weights"),
        (resize(directions=[1, 1, 1], factor=[2, 3]), r"factor must hold 1"),
        ({"name": "choice"}, r"config.options' is missing"),
        ({"name": "choice", "config": {"options": []}}, r"options is empty"),
        ({"name": "choice", "config": {"options": [[]], "weights": [1, 2]}}, r"as many weights"),
        ({"name": "choice", "config": {"options": [[]], "weights": [0]}}, r"weights must be"),
        (
            {"name": "choice", "config": {"options": [[], [{"name": "sink"}]]}},
            r"'sink'.*'sinc'.*steps.0.config.options.1.0.name",
        ),
    ],
)
def test_a_step_that_does_not_fit_is_named(step: dict[str, Any], words: str) -> None:
    with pytest.raises(SrtkError, match=words):
        check_degradation(custom(step))
    with pytest.raises(SrtkError, match=words):
        build_degrader(custom(step), 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"preset": "bicubik"}, r"'d.preset'.*received 'bicubik'"),
        ({"preset": "custom"}, r"custom needs steps"),
        ({"preset": "realesrgan", "steps": [{"name": "jpeg"}]}, r"has steps of its own"),
        ({"stepz": []}, r"Unknown key 'd.stepz'. Did you mean 'steps'"),
        ({"steps": [{"nam": "jpeg"}]}, r"Unknown key 'd.steps.0.nam'. Did you mean 'name'"),
        ({"steps": [{"name": "jpeg", "probability": 1.5}]}, r"probability must be 0 to 1"),
    ],
)
def test_a_degradation_that_does_not_fit_is_named(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        validate(Degradation, data, where="d")


def test_presets_are_checked_in_python_too() -> None:
    with pytest.raises(ValueError, match=r"unknown preset 'bicubik'.*'bicubic'"):
        Degradation(preset="bicubik")  # type: ignore[arg-type]


def test_options_of_a_choice_end_at_one_size() -> None:
    half = resize(relative="lr", factor=[0.5, 0.5])
    for options in ([[], [half]], [[resize(relative="lr")], [half]]):
        with pytest.raises(ConfigError, match=r"leave images of different sizes"):
            build_degrader(custom({"name": "choice", "config": {"options": options}}), 4)
    for bad in (resize(factor=[0.5, 0.5]), {**half, "probability": 0.5}):
        with pytest.raises(ConfigError, match=r"must have one factor"):
            build_degrader(custom({"name": "choice", "config": {"options": [[bad], [half]]}}), 4)
    nested = {"name": "choice", "config": {"options": [[half], [half, {"name": "jpeg"}]]}}
    build_degrader(custom({"name": "choice", "config": {"options": [[nested], [half]]}}), 4)


def test_a_preset_can_be_written_out_as_steps() -> None:
    steps = realesrgan_steps()
    written = custom(*plain(steps))
    assert written.steps == steps
    check_degradation(written)


def test_every_operation_has_settings_with_defaults_and_help() -> None:
    for entry in registry().entries("degradation"):
        name, config = entry.name, import_object(entry.require().config)
        if name != "choice":
            check_degradation(Degradation(steps=(DegradationStep(name=name),)))
        for field in config.__dataclass_fields__.values():
            assert field.metadata["help"].endswith(".")


def test_words_with_a_seed() -> None:
    assert parse_degradation("realesrgan:7") == (Degradation(preset="realesrgan"), 7)
    assert parse_degradation("bicubic") == (Degradation(), 0)
    with pytest.raises(UnknownNameError, match=r"'realesgan'. Did you mean 'realesrgan'"):
        parse_degradation("realesgan:0")
    with pytest.raises(UnknownNameError, match="Unknown degradation 'custom'"):
        parse_degradation("custom")
    for seed in ("", "x", "-1", "1.5", "²"):
        with pytest.raises(ConfigError, match=r"whole number from 0"):
            parse_degradation(f"bicubic:{seed}")


def test_settings_need_no_torch() -> None:
    code = (
        "import sys; from sr_toolkit.degradations.presets import *; "
        "check_degradation(parse_degradation('realesrgan:0')[0]); "
        "[step_settings(s, 'x') for s in realesrgan_steps()]; "
        "sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
