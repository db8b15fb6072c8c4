"""Outputs that exist, cannot be written or fill the disk: nothing half-written, the old intact."""

import errno
import json
from pathlib import Path

import pytest
from made import (
    generator,
    make_run,
    metadata,
    picture,
    save_checkpoint,
    size_of,
    srtk,
    train,
    tree,
)

from sr_toolkit import checkpoint
from sr_toolkit.errors import OutputError
from sr_toolkit.training.state import Snapshot


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def full_disk(monkeypatch):
    """Let every write put half of its bytes down and then fail, as a full disk does."""

    def break_it(cause: int = errno.ENOSPC, text: str = "No space left on device"):
        write_bytes, write_text = Path.write_bytes, Path.write_text

        def half_bytes(self, data):
            write_bytes(self, bytes(data)[: len(data) // 2])
            raise OSError(cause, text)

        def half_text(self, data, **options):
            write_text(self, data[: len(data) // 2], **options)
            raise OSError(cause, text)

        monkeypatch.setattr(Path, "write_bytes", half_bytes)
        monkeypatch.setattr(Path, "write_text", half_text)

    return break_it


def bench(weights, photos, out, *more):
    return srtk(
        *("bench", "--models", weights, "--dataset", f"folder:{photos}", "-o", out),
        *("--device", "cpu", "--metrics", "psnr", *more),
    )


class TestExisting:
    def test_upscale(self, tmp_path, weights):
        source, out = picture(tmp_path / "a.png"), tmp_path / "b.png"
        out.write_text("old")
        command = ("upscale", source, "-o", out, "--model", weights)
        sentence = srtk(*command).sentence()
        assert sentence == (
            f"'{out}' exists already; give --overwrite to replace it, or another --out."
        )
        assert out.read_text() == "old"
        assert srtk(*command, "--overwrite").code == 0
        assert size_of(out) == (64, 48)

    def test_one_of_a_folder_is_refused_before_the_first(self, tmp_path, weights):
        for name in "abc":
            picture(tmp_path / "photos" / f"{name}.png")
        out = tmp_path / "out"
        out.mkdir()
        (out / "c.png").write_text("old")
        command = ("upscale", tmp_path / "photos", "-o", out, "--model", weights)
        assert f"'{out / 'c.png'}' exists already" in srtk(*command).sentence()
        assert tree(out) == {"c.png": b"old"}
        assert srtk(*command, "--overwrite").code == 0
        assert size_of(out / "c.png") == (64, 48)

    def test_the_source_itself(self, tmp_path, weights):
        source = picture(tmp_path / "a.png")
        before = source.read_bytes()
        command = ("upscale", source, "-o", source, "--model", weights, "--overwrite")
        assert "is the source itself" in srtk(*command).sentence()
        assert source.read_bytes() == before

    def test_bench(self, tmp_path, weights):
        picture(tmp_path / "photos" / "a.png", 40, 40)
        out = tmp_path / "out"
        out.mkdir()
        (out / "results.json").write_text("old")
        refused = bench(weights, tmp_path / "photos", out)
        assert f"'{out / 'results.json'}' exists already" in refused.sentence()
        assert tree(out) == {"results.json": b"old"}
        assert bench(weights, tmp_path / "photos", out, "--overwrite").code == 0
        assert len(json.loads((out / "results.json").read_text())["results"][0]["rows"]) == 2

    def test_train(self, tmp_path):
        run = make_run(tmp_path / "run", "psnr")
        before = tree(run.path)
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)
        data = ("--data", f"folder:{tmp_path / 'photos'}")
        sentence = train(*data, out=run.path).sentence()
        assert "holds a run already; go on with it by srtk train --resume " in sentence
        assert "--overwrite" in sentence
        assert tree(run.path) == before
        assert train(*data, "--overwrite", out=run.path).code == 0
        assert (run.path / "best.safetensors").is_file()

    def test_an_old_run_outlives_a_training_that_cannot_begin(self, tmp_path):
        run = make_run(tmp_path / "run", "psnr")
        before = tree(run.path)
        gone = ("--data", f"folder:{tmp_path / 'gone'}", "--overwrite")
        assert "does not exist" in train(*gone, out=run.path).sentence()
        assert tree(run.path) == before

    @pytest.mark.parametrize("more", [(), ("--overwrite",)])
    def test_a_folder_of_other_files_is_never_replaced_by_a_run(self, tmp_path, more):
        picture(tmp_path / "photos" / "a.png")
        sentence = train(*more, out=tmp_path / "photos").sentence()
        assert "is not empty and no run" in sentence
        assert sorted(tree(tmp_path)) == ["photos/a.png"]


class TestUnwritable:
    """A path below a file, where nothing can be made whoever asks."""

    def test_upscale(self, tmp_path, weights):
        source = picture(tmp_path / "a.png")
        out = source / "below" / "b.png"
        sentence = srtk("upscale", source, "-o", out, "--model", weights).sentence()
        assert sentence.startswith(f"Cannot write '{out}': ")
        assert sorted(tree(tmp_path)) == ["a.png"]

    def test_a_folder_onto_a_file(self, tmp_path, weights):
        picture(tmp_path / "photos" / "a.png")
        out = tmp_path / "out"
        out.write_text("old")
        outcome = srtk("upscale", tmp_path / "photos", "-o", out, "--model", weights)
        assert outcome.sentence().startswith(f"Cannot write '{out / 'a.png'}': ")
        assert out.read_text() == "old"

    def test_bench_says_so_before_it_scores(self, tmp_path, weights, monkeypatch):
        monkeypatch.setattr("sr_toolkit.benching.pipeline.Pipeline.run", None)
        out = picture(tmp_path / "photos" / "a.png", 40, 40)
        sentence = bench(weights, tmp_path / "photos", out).sentence()
        assert sentence == f"'{out}' is a file; give --out a folder."

    def test_bench_below_a_file(self, tmp_path, weights):
        photo = picture(tmp_path / "photos" / "a.png", 40, 40)
        sentence = bench(weights, tmp_path / "photos", photo / "out").sentence()
        assert sentence.startswith(f"Cannot write '{photo / 'out' / 'request.json'}': ")

    def test_train(self, tmp_path):
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)
        data = ("--data", f"folder:{tmp_path / 'photos'}")
        below = tmp_path / "photos" / "0.png"
        assert "is a file; give --out a folder" in train(*data, out=below).sentence()
        assert "Cannot write" in train(*data, out=below / "run").sentence()
        assert len(tree(tmp_path)) == 3

    def test_a_read_only_folder(self, tmp_path, weights, monkeypatch):
        """chmod stops no root, so the refusal is made by hand."""

        def refuse(**_):
            raise PermissionError(errno.EACCES, "Permission denied")

        source, out = picture(tmp_path / "a.png"), tmp_path / "out" / "b.png"
        monkeypatch.setattr("sr_toolkit.files.tempfile.mkstemp", refuse)
        sentence = srtk("upscale", source, "-o", out, "--model", weights).sentence()
        assert sentence.startswith(f"Cannot write '{out}': Permission denied.")
        assert "another --out" in sentence
        assert sorted(tree(tmp_path)) == ["a.png"]

    def test_an_old_run_that_cannot_be_removed(self, tmp_path, monkeypatch):
        run = make_run(tmp_path / "run", "psnr")
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)

        def refuse(*_):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr("sr_toolkit.training.folder.shutil.rmtree", refuse)
        data = ("--data", f"folder:{tmp_path / 'photos'}", "--overwrite")
        sentence = train(*data, out=run.path).sentence()
        assert sentence.startswith(f"Cannot replace '{run.path}': Permission denied")


class TestFullDisk:
    @pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
    def test_upscale(self, tmp_path, weights, full_disk, suffix):
        source, out = picture(tmp_path / "a.png"), tmp_path / f"b.{suffix}"
        out.write_text("old")
        before = tree(tmp_path)
        full_disk()
        command = ("upscale", source, "-o", out, "--model", weights, "--overwrite")
        sentence = srtk(*command).sentence()
        assert sentence.startswith(f"Cannot write '{out}': No space left on device.")
        assert "free the disk" in sentence
        assert tree(tmp_path) == before

    def test_checkpoint(self, tmp_path, full_disk):
        path = save_checkpoint(tmp_path / "m.safetensors")
        before = tree(tmp_path)
        module = generator(2)
        full_disk()
        for target in (path, tmp_path / "new.safetensors"):
            with pytest.raises(OutputError, match="No space left on device"):
                checkpoint.save(target, module, metadata(module))
        assert tree(tmp_path) == before

    def test_state(self, tmp_path, full_disk):
        Snapshot.of({"step": 1}).write(tmp_path / "state.safetensors")
        before = tree(tmp_path)
        full_disk()
        with pytest.raises(OutputError, match="No space left on device"):
            Snapshot.of({"step": 2}).write(tmp_path / "state.safetensors")
        assert tree(tmp_path) == before

    def test_results(self, tmp_path, weights, full_disk):
        picture(tmp_path / "photos" / "a.png", 40, 40)
        out = tmp_path / "out"
        assert bench(weights, tmp_path / "photos", out).code == 0
        before = tree(tmp_path)
        full_disk()
        sentence = bench(weights, tmp_path / "photos", out, "--overwrite").sentence()
        assert "No space left on device" in sentence
        assert tree(tmp_path) == before

    def test_export(self, tmp_path, weights, full_disk):
        out = tmp_path / "a.pt2"
        out.write_text("old")
        full_disk()
        sentence = srtk("export", weights, "-o", out, "--overwrite").sentence()
        assert sentence.startswith(f"Cannot write '{out}': No space left on device.")
        assert tree(tmp_path) == {"a.pt2": b"old"}

    def test_training(self, tmp_path, full_disk):
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)
        before = tree(tmp_path)
        full_disk()
        data = ("--data", f"folder:{tmp_path / 'photos'}")
        sentence = train(*data, out=tmp_path / "run").sentence()
        assert "No space left on device" in sentence
        assert tree(tmp_path) == before

    def test_the_log_of_a_training(self, tmp_path, monkeypatch):
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)
        original = Path.open

        def full(self, *arguments, **options):
            if self.name == "log.jsonl":
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(self, *arguments, **options)

        monkeypatch.setattr(Path, "open", full)
        run = tmp_path / "run"
        done = train("--data", f"folder:{tmp_path / 'photos'}", out=run)
        assert done.code == 0
        warning = f"Warning: cannot write '{run / 'log.jsonl'}': No space left on device."
        assert done.err.count(warning) == 1
        assert (run / "best.safetensors").is_file()

    def test_the_last_copies_of_a_training(self, tmp_path, monkeypatch):
        for number in range(3):
            picture(tmp_path / "photos" / f"{number}.png", 40, 40)

        def full(source, target):
            Path(target).write_bytes(Path(source).read_bytes()[:100])
            raise OSError(errno.ENOSPC, "No space left on device")

        run = tmp_path / "run"
        with monkeypatch.context() as patch:
            patch.setattr("sr_toolkit.training.archive.shutil.copyfile", full)
            sentence = train("--data", f"folder:{tmp_path / 'photos'}", out=run).sentence()
        assert "No space left on device" in sentence
        assert [path.name for path in run.iterdir() if "safetensors" in path.name] == []
        assert srtk("train", "--resume", run, "-q").code == 0
        assert (run / "best.safetensors").is_file()

    def test_the_rename_is_refused(self, tmp_path, weights, monkeypatch):
        def refuse(*_):
            raise OSError(errno.EROFS, "Read-only file system")

        source, out = picture(tmp_path / "a.png"), tmp_path / "b.png"
        monkeypatch.setattr(Path, "replace", refuse)
        sentence = srtk("upscale", source, "-o", out, "--model", weights).sentence()
        assert "Read-only file system" in sentence
        assert sorted(tree(tmp_path)) == ["a.png"]


def test_spaces_and_accents(tmp_path, weights):
    folder = tmp_path / "Été à Łódź 写真"
    source = picture(folder / "une photo ü.png", 40, 40)
    model = save_checkpoint(folder / "poids légers.safetensors")
    out = folder / "agrandie é.png"
    assert srtk("upscale", source, "-o", out, "--model", model).code == 0
    assert size_of(out) == (160, 160)
    assert bench(model, folder, tmp_path / "résultats d'ici").code == 0
    for number in range(2):
        picture(folder / f"{number}.png", 40, 40)
    run = tmp_path / "entraînement 1"
    assert train("--data", f"folder:{folder}", out=run).code == 0
    assert srtk("upscale", source, "-o", folder / "b.png", "--model", run).code == 0
