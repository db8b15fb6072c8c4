"""What is not taken, and the sentences that say why."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from made import srtk
from safetensors.torch import save_file
from spandrel import (
    MAIN_REGISTRY,
    Architecture,
    ArchRegistry,
    ArchSupport,
    ImageModelDescriptor,
)
from spandrel.util import KeyCondition, store_hyperparameters
from spandrel_networks import make, write
from torch import Tensor, nn

from sr_toolkit.checkpoint import build_generator, load_generator
from sr_toolkit.errors import CheckpointError, ConfigError
from srtk_spandrel import library
from srtk_spandrel.names import RESTRICTED


class Harmful:
    """Leaves a mark where the pickle is run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt"])
def test_a_pickle_with_code_is_refused_and_not_run(suffix: str, tmp_path: Path) -> None:
    path, mark = tmp_path / f"4x{suffix}", tmp_path / "mark"
    torch.save({"params": make("Compact").state_dict(), "more": Harmful(mark)}, path)
    for reference in (str(path), f"spandrel@{path}"):
        outcome = srtk(
            "upscale", tmp_path / "a.png", "-o", tmp_path / "b.png", "--model", reference
        )
        assert outcome.code != 0
    with pytest.raises(CheckpointError, match=r"holds more than weights .*system"):
        load_generator(path, model="spandrel")
    assert not mark.exists()
    torch.load(path, weights_only=False)
    assert mark.exists()  # the pickle was a harmful one


def test_names_of_no_architecture(tmp_path: Path) -> None:
    path = tmp_path / "odd.safetensors"
    save_file({"odd.weight": torch.zeros(3, 3)}, path)
    count = len(MAIN_REGISTRY)
    with pytest.raises(CheckpointError, match=f"none of the {count} .*{library.EXTRA} has more"):
        load_generator(path, model="spandrel")


def test_weights_that_spandrel_trips_over(tmp_path: Path) -> None:
    state = dict(make("SwinIR").state_dict())
    del state["conv_after_body.weight"]
    path = write(tmp_path / "half.safetensors", state)
    with pytest.raises(CheckpointError, match="fails by"):
        load_generator(path, model="spandrel")


def test_a_file_of_another_scale(tmp_path: Path) -> None:
    path = write(tmp_path / "x2.safetensors", make("Compact").state_dict())
    with pytest.raises(CheckpointError, match="This Compact is of ×2, not of ×4"):
        load_generator(path, model="spandrel", scale=4)


def test_quantized_weights(tmp_path: Path) -> None:
    state = dict(make("Compact").state_dict())
    state["body.0.weight"] = (state["body.0.weight"] * 100).to(torch.int8)
    path = write(tmp_path / "int8.safetensors", state)
    with pytest.raises(CheckpointError, match=r"'body.0.weight' as int8"):
        load_generator(path, model="spandrel")


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("Compact", {"num_in_ch": 4, "num_out_ch": 4}, "takes 4 image channels and gives 4"),
        ("ESRGAN", {"in_nc": 1, "out_nc": 3}, "takes 1 image channels and gives 3"),
        ("DRUNet", {"in_nc": 5, "out_nc": 4}, "takes 4 image channels and gives 4"),
    ],
)
def test_alpha_and_unlike_channels(
    name: str, changes: dict[str, int], sentence: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "odd.safetensors", make(name, **changes).state_dict())
    with pytest.raises(CheckpointError, match=sentence):
        load_generator(path, model="spandrel")


def test_inpainting_wants_a_mask() -> None:
    with pytest.raises(ConfigError, match="LaMa fills in what a mask marks"):
        build_generator("spandrel", {"architecture": "lama"}, (1,))


@pytest.mark.parametrize(
    ("config", "scale", "sentence"),
    [
        ({"architecture": "spam"}, 4, "spandrel has no 'spam'.*'SPAN'.*SRFormer.* come with"),
        ({"architecture": "KBNet"}, 1, "several networks; write KBNet_l or KBNet_s"),
        ({"parameters": {"num_feet": 8}}, 4, "num_feet' of Compact.* Did you mean 'num_feat'"),
        ({"parameters": {"num_feat": "8"}}, 4, r"num_feat' of Compact takes \w+ \(received '8'\)"),
        ({"parameters": {"act_type": 3}}, 4, "act_type' of Compact takes"),
        ({"parameters": {"upscale": 2}}, 4, "is of ×2, not of ×4: give --scale 2"),
        ({"architecture": "DnCNN"}, 4, "is of ×1, not of ×4: give --scale 1"),
        ({"architecture": "SwinIR", "parameters": {"depths": 6}}, 4, "depths' of SwinIR takes"),
        ({"architecture": "SwinIR", "parameters": {"norm_layer": "x"}}, 4, "Unknown key"),
        ({"architecture": "HAT", "parameters": {"compress_ratio": 0}}, 4, "HAT cannot be built"),
        ({"architecture": "AuraSR"}, 4, "AuraSR has no default for dim"),
    ],
)
def test_settings_that_do_not_fit(config: dict[str, Any], scale: int, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        build_generator("spandrel", config, (scale,))


@store_hyperparameters()
class Doubled(nn.Module):
    """Each pixel four times, times a weight."""

    hyperparameters: dict[str, Any] = {}  # noqa: RUF012 - as in spandrel

    def __init__(self, *, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([gain]))

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * x.repeat_interleave(2, 2).repeat_interleave(2, 3)


class SRFormerArch(Architecture[Doubled]):
    """Stands for an architecture of the extra package."""

    def __init__(self) -> None:
        super().__init__(id="SRFormer", detect=KeyCondition.has_all("gain"))

    def load(self, state_dict: dict[str, Any]) -> Any:
        return ImageModelDescriptor(
            Doubled(), state_dict, self, "SR", [], True, True, scale=2, input_channels=3,
            output_channels=3,
        )  # fmt: skip


@pytest.fixture
def extra_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set up a package of extra architectures, with one of them."""
    package, home = types.ModuleType(library.EXTRA), types.ModuleType(f"{library.EXTRA}.SRFormer")
    monkeypatch.setattr(SRFormerArch, "__module__", home.__name__)
    home.SRFormer = Doubled  # type: ignore[attr-defined]
    package.EXTRA_REGISTRY = ArchRegistry()  # type: ignore[attr-defined]
    package.EXTRA_REGISTRY.add(ArchSupport.from_architecture(SRFormerArch()))
    for module in (package, home):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for cached in (library.architectures, library.networks):
        cached.cache_clear()
    yield
    for cached in (library.architectures, library.networks):
        cached.cache_clear()


@pytest.mark.usefixtures("extra_installed")
def test_extra_architectures_say_their_license(tmp_path: Path) -> None:
    path = tmp_path / "extra.safetensors"
    save_file({"gain": torch.tensor([0.5])}, path)
    generator, metadata = load_generator(path)
    assert metadata.config["architecture"] == "SRFormer"
    assert f"license of its code: {RESTRICTED['SRFormer']}" in generator.remark
    assert generator.receptive_field(2) == 0
    assert "SRFormer" not in MAIN_REGISTRY
