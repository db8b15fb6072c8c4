"""LPIPS in tiles: equal to the package's value of the whole, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from sr_toolkit.features.lpips import BACKBONES, build_lpips
from sr_toolkit.features.lpips_tiles import reaches, tiled_distance
from sr_toolkit.metrics.config import LPIPSConfig
from sr_toolkit.metrics.lpips import LPIPS, WHOLE

NETS = ("alex", "squeeze", "vgg")


def save_random(net: str, folder: Path) -> None:
    torch.manual_seed(0)
    vgg = torchvision.models.vgg
    if net == "vgg":  # without its 120 million weights of dense layers
        features = vgg.make_layers(vgg.cfgs["D"])
        for parameter in features.parameters():
            parameter.data *= 2  # so that the deep layers still answer to the image
    else:
        features = getattr(torchvision.models, BACKBONES[net])(weights=None).features
    tensors = {f"features.{key}": value for key, value in features.state_dict().items()}
    save_file(tensors, folder / f"{BACKBONES[net]}_features.safetensors")


@pytest.fixture(scope="module")
def random_network(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], torch.nn.Module]:
    """LPIPS with a random backbone, each built once."""

    @lru_cache
    def build(net: str) -> torch.nn.Module:
        folder = tmp_path_factory.mktemp(net)
        save_random(net, folder)
        network: torch.nn.Module = build_lpips(net, weights_root=str(folder))
        return network

    return build


def tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]


def pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    coarse = np.kron(rng.integers(0, 256, (height // 4 + 1, width // 4 + 1, 3)), np.ones((4, 4, 1)))
    hr = coarse[:height, :width].astype(np.uint8)
    # The distance grows from the left to the right: a tile counted twice would be seen.
    noise = rng.normal(0, 1, hr.shape) * np.linspace(0, 60, width)[None, :, None]
    return np.clip(hr + noise, 0, 255).astype(np.uint8), hr


def compare(network: torch.nn.Module, height: int, width: int, core: int) -> None:
    sr, hr = pair(height, width)
    with torch.inference_mode():
        expected = network(tensor(sr), tensor(hr)).item()
        tiled = tiled_distance(network, sr, hr, tensor, core)
    assert expected > 0.01
    assert tiled == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("net", "height", "width", "core"),
    [
        ("alex", 131, 290, 64),
        ("alex", 307, 113, 96),
        ("squeeze", 131, 290, 64),
        ("squeeze", 307, 113, 96),
        ("vgg", 61, 167, 96),
    ],
)
def test_tiles_equal_the_whole(
    net: str,
    height: int,
    width: int,
    core: int,
    random_network: Callable[[str], torch.nn.Module],
) -> None:
    compare(random_network(net), height, width, core)


@pytest.mark.slow
@pytest.mark.parametrize("net", NETS)
def test_every_odd_size_of_tiles(
    net: str, random_network: Callable[[str], torch.nn.Module]
) -> None:
    # All remainders to the stride, and so all that poolings with ceil_mode do at a border
    for width in range(320, 337):
        compare(random_network(net), 64 + width % 7, width, 128)


@pytest.mark.parametrize("net", ["alex", "squeeze"])
def test_tiles_equal_the_whole_with_real_weights(net: str, srtk_weights: Path) -> None:
    compare(build_lpips(net, weights_root=str(srtk_weights)), 259, 301, 128)


def test_reach_of_each_network(random_network: Callable[[str], torch.nn.Module]) -> None:
    """The receptive fields of the literature: AlexNet's conv5 163, VGG16's conv5_3 196."""
    last = {net: reaches(random_network(net))[-1] for net in NETS}
    assert (last["alex"].size, last["vgg"].size) == (163, 196)
    assert {reach.stride for reach in last.values()} == {16}


def test_only_large_images_are_tiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_random("alex", tmp_path)
    metric = LPIPS(LPIPSConfig(weights_root=str(tmp_path)))
    tiled: list[tuple[int, ...]] = []

    def watched(network: object, sr: np.ndarray, *more: object) -> float:
        tiled.append(sr.shape)
        return tiled_distance(network, sr, *more)

    monkeypatch.setattr("sr_toolkit.metrics.lpips.tiled_distance", watched)
    for width in (WHOLE // 512, WHOLE // 512 + 1):
        sr, hr = pair(512, width)
        assert metric._network is not None
        with torch.inference_mode():
            expected = metric._network(tensor(sr), tensor(hr)).item()
        score = metric.score(sr, hr)
        assert score == pytest.approx(expected, abs=1e-6)
        assert tiled or score == expected
    assert tiled == [(512, WHOLE // 512 + 1, 3)]


PEAK = """
import resource, sys
import numpy as np
from sr_toolkit.metrics.config import LPIPSConfig
from sr_toolkit.metrics.lpips import LPIPS
metric = LPIPS(LPIPSConfig(net=sys.argv[1], weights_root=sys.argv[2]))
sr, hr = np.random.default_rng(0).integers(0, 256, (2, 1356, 2040, 3), dtype=np.uint8)
assert metric.score(sr, hr) > 0
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


@pytest.mark.slow
@pytest.mark.parametrize("net", NETS)
def test_memory_of_a_large_image(net: str, tmp_path: Path) -> None:
    save_random(net, tmp_path)
    outcome = subprocess.run(
        [sys.executable, "-c", PEAK, net, str(tmp_path)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert int(outcome.stdout) < 3e9
