"""Exported files run by other programs' loaders, at sizes that the export did not use."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
from made import generator, metadata, save_checkpoint, srtk, tree
from torch import nn
from torch.nn import functional as F

import sr_toolkit
from sr_toolkit import checkpoint
from sr_toolkit.checkpoint import build_generator
from sr_toolkit.errors import ExportError
from sr_toolkit.exporting import exporter, formats
from sr_toolkit.interfaces import Generator

RRDB = {"blocks": 1, "features": 8, "growth": 4}
NETWORKS: dict[str, tuple[str, dict[str, Any], int]] = {
    "msrresnet x4": ("srgan", {"variant": "msrresnet"}, 4),
    "srresnet x3": ("srgan", {"variant": "srresnet"}, 3),
    "gray x2": ("srgan", {"variant": "srresnet", "channels": 1}, 2),
    "rrdbnet x2": ("esrgan", RRDB, 2),
    "rrdbnet x4": ("esrgan", RRDB, 4),
    "progressive x8": ("progressive", {"features": 8, "blocks": [1, 1, 1]}, 8),
}


@functools.cache
def network(name: str) -> Generator:
    model, config, scale = NETWORKS[name]
    return generator(scale, model=model, **config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exported")


def write(folder: Path, name: str, kind: str) -> tuple[Path, Path]:
    """Export a network, once for all tests; return its checkpoint and the file."""
    weights, out = folder / f"{name}.safetensors", folder / f"{name}.{kind}"
    module = network(name)
    model = NETWORKS[name][0]
    if not weights.exists():
        made = metadata(
            module, model=model, distribution=f"srtk-{model}", phase="psnr", license="CC0-1.0"
        )
        checkpoint.save(weights, module, made)
    if not out.exists():
        sr_toolkit.export(weights, out)
    return weights, out


def run(path: Path, lr: torch.Tensor) -> torch.Tensor:
    if path.suffix == ".pt2":
        with torch.inference_mode():
            sr: torch.Tensor = torch.export.load(path).module()(lr)
            return sr
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {"lr": lr.numpy()})[0])


def facts(path: Path) -> dict[str, str]:
    if path.suffix == ".onnx":
        return {one.key: one.value for one in onnx.load(path).metadata_props}
    extra = {"metadata.json": ""}
    torch.export.load(path, extra_files=extra)
    found: dict[str, str] = json.loads(extra["metadata.json"])
    return found


FAST = {
    ("msrresnet x4", "onnx"),
    ("msrresnet x4", "pt2"),
    ("srresnet x3", "onnx"),
    ("srresnet x3", "pt2"),
    ("rrdbnet x2", "pt2"),
}
CASES = [
    pytest.param(*case, marks=[] if case in FAST else [pytest.mark.slow])
    for case in itertools.product(NETWORKS, ("onnx", "pt2"))
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_file_gives_what_the_model_gives(folder: Path, name: str, kind: str) -> None:
    module, (_, out) = network(name), write(folder, name, kind)
    channels, multiple = module.channels[0], module.size_multiple
    for batch, height, width in ((1, 11, 23), (3, 30, 8)):
        lr = torch.rand(batch, channels, height * multiple, width * multiple)
        with torch.inference_mode():
            expected = module(lr)
        assert expected.std() > 0.05
        difference = (run(out, lr) - expected).abs().max()
        assert difference <= 1e-4 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_file_says_what_it_is(folder: Path, name: str, kind: str) -> None:
    model, _, scale = NETWORKS[name]
    weights, out = write(folder, name, kind)
    gray, folded = name == "gray x2", name == "rrdbnet x2"
    assert facts(out) == {
        "producer": f"sr-toolkit {sr_toolkit.__version__}",
        "model": model,
        "distribution": f"srtk-{model}",
        "version": "0.1.0",
        "phase": "psnr",
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "license": "CC0-1.0",
        "data_terms": "not stated",
        "scale": str(scale),
        "color": "Y of BT.601, 16 to 235 of 255" if gray else "RGB",
        "layout": "NCHW",
        "range": "0 to 1; the output is not clamped",
        "size_multiple": "2" if folded else "1",
        "receptive_field": str(network(name).receptive_field(scale)),
        "lr_size": "any",
    }


@pytest.mark.slow
def test_the_onnx_graph_is_valid_and_names_its_sizes(folder: Path) -> None:
    _, out = write(folder, "rrdbnet x2", "onnx")
    model = onnx.load(out)
    onnx.checker.check_model(model, full_check=True)
    [lr], [sr] = model.graph.input, model.graph.output
    assert (lr.name, sr.name) == ("lr", "sr")
    shapes = [
        [size.dim_param or size.dim_value for size in one.type.tensor_type.shape.dim]
        for one in (lr, sr)
    ]
    assert shapes == [
        ["batch", 3, "height", "width"],
        ["batch", 3, "2*height", "2*width"],
    ]


def test_norms_are_folded(folder: Path) -> None:
    _, out = write(folder, "srresnet x3", "onnx")
    operations = {node.op_type for node in onnx.load(out).graph.node}
    assert "Conv" in operations
    assert "BatchNormalization" not in operations


@pytest.mark.parametrize("kind", ["onnx", "pt2"])
def test_the_file_tells_nothing_of_this_machine(folder: Path, kind: str) -> None:
    _, out = write(folder, "srresnet x3", kind)
    if kind == "onnx":
        contents = {"file": out.read_bytes()}
    else:
        with zipfile.ZipFile(out) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
    places = [Path(module.__file__ or "").parent for module in (sr_toolkit, torch)]
    for name, content in contents.items():
        for place in (*places, folder):
            assert str(place).encode() not in content, name


@pytest.mark.parametrize("kind", ["onnx", "pt2"])
def test_a_tile_fixes_the_size(tmp_path: Path, kind: str) -> None:
    weights = save_checkpoint(tmp_path / "best.safetensors")
    out = sr_toolkit.export(weights, tmp_path / f"fixed.{kind}", tile=24)
    assert facts(out)["lr_size"] == "24x24"
    lr = torch.rand(1, 3, 24, 24)
    with torch.inference_mode():
        torch.testing.assert_close(run(out, lr), generator(4)(lr), rtol=1e-4, atol=1e-4)
    with pytest.raises(Exception, match="24"):
        run(out, torch.rand(1, 3, 25, 24))


@pytest.mark.parametrize("kind", ["onnx", "pt2"])
def test_a_file_that_differs_is_not_kept(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = save_checkpoint(tmp_path / "best.safetensors")
    out = tmp_path / f"model.{kind}"
    out.write_bytes(b"before")
    before = tree(tmp_path)
    traced = exporter.trace

    def other(module: Generator, *arguments: Any) -> Any:
        changed = generator(4)
        with torch.no_grad():
            changed.get_parameter("conv_last.bias").add_(0.01)
        return traced(changed, *arguments)

    monkeypatch.setattr(exporter, "trace", other)
    sentence = srtk("export", weights, "-o", out, "--overwrite").sentence()
    assert sentence.startswith("The exported file differs from the model by 0.01 for an LR of (1,")
    assert tree(tmp_path) == before


def test_what_cannot_be_traced_is_one_sentence_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = save_checkpoint(tmp_path / "best.safetensors")
    before = tree(tmp_path)
    cls = type(generator(4))
    forward = cls.forward

    def picky(self: Any, lr: torch.Tensor, scale: int | None = None) -> torch.Tensor:
        if lr.sum() < -1e9:
            raise ValueError("never")
        return forward(self, lr, scale)

    monkeypatch.setattr(cls, "forward", picky)
    sentence = srtk("export", weights, "-o", tmp_path / "model.pt2").sentence()
    assert sentence.startswith("torch cannot export 'srgan' at ×4 (")
    assert sentence.endswith("; give --tile 64 to fix the size of the LR.")
    assert tree(tmp_path) == before


def test_an_export_leaves_the_model_as_it_is(tmp_path: Path) -> None:
    module = generator(4, variant="srresnet").to(memory_format=torch.channels_last)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    exporter.export_generator(
        module, metadata(module), tmp_path / "m.pt2", kind=formats.FORMATS["pt2"], scale=4
    )
    assert list(before) == list(module.state_dict())
    for key, value in module.state_dict().items():
        assert torch.equal(value, before[key])
    assert module.get_parameter("merge.0.weight").is_contiguous(memory_format=torch.channels_last)
    lr = torch.rand(1, 3, 5, 6)
    with torch.inference_mode():
        torch.testing.assert_close(run(tmp_path / "m.pt2", lr), module(lr), rtol=1e-4, atol=1e-4)


class Pyramid(Generator):
    """One network of two scales, each with a convolution of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.config, self.scales = SimpleNamespace(), (2, 4)
        self.heads = nn.ModuleDict({str(s): nn.Conv2d(3, 3, 3, padding=1) for s in self.scales})

    def forward(self, lr: torch.Tensor, scale: int | None = None) -> torch.Tensor:
        grown = F.interpolate(lr, scale_factor=scale or 4, mode="nearest")
        sr: torch.Tensor = self.heads[str(scale or 4)](grown)
        return sr

    def receptive_field(self, scale: int) -> None:
        return None


