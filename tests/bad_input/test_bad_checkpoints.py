"""Checkpoints that are foreign, damaged or malicious, and runs that are none or damaged."""

import io
import json
import os
import pickle
import shutil
import struct
import zipfile

import pytest
import torch
from made import (
    TINY,
    generator,
    make_run,
    metadata,
    picture,
    save_checkpoint,
    srtk,
    train,
    tree,
)
from safetensors.torch import load_file
from safetensors.torch import save as serialize

from sr_toolkit import checkpoint
from sr_toolkit.errors import CheckpointError
from sr_toolkit.training.state import Snapshot


def refused(tmp_path, model) -> str:
    """Return what `srtk upscale` says to a model that it must not take."""
    source = picture(tmp_path / "a.png")
    sentence = srtk("upscale", source, "-o", tmp_path / "b.png", "--model", model).sentence()
    assert not (tmp_path / "b.png").exists()
    # The bench meets the same wall.
    assert srtk("bench", "--models", model, "--device", "cpu").sentence() == sentence
    return sentence


def test_a_sound_one_is_taken(tmp_path):
    path = save_checkpoint(tmp_path / "m.safetensors")
    source = picture(tmp_path / "a.png")
    for model in (path, f"srgan@{path}", f"srtk-srgan::srgan@{path}"):
        assert srtk("upscale", source, "-o", tmp_path / "b.png", "--model", model).code == 0
        (tmp_path / "b.png").unlink()


def test_of_another_model(tmp_path):
    path = save_checkpoint(tmp_path / "m.safetensors", model="edsr", distribution="srtk-edsr")
    assert refused(tmp_path, f"srgan@{path}") == (
        f"checkpoint {path} holds weights of the model 'edsr', not of 'srgan'."
    )
    assert f"'{path}' needs the model 'edsr' of srtk-edsr 0.1.0" in refused(tmp_path, path)
    own = save_checkpoint(tmp_path / "own.safetensors")
    assert "Unknown model 'other@" in refused(tmp_path, f"other@{own}")
    with pytest.raises(CheckpointError, match="was made by the model 'srgan', not by 'other'"):
        checkpoint.load_generator(own, model="other")


def test_of_a_discriminator(tmp_path):
    path = save_checkpoint(tmp_path / "m.safetensors", role="discriminator")
    assert "holds a discriminator, not a generator" in refused(tmp_path, path)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.99])
def test_truncated(tmp_path, part):
    path = save_checkpoint(tmp_path / "m.safetensors")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    sentence = refused(tmp_path, path)
    assert f"'{path}' cannot be read as safetensors" in sentence
    assert "Copy it again" in sentence


@pytest.mark.parametrize("content", [b"not a checkpoint at all", bytes(100), b"\xff" * 100])
def test_not_safetensors(tmp_path, content):
    (tmp_path / "m.safetensors").write_bytes(content)
    assert "cannot be read as safetensors" in refused(tmp_path, tmp_path / "m.safetensors")


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (os.mkdir, (str(self.mark),))


@pytest.mark.parametrize("kind", ["protocol 0", "protocol 4", "torch"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_pickle_is_never_opened(tmp_path, kind, suffix):
    mark, path = tmp_path / "code-was-run", tmp_path / f"m{suffix}"
    if kind == "torch":
        stream = io.BytesIO()
        torch.save({"params": Trap(mark)}, stream)
        path.write_bytes(stream.getvalue())
        assert zipfile.is_zipfile(path)
    else:
        path.write_bytes(pickle.dumps(Trap(mark), protocol=int(kind[-1])))
    sentence = refused(tmp_path, path)
    assert f"'{path}'" in sentence
    assert not mark.exists()
    if kind != "protocol 0":  # that one is text; nothing tells it from any other
        assert "is a pickle that holds more than weights" in sentence
        assert "which can be code, and was not opened" in sentence
    if kind != "torch":  # the trap itself works
        pickle.loads(path.read_bytes())
        assert mark.exists()


@pytest.mark.parametrize("mark", [b"\x80", b"PK"])
def test_a_header_whose_length_looks_like_a_pickle_is_taken(tmp_path, mark):
    """Lengths are multiples of 8, so one in 32 ends in 0x80."""
    wanted = 19280 if mark == b"PK" else 2048 + 0x80
    path = tmp_path / "m.safetensors"
    with_header(path, note="")
    length = int.from_bytes(path.read_bytes()[:8], "little")
    with_header(path, note="x" * (wanted - length))
    assert path.read_bytes().startswith(mark)
    assert checkpoint.load_generator(path)[1].model == "srgan"


def with_header(path, **changes):
    """Write a checkpoint whose header strings are changed; None leaves one out."""
    module = generator()
    strings = {**metadata(module).to_strings(), **changes}
    kept = {key: value for key, value in strings.items() if value is not None}
    path.write_bytes(serialize(module.state_dict(), kept))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"scales": None},
        {"scales": "[]"},
        {"scales": "4"},
        {"scales": '["four"]'},
        {"scales": "[4"},
        {"config": "3"},
        {"config": "[]"},
        {"steps": '"many"'},
        {"scores": '{"validation/psnr": "high"}'},
        {"role": "null"},
    ],
    ids=str,
)
def test_a_damaged_header(tmp_path, changes):
    path = with_header(tmp_path / "m.safetensors", **changes)
    assert f"The header of '{path}' is damaged: " in refused(tmp_path, path)


