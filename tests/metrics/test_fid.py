"""FID: the distance against scipy, the network and the whole against torch-fidelity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from sr_toolkit.features.inception import FIDInception
from sr_toolkit.metrics.config import FIDConfig
from sr_toolkit.metrics.fid import FID, frechet_distance


def by_root(first: np.ndarray, second: np.ndarray) -> float:
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    apart = first.mean(axis=0) - second.mean(axis=0)
    return float(apart @ apart + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real))


@pytest.mark.parametrize("counts", [(40, 60), (9, 60), (8, 8)])
def test_distance_equals_the_root_of_scipy(
    counts: tuple[int, int], rng: np.random.Generator
) -> None:
    mixing = rng.normal(size=(7, 7))
    first = rng.normal(size=(counts[0], 7)) @ mixing
    second = rng.normal(0.5, 2, size=(counts[1], 7))
    assert frechet_distance(first, second) == pytest.approx(by_root(first, second), rel=1e-9)


def test_distance_of_fewer_vectors_than_dimensions(rng: np.random.Generator) -> None:
    first, second = rng.normal(size=(2, 5, 3))
    turned = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    # The same vectors in a space of 40 dimensions: nothing changes, the covariance is singular.
    wide = [np.pad(vectors, ((0, 0), (0, 37))) @ turned for vectors in (first, second)]
    assert frechet_distance(*wide) == pytest.approx(by_root(first, second), rel=1e-9)
    assert frechet_distance(wide[0], wide[0]) == pytest.approx(0, abs=1e-9)
    shifted = wide[0] + 2 * turned[0]
    assert frechet_distance(wide[0], shifted) == pytest.approx(4, rel=1e-9)


def test_too_few_images() -> None:
    with pytest.raises(ValueError, match="at least 2 images in each set, received 1 and 5"):
        frechet_distance(np.zeros((1, 4)), np.zeros((5, 4)))
    with pytest.raises(ValueError, match="unequal length"):
        frechet_distance(np.zeros((2, 4)), np.zeros((2, 5)))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with torch-fidelity's file, of random weights."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        patch.setattr(torch, "load", lambda *_, **__: {})
        network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], "none")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.bias, 0.1, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.1, 0.4)
    torch.save(network.state_dict(), folder / "weights-inception-2015-12-05-6726825d.pth")
    return folder


def theirs(weights: Path) -> torch.nn.Module:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    path = str(weights / "weights-inception-2015-12-05-6726825d.pth")
    return FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], path)


@pytest.mark.parametrize("shape", [(64, 80), (320, 301)])
def test_network_equals_torch_fidelity(
    shape: tuple[int, int], weights: Path, rng: np.random.Generator
) -> None:
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None]
    with torch.inference_mode():
        (expected,) = theirs(weights)(tensor)
        found = FIDInception(weights_root=str(weights))(tensor.float())
    scale = expected.std().item()
    assert 1e-3 < scale < 1e3
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.slow
def test_fid_equals_torch_fidelity(weights: Path, rng: np.random.Generator) -> None:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    metric = FID(FIDConfig(weights_root=str(weights)))
    sets = {}
    for name, spread in (("sr", 30), ("hr", 60)):
        images = np.clip(rng.normal(120, spread, (6, 40, 40, 3)), 0, 255).astype(np.uint8)
        sets[name] = images.repeat(4, axis=1).repeat(4, axis=2)
    ours = {name: np.stack([metric.embed(i) for i in images]) for name, images in sets.items()}
    statistics = []
    with torch.inference_mode():
        for images in sets.values():
            (features,) = theirs(weights)(torch.from_numpy(images).permute(0, 3, 1, 2))
            statistics.append(fid_features_to_statistics(features))
    name = "frechet_inception_distance"
    expected = fid_statistics_to_metric(*statistics, verbose=False)[name]
    assert expected > 1e-3
    # Their eigenvalues of a singular matrix of 2048 rows are good to some digits only.
    assert metric.distance(ours["sr"], ours["hr"]) == pytest.approx(expected, rel=1e-3)


def test_without_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SRTK_WEIGHTS", raising=False)
    metric = FID(FIDConfig())
    assert "pt_inception-2015-12-05-6726825d.pth" in metric.unavailable()
    assert not metric.higher_is_better
    with pytest.raises(ValueError, match="FID is a score of a whole set"):
        image = np.zeros((8, 8, 3), np.uint8)
        metric.score(image, image)