@pytest.mark.parametrize("scale", [2, 4])
def test_one_scale_of_a_network_of_several(tmp_path: Path, scale: int) -> None:
    module, out = Pyramid().eval(), tmp_path / "a.pt2"
    kind = formats.FORMATS["pt2"]
    exporter.export_generator(module, metadata(module), out, kind=kind, scale=scale)
    assert (facts(out)["scale"], facts(out)["receptive_field"]) == (str(scale), "whole image")
    lr = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        expected = module(lr, scale)
        torch.testing.assert_close(run(out, lr), expected, rtol=1e-4, atol=1e-4)
    assert expected.shape == (1, 3, 9 * scale, 7 * scale)


def test_a_model_that_draws_random_numbers_is_refused(tmp_path: Path) -> None:
    module = Pyramid().eval()
    module.deterministic = False
    kind = formats.FORMATS["pt2"]
    with pytest.raises(ExportError, match="draws random numbers"):
        exporter.export_generator(module, metadata(module), tmp_path / "a.pt2", kind=kind, scale=2)
    assert not tree(tmp_path)


def test_bicubic_is_not_exported() -> None:
    assert build_generator("bicubic", {}, (4,)).channelwise
    sentence = srtk("export", "bicubic").sentence()
    assert sentence.startswith("'bicubic' is a fixed method without weights, which is not exported")