@pytest.mark.parametrize("format", ["sr-toolkit/9", "sr-toolkit-state/1"])
def test_a_header_of_a_later_format_or_a_state(tmp_path, format):
    path = with_header(tmp_path / "m.safetensors", format=format)
    assert "no checkpoint of sr-toolkit" in refused(tmp_path, path)


@pytest.mark.parametrize("format", [None, "pt"])
def test_weights_without_our_header_that_no_model_knows(tmp_path, format):
    path = tmp_path / "m.safetensors"
    path.write_bytes(serialize({"fc.weight": torch.zeros(2)}, format and {"format": format}))
    sentence = refused(tmp_path, path)
    assert sentence.startswith(f"'{path}' is no checkpoint of sr-toolkit, and its weights are not")
    assert "srgan says: This is neither MSRResNet nor SRResNet: it begins with 'fc." in sentence


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"scales": "[2, 4]"}, "serves one scale"),
        ({"scales": "[5]"}, "not ×5"),
        ({"config": '{"blokcs": 1}'}, "blokcs"),
        ({"config": '{"blocks": 0}'}, "at least 1"),
        ({"model": '"gone"'}, "gone"),
    ],
    ids=str,
)
def test_a_header_that_the_model_refuses(tmp_path, changes, part):
    path = with_header(tmp_path / "m.safetensors", **changes)
    sentence = refused(tmp_path, path)
    assert f"'{path}' needs the model" in sentence
    assert part in sentence


def test_weights_that_do_not_fit_their_own_configuration(tmp_path):
    config = json.dumps({**TINY, "features": 9})
    path = with_header(tmp_path / "m.safetensors", config=config)
    assert f"The weights in '{path}' do not fit" in refused(tmp_path, path)


def test_a_header_that_declares_more_than_there_is(tmp_path):
    path = save_checkpoint(tmp_path / "m.safetensors")
    path.write_bytes(struct.pack("<Q", 1 << 62) + path.read_bytes()[8:])
    assert "cannot be read as safetensors" in refused(tmp_path, path)


def test_one_that_may_not_be_read(tmp_path, monkeypatch):
    path = save_checkpoint(tmp_path / "m.safetensors")
    original = type(path).open

    def forbidden(self, *arguments, **options):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return original(self, *arguments, **options)

    monkeypatch.setattr(type(path), "open", forbidden)
    with pytest.raises(CheckpointError, match="Permission denied; check its permissions"):
        checkpoint.load_generator(path)


