"""Weights under every name that they have borne, there and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from spandrel.architectures.ESRGAN import ESRGANArch
from torch import Tensor

from sr_toolkit.api import CheckpointError
from srtk_esrgan.config import GeneratorConfig
from srtk_esrgan.generator import build
from srtk_esrgan.keys import read_keys, write_keys

State = dict[str, Tensor]


def weights(scale: int = 4, **settings: Any) -> State:
    torch.manual_seed(0)
    config = GeneratorConfig(**{"blocks": 2, "features": 8, "growth": 4, **settings})
    return dict(build(config, (scale,)).state_dict())


def in_2018(state: State) -> State:
    """Rename to places in a list: first, trunk, three for each step, HR, activation, last."""
    blocks = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("body"))
    steps = len({key.split(".")[0] for key in state if key.startswith("conv_up")})
    places = {"conv_first": "model.0", "conv_body": f"model.1.sub.{blocks}"}
    places |= {f"conv_up{step}": f"model.{3 * step}" for step in range(1, steps + 1)}
    places |= {"conv_hr": f"model.{3 * steps + 2}", "conv_last": f"model.{3 * steps + 4}"}

    def renamed(key: str) -> str:
        layer, _, kind = key.rpartition(".")
        if layer in places:
            return f"{places[layer]}.{kind}"
        return re.sub(
            r"body\.(\d+)\.rdb(\d)\.conv(\d)(?=\.)", r"model.1.sub.\1.RDB\2.conv\3.0", key
        )

    return {renamed(key): value for key, value in state.items()}


def in_2019(state: State) -> State:
    words = {"conv_body": "trunk_conv", "body.": "RRDB_trunk.", "rdb": "RDB"}
    words |= {"conv_up": "upconv", "conv_hr": "HRconv"}

    def renamed(key: str) -> str:
        for ours, theirs in words.items():
            key = key.replace(ours, theirs)
        return key

    return {renamed(key): value for key, value in state.items()}


def same(state: State) -> State:
    return state


FORMS = [same, in_2019, in_2018]


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form: Callable[[State], State]) -> None:
    state = weights()
    config, scales, renamed = read_keys(form(state))
    assert scales == (4,)
    assert config == {
        "blocks": 2, "features": 8, "growth": 4, "channels": 3, "unshuffle": True,
        "plus": False,
    }  # fmt: skip
    assert list(renamed) == list(state)
    assert all(torch.equal(renamed[key], state[key]) for key in state)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("scale", "settings"),
    [
        (1, {"unshuffle": True}),
        (1, {"unshuffle": False}),
        (2, {"unshuffle": True}),
        (2, {"unshuffle": False}),
        (4, {"channels": 1}),
        (2, {"channels": 1}),
        (4, {"blocks": 12, "features": 12}),
        (8, {}),
    ],
)
def test_what_is_read_rebuilds_the_network(
    form: Callable[[State], State], scale: int, settings: dict[str, Any]
) -> None:
    state = weights(scale, **settings)
    config, scales, renamed = read_keys(form(state))
    assert scales == (scale,)
    rebuilt = build(GeneratorConfig(**config), scales)
    rebuilt.load_state_dict(renamed, strict=True)
    assert rebuilt.config == GeneratorConfig(
        **{"blocks": 2, "features": 8, "growth": 4, **settings}
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_single_step_of_three_must_be_told(form: Callable[[State], State]) -> None:
    state = form(weights(3))
    assert read_keys(state)[1] == (2,)
    config, scales, renamed = read_keys(state, scale=3)
    assert scales == (3,)
    build(GeneratorConfig(**config), scales).load_state_dict(renamed, strict=True)
    with pytest.raises(CheckpointError, match="of ×2, not of ×4"):
        read_keys(state, scale=4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_spandrel_reads_the_same_from_every_form(
    form: Callable[[State], State], scale: int
) -> None:
    assert_equal_to_spandrel(form(weights(scale, growth=32)))


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_esrgan_plus_is_spandrels(scale: int) -> None:
    """In the form of 2018 alone: of the others spandrel forgets the 1×1 convolutions."""
    state = in_2018(weights(scale, growth=32, plus=True))
    state = {
        key.replace("rdb", "RDB").replace("body", "model.1.sub"): v for key, v in state.items()
    }
    assert sum("conv1x1" in key for key in state) == 6
    assert_equal_to_spandrel(state)


def assert_equal_to_spandrel(state: State) -> None:
    theirs = ESRGANArch().load(dict(state))
    config, scales, renamed = read_keys(state)
    ours = build(GeneratorConfig(**config), scales).eval()
    ours.load_state_dict(renamed)
    lr = torch.rand(1, 3, 8, 12)
    with torch.inference_mode():
        assert (ours(lr) - theirs.model.eval()(lr)).abs().max() <= 1e-5


def test_back_to_basicsr() -> None:
    state = weights()
    out = write_keys(state, GeneratorConfig())
    assert list(out) == ["params_ema"]
    assert out["params_ema"] == state
    assert {key.split(".")[0] for key in state} == {
        "conv_first", "body", "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last",
    }  # fmt: skip


def test_shapes_are_enough() -> None:
    state = {key: value.to("meta") for key, value in weights().items()}
    assert read_keys(state)[0]["blocks"] == 2


def without(state: State, *parts: str) -> State:
    return {key: value for key, value in state.items() if not any(part in key for part in parts)}


PLUS = {"model.1.sub.0.RDB1.conv1x1.weight": torch.zeros(4, 8, 1, 1)}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({}, r"missing 'conv_first.weight'"),
        ({"weight": torch.zeros(1)}, r"unexpected 'weight'; missing 'conv_first.weight'"),
        (without(weights(), "conv_hr"), r"missing 'conv_hr.weight', 'conv_hr.bias'\."),
        (without(weights(), "rdb"), r"missing 'body.0.rdb1.conv1.weight'"),
        (without(weights(), "body.0"), r"unexpected 'body.1.*missing 'body.0.rdb1.conv1.weight'"),
        (without(weights(), "conv_up1"), r"unexpected 'conv_up2.weight'"),
        (
            in_2018(weights()) | PLUS,
            r"missing 'body.0.rdb2.conv1x1.weight', 'body.0.rdb3.conv1x1.weight'",
        ),
        (
            weights() | {"body.0.rdb1.norm.running_mean": torch.zeros(4)},
            "unexpected 'body.0.rdb1.n",
        ),
        (weights() | {"conv_first.weight": torch.zeros(8)}, "have the shapes"),
        (
            weights() | {"conv_hr.weight": torch.zeros(8, 8, 1, 1)},
            r"'conv_hr.weight' has the shape",
        ),
        (
            in_2018(weights()) | {"model.3.bias": torch.zeros(9)},
            r"'model.3.bias' has the shape \(9,\) where \(8,\) was expected",
        ),
        (weights() | {"conv_first.weight": torch.zeros(8, 6, 3, 3)}, "takes 6 channels, gives 3"),
        (
            weights(8) | {"conv_first.weight": torch.zeros(8, 12, 3, 3)},
            "takes 12 channels, gives 3 and enlarges in 3 steps",
        ),
    ],
)
def test_what_is_no_rrdbnet(state: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CheckpointError, match=sentence) as raised:
        read_keys(state)
    assert str(raised.value).endswith(".")


def test_another_network_is_told_by_its_first_names() -> None:
    network = torch.nn.Sequential(*(torch.nn.Linear(1, 1) for _ in range(5)))
    with pytest.raises(CheckpointError, match=r"unexpected '0\.weight', .* and 7 more; missing"):
        read_keys(network.state_dict())
