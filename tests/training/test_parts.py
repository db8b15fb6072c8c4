"""The parts of the trainer against their definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sr_toolkit.errors import CheckpointError
from sr_toolkit.hardware import Hardware, choose_precision
from sr_toolkit.training.ema import EMA
from sr_toolkit.training.optimize import Rate
from sr_toolkit.training.recipe import LossTerm, Phase, Schedule
from sr_toolkit.training.reporter import duration
from sr_toolkit.training.state import Snapshot, load_state
from sr_toolkit.training.trainer import phase_steps

CPU = Hardware("cpu", "fp32", False, 1)


def test_ema_is_the_formula_and_copies_buffers() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    ema = EMA(network, 0.9)
    expected = network[0].weight.detach().clone()
    for number in range(1, 200):
        with torch.no_grad():
            network[0].weight.add_(0.01)
            network[1].running_mean.add_(1)
        ema.update(network)
        decay = min(0.9, (1 + number) / (10 + number))
        expected = decay * expected + (1 - decay) * network[0].weight.detach()
    torch.testing.assert_close(ema.module[0].weight, expected)
    assert torch.equal(ema.module[1].running_mean, network[1].running_mean)
    assert not [p for p in ema.module.parameters() if p.requires_grad]


def rates(schedule: Schedule, steps: int) -> list[float]:
    rate = Rate(schedule, 1.0, steps)
    found = []
    for _ in range(steps):
        found.append(rate.value)
        rate.step()
    return found


@pytest.mark.parametrize("steps", [1, 2, 5, 9, 10, 11, 20])
def test_a_cycle_of_few_steps_has_a_rate_for_each(steps: int) -> None:
    found = rates(Schedule(name="one-cycle"), steps)
    assert len(found) >= steps
    assert all(0 <= rate <= 1 for rate in found)


def test_schedules() -> None:
    assert rates(Schedule(), 5) == [1.0] * 5
    cut = rates(Schedule(name="milestones", milestones=(0.5, 0.8), gamma=0.5), 10)
    assert cut == [1.0] * 5 + [0.5] * 3 + [0.25] * 2
    cosine = rates(Schedule(name="cosine", floor=0.1), 100)
    expected = 0.1 + 0.9 * (1 + np.cos(np.pi * np.arange(100) / 100)) / 2
    np.testing.assert_allclose(cosine, expected, atol=1e-12)
    cycle = rates(Schedule(name="one-cycle", warmup=0.2), 100)
    assert max(cycle) == pytest.approx(1, abs=0.01)
    assert 15 <= int(np.argmax(cycle)) <= 21
    assert cycle[0] < 0.05
    assert cycle[-1] < 0.01


def test_phase_length_in_steps_or_epochs() -> None:
    losses = {"l1": LossTerm()}
    assert phase_steps(Phase(steps=7, losses=losses), 100) == 7
    assert phase_steps(Phase(epochs=2.5, batch=16, losses=losses), 100) == 16
    for arguments in ({}, {"steps": 1, "epochs": 1.0}, {"steps": 0}):
        with pytest.raises(ValueError, match="steps"):
            Phase(losses=losses, **arguments)


def test_state_round_trip(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    tree = {
        "tensors": {0: shared, 1: shared[2:4], "half": torch.ones(2, dtype=torch.bfloat16)},
        "empty": {},
        "list": [1, 2.5, None, "x", True, (3, 4)],
    }
    Snapshot.of(tree).write(tmp_path / "s.safetensors")
    back = load_state(tmp_path / "s.safetensors")
    assert back["list"] == [1, 2.5, None, "x", True, [3, 4]]
    assert back["empty"] == {}
    assert list(back["tensors"]) == [0, 1, "half"]
    assert torch.equal(back["tensors"][1], shared[2:4])
    assert back["tensors"]["half"].dtype == torch.bfloat16
    with pytest.raises(TypeError, match="cannot hold a set"):
        Snapshot.of({"x": {1}}).write(tmp_path / "t.safetensors")
    assert not (tmp_path / "t.safetensors").exists()
    data = (tmp_path / "s.safetensors").read_bytes()
    (tmp_path / "s.safetensors").write_bytes(data[:-5])
    with pytest.raises(CheckpointError, match="damaged"):
        load_state(tmp_path / "s.safetensors")


def test_precision_follows_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    for has, expected in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr("sr_toolkit.hardware.cpu_has_bf16", lambda has=has: has)
        assert choose_precision("cpu", "auto") == expected
    for major, expected in ((9, "bf16"), (8, "bf16"), (7, "fp16")):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda d, m=major: (m, 0))
        assert choose_precision("cuda", "auto") == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (200, "3 min 20 s"), (18600, "5 h 10 min"), (302400, "3.5 days")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