class TestRuns:
    def resume(self, path) -> str:
        before = tree(path)
        sentence = srtk("train", "--resume", path, "-q").sentence(ends=("",))
        assert tree(path) == before
        return sentence

    def begun(self, path):
        """Return a run that stands in the middle of its first phase."""
        photos = path.parent / "photos"
        for number in range(3):
            picture(photos / f"{number}.png", 40, 40)
        outcome = train("--data", f"folder:{photos}", out=path)
        assert outcome.code == 0, outcome.err
        (path / "last.safetensors").unlink()
        return path

    @pytest.mark.parametrize("there", [True, False])
    def test_a_folder_that_is_no_run(self, tmp_path, there):
        if there:
            picture(tmp_path / "photos" / "a.png")
        sentence = self.resume(tmp_path / "photos")
        assert sentence.startswith(f"'{tmp_path / 'photos'}' is no run folder: it has no config")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"recipe: [1",
            b"- a\n- b\n",
            b"three words here",
            b"\xff\xfe\x00",
            b"model: srgan\n",
        ],
    )
    def test_a_damaged_config(self, tmp_path, content):
        run = make_run(tmp_path / "run", "psnr")
        run.config_file.write_bytes(content)
        assert f"'{run.config_file}" in self.resume(run.path)

    def test_a_config_with_an_unknown_key(self, tmp_path):
        run = make_run(tmp_path / "run")
        text = run.config_file.read_text().replace("validation_images", "validation_imgs")
        run.config_file.write_text(text)
        sentence = self.resume(run.path)
        assert "Unknown key 'recipe.validation_imgs'. Did you mean 'validation_images'" in sentence

    @pytest.mark.parametrize("kind", ["cut", "text", "foreign", "empty tree", "other phase"])
    def test_a_damaged_state(self, tmp_path, kind):
        path = self.begun(tmp_path / "run")
        state = path / "state" / "latest.safetensors"
        if kind == "cut":
            state.write_bytes(state.read_bytes()[:-100])
        elif kind == "text":
            state.write_text("not a state")
        elif kind == "foreign":
            shutil.copyfile(path / "best.safetensors", state)
        elif kind == "empty tree":
            Snapshot.of({}).write(state)
        else:
            Snapshot.of({"phase": "third", "best": {}, "trainer": {}, "rng": {}}).write(state)
        (path / "state" / "previous.safetensors").unlink()
        assert f"'{state}'" in self.resume(path)

    def test_a_state_that_an_edited_config_does_not_fit(self, tmp_path):
        path = self.begun(tmp_path / "run")
        config = path / "config.yaml"
        text = config.read_text()
        assert text.count("features: 8") == 1
        config.write_text(text.replace("features: 8", "features: 9"))
        sentence = self.resume(path)
        assert "recipe.generator.features: 8 → 9" in sentence
        assert "Undo the change" in sentence

    def test_a_sound_one_is_resumed(self, tmp_path):
        path = self.begun(tmp_path / "run")
        assert srtk("train", "--resume", path, "-q").code == 0
        assert (path / "last.safetensors").is_file()

    def test_a_run_without_weights(self, tmp_path):
        run = make_run(tmp_path / "run")
        assert "has no weights yet; resume its training" in refused(tmp_path, run.path)


class TestNotFinite:
    SETTINGS = ("phases.psnr.optimizer.lr=1e30", "phases.psnr.schedule.name=constant")

    def train(self, tmp_path, *more):
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)
        settings = [word for text in (*self.SETTINGS, *more) for word in ("--set", text)]
        return train(
            "--data", f"folder:{tmp_path / 'photos'}", *settings, out=tmp_path / "run"
        ).sentence()

    def test_the_training_stops_and_names_the_step(self, tmp_path):
        sentence = self.train(tmp_path, "phases.psnr.steps=20")
        assert sentence.startswith(
            "A loss was not finite (NaN or infinite) in phase psnr at step 2 after 3 times back; "
            "the training stopped."
        )
        assert f"The state before it is kept in '{tmp_path / 'run'}'." in sentence
        assert "--set phases.psnr.optimizer.lr=" in sentence

    def test_a_validation_between_log_lines_keeps_no_broken_weights(self, tmp_path):
        sentence = self.train(
            tmp_path,
            "phases.psnr.steps=20",
            "phases.psnr.log_every=7",
            "phases.psnr.validate_every=4",
        )
        assert "at step 2 " in sentence
        for path in tmp_path.rglob("*.safetensors"):
            assert all(torch.isfinite(value).all() for value in load_file(path).values())
        assert not list(tmp_path.rglob("samples/*"))

    def test_the_state_saved_before_is_kept(self, tmp_path):
        sentence = self.train(tmp_path, "phases.psnr.steps=20", "phases.psnr.save_every=1")
        assert f"The state before it is kept in '{tmp_path / 'run'}'." in sentence
        assert (tmp_path / "run" / "state" / "latest.safetensors").is_file()
