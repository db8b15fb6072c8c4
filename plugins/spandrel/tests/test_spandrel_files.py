"""Files as authors save them: the same SR as spandrel's own, and checkpoints that rebuild it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import spandrel
import torch
from spandrel_networks import SMALL, WRAPPED, make, silent, write

from sr_toolkit.checkpoint import (
    Metadata,
    build_generator,
    is_foreign,
    load_generator,
    read_metadata,
    save,
)
from sr_toolkit.checkpoint.converting import convert
from sr_toolkit.registry import registry
from srtk_spandrel.examples import examples
from srtk_spandrel.keys import read_keys
from srtk_spandrel.library import network, networks
from srtk_spandrel.names import NETWORKS

SIZES = ((37, 29), (5, 7), (16, 64))  # odd, smaller than most minima, a multiple of most windows


def same_as_spandrel(generator: torch.nn.Module, descriptor: Any, sizes: Any = SIZES) -> None:
    for size in sizes:
        lr = torch.rand(1, descriptor.input_channels, *size)
        with torch.inference_mode():
            sr = generator(lr)
        assert sr.shape[-2:] == tuple(side * descriptor.scale for side in size)
        expected = silent(lambda lr=lr: descriptor(lr.clone()))
        assert expected.std() > 1e-3
        assert torch.equal(sr.clamp(0, 1), expected)


def test_every_architecture_of_the_registry_has_a_name() -> None:
    ids = {support.architecture.id for support in spandrel.MAIN_REGISTRY}
    assert {one.architecture.id for one in networks().values()} == ids
    assert len(ids) == len(spandrel.MAIN_REGISTRY)
    assert {*NETWORKS, "LaMa"} == networks().keys()


@pytest.mark.parametrize("name", SMALL)
def test_same_sr_as_spandrel(name: str, tmp_path: Path) -> None:
    wrapper = list(WRAPPED)[len(name) % len(WRAPPED)]
    pickled = write(tmp_path / wrapper, make(name).state_dict(), wrapper)
    plain = write(tmp_path / "weights.safetensors", make(name).state_dict())
    descriptor = silent(lambda: spandrel.ModelLoader().load_from_file(plain)).eval()
    for path in (pickled, plain):
        generator, metadata = load_generator(path, model="spandrel")
        assert metadata.config["architecture"] == name
        assert generator.scales == (descriptor.scale,)
        assert generator.channels == (descriptor.input_channels, descriptor.output_channels)
    same_as_spandrel(generator, descriptor)


@pytest.mark.parametrize("name", SMALL)
def test_our_checkpoint_rebuilds_it(name: str, tmp_path: Path) -> None:
    source = write(tmp_path / "theirs.safetensors", make(name).state_dict())
    generator, metadata = load_generator(source, model="spandrel")
    ours = tmp_path / "ours.safetensors"
    save(ours, generator, metadata)
    assert is_foreign(source) and not is_foreign(ours)
    again, read = load_generator(ours)
    assert read.qualified == "srtk-spandrel::spandrel"
    assert again.config == generator.config
    lr = torch.rand(2, generator.channels[0], 24, 20)
    with torch.inference_mode():
        assert torch.equal(again(lr), generator(lr))


def test_parameters_that_weights_do_not_tell(tmp_path: Path) -> None:
    """spandrel would guess 4 groups; our checkpoint says 2."""
    config = {
        "architecture": "realplksr",
        "parameters": {"dim": 16, "n_blocks": 1, "norm_groups": 2},
    }
    generator = build_generator("spandrel", config, (3,)).eval()
    path, lr = tmp_path / "ours.safetensors", torch.rand(1, 3, 12, 12)
    save(path, generator, Metadata(
        model="spandrel", distribution="srtk-spandrel", version="0", config=config, scales=(3,)
    ))  # fmt: skip
    with torch.inference_mode():
        expected = generator(lr)
        assert torch.equal(load_generator(path)[0](lr), expected)
        guessed = spandrel.MAIN_REGISTRY.load(dict(generator.network.state_dict())).model.eval()
        assert not torch.allclose(guessed(lr), expected)


@pytest.mark.parametrize("name", ["Compact", "SwinIR", "SPAN"])
def test_converted_back_for_other_programs(name: str, tmp_path: Path) -> None:
    source = write(tmp_path / "theirs.pth", make(name).state_dict(), "bare.pth")
    convert(source, tmp_path / "ours.safetensors")
    convert(tmp_path / "ours.safetensors", tmp_path / "back.pth")
    descriptor = silent(lambda: spandrel.ModelLoader().load_from_file(tmp_path / "back.pth"))
    same_as_spandrel(load_generator(source)[0], descriptor.eval())


def test_half_precision_becomes_fp32(tmp_path: Path) -> None:
    state = {key: value.half() for key, value in make("Compact").state_dict().items()}
    path = write(tmp_path / "half.safetensors", state)
    generator, _ = load_generator(path)
    assert {value.dtype for value in generator.parameters()} == {torch.float32}
    same_as_spandrel(
        generator, spandrel.MAIN_REGISTRY.load({k: v.float() for k, v in state.items()}).eval()
    )


def test_a_bridge_is_asked_last(tmp_path: Path) -> None:
    path = write(tmp_path / "rrdb.pth", make("ESRGAN").state_dict(), "bare.pth")
    assert read_metadata(path).model == "esrgan"
    assert read_metadata(path, model="spandrel").config["architecture"] == "ESRGAN"


def test_noise_comes_from_the_seed() -> None:
    parameters = {
        "dim": 16,
        "image_size": None,
        "input_image_size": None,
        "init_dim": 16,
        "style_network": {"dim_in": 16, "dim_out": 64, "depth": 2},
        "skip_connect_scale": 0.4,
    }
    config = {"architecture": "AuraSR", "parameters": parameters}
    generator = build_generator("spandrel", config, (4,)).eval()
    assert not generator.deterministic
    lr = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        first, again, other = (generator(lr, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    descriptor = silent(lambda: spandrel.MAIN_REGISTRY.load(generator.network.state_dict()))
    torch.manual_seed(1)
    assert torch.equal(silent(lambda: descriptor(lr)), first.clamp(0, 1))


@pytest.mark.parametrize("name", SMALL)
def test_images_of_a_batch_do_not_mix(name: str) -> None:
    config, scales, state = read_keys(make(name).state_dict())
    generator = build_generator("spandrel", config, scales)
    generator.load_state_dict(state)
    lr = torch.rand(3, generator.channels[0], 16, 24)
    with torch.inference_mode():
        together = generator.eval()(lr)
        alone = torch.cat([generator(one) for one in lr.split(1)])
    assert alone.std() > 1e-3
    torch.testing.assert_close(together, alone, rtol=0, atol=2e-5 * float(alone.abs().max()))


def test_the_caller_keeps_its_image() -> None:
    """RCAN multiplies its input in place."""
    config = {"architecture": "RCAN", "parameters": SMALL["RCAN"]}
    lr = torch.rand(1, 3, 8, 8)
    before = lr.clone()
    build_generator("spandrel", config, (2,)).eval()(lr)
    assert torch.equal(lr, before)


def test_examples_are_taken(tmp_path: Path) -> None:
    paths = list(examples(tmp_path))
    assert len(paths) == len(set(paths)) >= 4
    for path in paths:
        metadata = read_metadata(path)
        assert metadata.model == "spandrel"
        assert network(metadata.config["architecture"]).name in path.name


def test_the_spec_imports_no_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys, srtk_spandrel.plugin, srtk_spandrel.config; "
        "assert not {'torch', 'spandrel'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert registry().model("spandrel").fallback
