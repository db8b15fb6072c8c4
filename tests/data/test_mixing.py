"""Mixed batches: pairs stay pairs, and processes agree on the parts of a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sr_toolkit.data.mixing import Mixing, draw_mixing
from sr_toolkit.errors import ConfigError
from sr_toolkit.images.resize_torch import resize_tensor


def batch(count: int = 6, scale: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """LR and HR whose LR is the mean of its pixels, so that mixtures can be checked exactly."""
    hr = torch.rand((count, 3, 8 * scale, 10 * scale), generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.avg_pool2d(hr, scale), hr


@pytest.mark.parametrize("names", [("mixup",), ("cutmix",), ("mixup", "cutmix")])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_lr_and_hr_are_mixed_alike(names: tuple[str, ...], scale: int) -> None:
    lr, hr = batch(scale=scale)
    mixing = draw_mixing(names, np.random.default_rng(1), 6, 8, 10)
    mixed_lr, mixed_hr = mixing.apply(lr, hr)
    assert not torch.equal(mixed_hr, hr)
    means = torch.nn.functional.avg_pool2d(mixed_hr, scale)
    torch.testing.assert_close(mixed_lr, means)


def test_mixup_is_linear_so_that_any_degradation_commutes() -> None:
    _, hr = batch()
    lr = resize_tensor(hr, scale=1 / 4)
    mixing = draw_mixing(("mixup",), np.random.default_rng(1), 6, 8, 10)
    mixed_lr, mixed_hr = mixing.apply(lr, hr)
    torch.testing.assert_close(mixed_lr, resize_tensor(mixed_hr, scale=1 / 4))


def test_mixup_by_hand() -> None:
    lr, hr = batch(3)
    mixing = Mixing(shares=np.array([0.75, 0.5, 0.25]), boxes=np.zeros((3, 4), dtype=np.int64))
    _, mixed = mixing.apply(lr, hr)
    torch.testing.assert_close(mixed[0], 0.75 * hr[0] + 0.25 * hr[1])
    torch.testing.assert_close(mixed[1], 0.5 * hr[1] + 0.5 * hr[0])
    assert torch.equal(mixed[2], hr[2])  # no partner


def test_cutmix_by_hand() -> None:
    lr, hr = batch(2)
    mixing = Mixing(shares=np.ones(2), boxes=np.array([[1, 2, 3, 6], [0, 0, 0, 0]]))
    mixed_lr, mixed_hr = mixing.apply(lr, hr)
    expected = hr[0].clone()
    expected[:, 4:12, 8:24] = hr[1, :, 4:12, 8:24]
    assert torch.equal(mixed_hr[0], expected)
    assert torch.equal(mixed_lr[0, :, 1:3, 2:6], lr[1, :, 1:3, 2:6])
    assert torch.equal(mixed_hr[1], hr[1])


def test_two_processes_make_the_whole() -> None:
    lr, hr = batch(8)
    whole = draw_mixing(("mixup", "cutmix"), np.random.default_rng(3), 8, 8, 10).apply(lr, hr)
    parts = []
    for start, stop in ((0, 4), (4, 8)):
        own = draw_mixing(("mixup", "cutmix"), np.random.default_rng(3), 8, 8, 10)
        parts.append(own.part(start, stop).apply(lr[start:stop], hr[start:stop]))
    for number in (0, 1):
        assert torch.equal(torch.cat([part[number] for part in parts]), whole[number])
    with pytest.raises(ValueError, match="even index, received 3"):
        own.part(3, 8)


def test_names_do_not_move_the_stream() -> None:
    states = []
    for names in ((), ("mixup",), ("cutmix", "mixup")):
        rng = np.random.default_rng(0)
        draw_mixing(names, rng, 5, 8, 10, probability=0.5)
        states.append(rng.random())
    assert len(set(states)) == 1


def test_global_generators_are_left_alone() -> None:
    state = torch.get_rng_state()
    lr, hr = batch()
    draw_mixing(("mixup", "cutmix"), np.random.default_rng(0), 6, 8, 10).apply(lr, hr)
    assert torch.equal(torch.get_rng_state(), state)


def test_probability_and_choice() -> None:
    count = 4000
    rng = np.random.default_rng(0)
    mixing = draw_mixing(("mixup", "cutmix"), rng, count, 100, 100, probability=0.6)
    mixed = mixing.shares < 1
    cut = mixing.boxes.any(axis=1)
    assert not (mixed & cut).any()
    assert mixed.mean() == pytest.approx(0.3, abs=0.03)
    assert cut.mean() == pytest.approx(0.3, abs=0.03)
    assert (mixing.boxes >= 0).all()
    assert (mixing.boxes <= 100).all()
    nothing = draw_mixing((), rng, count, 100, 100)
    assert (nothing.shares == 1).all()
    assert not nothing.boxes.any()


def test_refusals() -> None:
    with pytest.raises(ConfigError, match=r"Unknown mixture 'cutmx'.*'cutmix'"):
        draw_mixing(("cutmx",), np.random.default_rng(0), 2, 8, 8)
    lr, hr = batch(4)
    mixing = draw_mixing(("mixup",), np.random.default_rng(0), 4, 8, 10)
    with pytest.raises(ValueError, match="drawn for 4 pairs"):
        mixing.apply(lr[:2], hr[:2])
    with pytest.raises(ValueError, match="whole scale"):
        mixing.apply(lr, hr[..., 1:])
