"""From what people write to weights: names, runs, phases, paths."""

import dataclasses
import os
import shutil

import pytest
from made import make_run, save_checkpoint, srtk

from sr_toolkit.checkpoint import file_hash
from sr_toolkit.errors import CheckpointError, DataError, SrtkError, UnknownNameError
from sr_toolkit.registry import registry
from sr_toolkit.runs import Run, list_runs
from sr_toolkit.spec import WeightsSpec
from sr_toolkit.upscaling.locate import locate, locate_all
from sr_toolkit.upscaling.upscaler import load


@pytest.fixture
def runs(tmp_path):
    """Three runs; the age in their config.yaml, not their names, puts `b` last."""
    folder = tmp_path / "runs"
    for name, age in (("c", 300), ("a", 200), ("b", 100)):
        run = make_run(folder / name, "psnr", "gan")
        os.utime(run.config_file, (1e9 - age, 1e9 - age))
    return folder


def test_a_bare_name_is_the_newest_run(runs):
    found = locate("srgan", runs=runs)
    assert found.path == runs / "b" / "gan" / "best.safetensors"
    assert (found.label, found.model) == ("srgan", "srtk-srgan::srgan")
    assert str(runs / "b") in found.source
    assert "phase gan" in found.source


def test_a_name_with_its_distribution(runs):
    assert locate("srtk-srgan::srgan", runs=runs).path == locate("srgan", runs=runs).path


def test_a_name_with_a_phase(runs):
    found = locate("srgan:psnr", runs=runs)
    assert found.path == runs / "b" / "psnr" / "best.safetensors"
    assert found.label == "srgan:psnr"


def test_latest_has_an_entry_for_each_phase(runs):
    found = locate_all("srgan@latest", runs=runs)
    assert [one.label for one in found] == ["srgan:psnr", "srgan:gan"]
    assert {one.path.parent.parent for one in found} == {runs / "b"}
    assert [one.label for one in locate_all("srgan@latest:psnr", runs=runs)] == ["srgan:psnr"]
    assert [one.label for one in locate_all("srgan:psnr@latest", runs=runs)] == ["srgan:psnr"]


@pytest.mark.parametrize("prefix", ["", "srgan@", "srtk-srgan::srgan@"])
def test_a_run_folder(runs, prefix):
    found = locate_all(f"{prefix}{runs / 'a'}", runs=runs)
    assert [one.label for one in found] == ["srgan:psnr", "srgan:gan"]
    assert [one.path.parent.name for one in found] == ["psnr", "gan"]
    assert locate(f"{prefix}{runs / 'a'}", runs=runs) == found[-1]


def test_a_phase_of_a_run(runs):
    for reference in (f"{runs / 'a'}:psnr", f"srgan@{runs / 'a'}:psnr", f"srgan:psnr@{runs / 'a'}"):
        (found,) = locate_all(reference, runs=runs)
        assert found.path == runs / "a" / "psnr" / "best.safetensors"


def test_a_checkpoint(tmp_path):
    path = save_checkpoint(tmp_path / "my weights.safetensors")
    for reference in (str(path), f"srgan@{path}"):
        (found,) = locate_all(reference)
        assert (found.label, found.path) == (f"{tmp_path.name}/my weights", path)
        assert found.model == "srtk-srgan::srgan"


def test_the_last_weights_where_there_are_no_best(tmp_path):
    run = make_run(tmp_path / "run", "psnr")
    run.checkpoint("psnr").rename(run.checkpoint("psnr", "last"))
    assert locate(str(run.path)).path == run.checkpoint("psnr", "last")


def test_a_run_in_which_one_phase_is_trained(tmp_path):
    make_run(tmp_path / "runs" / "a", "psnr")
    assert [one.label for one in locate_all(f"{tmp_path / 'runs' / 'a'}")] == ["srgan:psnr"]
    with pytest.raises(DataError, match="no weights of a phase 'gan'"):
        locate(f"{tmp_path / 'runs' / 'a'}:gan")


def test_the_beginning_of_a_phase_is_no_trained_model(tmp_path):
    run = make_run(tmp_path / "run", "psnr", "gan")
    save_checkpoint(run.checkpoint("gan"), steps=0)
    assert [one.label for one in locate_all(str(run.path))] == ["srgan:psnr"]
    save_checkpoint(run.checkpoint("psnr"), steps=0)
    with pytest.raises(DataError, match="saved nothing since its first step"):
        locate_all(str(run.path))


def test_a_newer_run_without_weights_is_passed_over(runs):
    run = make_run(runs / "d")
    os.utime(run.config_file, (1e9, 1e9))
    assert locate("srgan", runs=runs).path.is_relative_to(runs / "b")
    assert locate("srgan@latest", runs=runs).path.is_relative_to(runs / "b")


@pytest.mark.parametrize("content", ["", "model: [", "- a\n", "model: srgan\nrecipe: 3\n"])
def test_a_damaged_run_hides_no_other(runs, content):
    damaged = runs / "d"
    damaged.mkdir()
    (damaged / "config.yaml").write_text(content)
    assert locate("srgan", runs=runs).path.is_relative_to(runs / "b")
    with pytest.raises(SrtkError, match=str(damaged)):
        locate(str(damaged), runs=runs)


def test_runs_of_other_models_and_other_folders_are_no_matter(runs):
    (runs / "notes").mkdir()
    (runs / "other").mkdir()
    (runs / "other" / "config.yaml").write_text("model: edsr\n")
    assert [run.path.name for run in list_runs(runs, "srgan")] == ["c", "a", "b"]
    assert [run.model for run in list_runs(runs, "edsr")] == ["edsr"]
    assert list_runs(runs / "gone") == []


def test_an_unknown_phase(runs):
    with pytest.raises(DataError) as caught:
        locate(f"{runs / 'a'}:pnsr", runs=runs)
    assert str(caught.value) == (
        f"The run '{runs / 'a'}' has no weights of a phase 'pnsr'. Did you mean 'psnr'?"
    )
    with pytest.raises(CheckpointError, match=r"phase 'pnsr'. Did you mean 'psnr'"):
        locate("srgan:pnsr", runs=runs)


@pytest.mark.parametrize("reference", ["srgan", "srgan@latest"])
def test_a_model_without_any_run_says_how_to_get_one(tmp_path, reference):
    with pytest.raises(CheckpointError, match="srtk train srgan --preset quick") as caught:
        locate(reference, runs=tmp_path / "runs")
    assert f"'{tmp_path / 'runs'}'" in str(caught.value)


@pytest.mark.parametrize("reference", ["runs/gone", "gone.safetensors", "RRDB_x4.pth"])
def test_a_path_that_is_not_there_is_no_unknown_model(tmp_path, reference):
    with pytest.raises(CheckpointError, match=f"no file of weights '{reference}'; check the path"):
        locate(reference, runs=tmp_path)


@pytest.mark.parametrize("reference", ["sgran", "sgran@latest", "sgran@runs/gone"])
def test_neither_a_name_nor_a_path(tmp_path, reference):
    with pytest.raises(UnknownNameError, match="there is none of this name"):
        locate(reference, runs=tmp_path)


def test_a_name_with_a_path_that_is_not_there(tmp_path):
    with pytest.raises(
        CheckpointError, match="neither a run folder nor a checkpoint, and not 'latest'"
    ):
        locate(f"srgan@{tmp_path / 'gone'}")


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(DataError, match=r"has no config\.yaml"):
        locate(str(tmp_path))


def test_a_fixed_method(tmp_path):
    (found,) = locate_all("bicubic", runs=tmp_path)
    assert (found.label, found.path) == ("bicubic", None)


def test_load_opens_what_was_located(runs):
    upscaler = load("srgan", runs=runs)
    assert upscaler.scales == (4,)
    assert upscaler.metadata.phase == "gan"
    assert upscaler.path == Run(runs / "b").checkpoint("gan")
    assert not upscaler.generator.training


def test_the_bench_has_a_row_for_each_phase(runs, tmp_path):
    import json

    from made import picture

    picture(tmp_path / "photos" / "a.png", 40, 40)
    outcome = srtk(
        *("bench", "--models", runs / "a", "--dataset", f"folder:{tmp_path / 'photos'}"),
        *("--metrics", "psnr", "--device", "cpu", "--json", "-q"),
    )
    assert outcome.code == 0, outcome.err
    rows = json.loads(outcome.out)["results"][0]["rows"]
    assert [row["model"] for row in rows] == ["bicubic", "srgan:psnr", "srgan:gan"]


def of_another_distribution(run):
    text = run.config_file.read_text()
    assert "distribution: srtk-srgan" in text
    run.config_file.write_text(text.replace("distribution: srtk-srgan", "distribution: other"))


@pytest.mark.parametrize(
    "name", ["srgan", "srgan:psnr", "srtk-srgan::srgan", "srgan@latest", "SRTK_srgan::srgan"]
)
def test_a_run_of_another_distribution_is_not_taken(tmp_path, name):
    """The newest one is of a model that has nothing but its name in common."""
    for age, run in ((2, "own"), (1, "theirs")):
        made = make_run(tmp_path / run, "psnr", "gan")
        if run == "theirs":
            of_another_distribution(made)
        os.utime(made.config_file, (1e9 - age, 1e9 - age))
    assert locate(name, runs=tmp_path).path.is_relative_to(tmp_path / "own")
    shutil.rmtree(tmp_path / "own")
    with pytest.raises(CheckpointError, match="srtk train srgan"):
        locate(name, runs=tmp_path)


@pytest.mark.parametrize("name", ["srgan", "srtk-srgan::srgan"])
def test_weights_of_another_distribution_are_refused(tmp_path, name):
    run = make_run(tmp_path / "run", "psnr")
    of_another_distribution(run)
    path = save_checkpoint(tmp_path / "m.safetensors", distribution="other")
    for place in (run.path, path):
        with pytest.raises(CheckpointError) as caught:
            locate(f"{name}@{place}")
        assert str(caught.value).endswith(
            "holds weights of the model 'other::srgan', not of 'srtk-srgan::srgan'."
        )


def test_a_run_whose_checkpoint_is_of_another_distribution(tmp_path):
    run = make_run(tmp_path / "run", "psnr")
    save_checkpoint(run.checkpoint("psnr"), distribution="other")
    with pytest.raises(CheckpointError, match="was made by the model 'srgan', not by 'srtk-srgan"):
        load(run.path)


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """Put a checkpoint into the package of srgan's plugin; its SHA-256 can be changed."""
    path = save_checkpoint(tmp_path / "package" / "ours.safetensors")
    (path.parent / "__init__.py").touch()
    entry = registry().find("model", "srgan")

    def publish(sha256):
        weights = WeightsSpec(
            name="ours",
            source=path.name,
            scales=(4,),
            license="Apache-2.0",
            sha256=sha256,
            default=True,
        )
        spec = dataclasses.replace(
            entry.loaded.spec, weights=(weights,), generator="package.generator:build"
        )
        monkeypatch.setitem(vars(entry), "loaded", dataclasses.replace(entry.loaded, spec=spec))
        return path

    monkeypatch.syspath_prepend(str(tmp_path))
    return publish


def test_bundled_weights_come_before_runs(runs, bundled):
    path = bundled("")
    for name in ("srgan", "srgan:ours"):
        assert locate(name, runs=runs).path == path
    assert bundled(file_hash(path).upper()) == locate("srgan", runs=runs).path
    path.unlink()
    assert locate("srgan", runs=runs).path.is_relative_to(runs / "b")


def test_bundled_weights_that_are_not_the_published_ones(runs, bundled):
    bundled("0" * 64)
    with pytest.raises(CheckpointError, match=r"SHA-256 differs\. Reinstall the plugin"):
        locate("srgan", runs=runs)


def test_a_download_of_old_is_not_looked_for(tmp_path, bundled, monkeypatch):
    path = bundled("")
    cached = tmp_path / "cache" / "models" / "srtk-srgan" / path.name
    cached.parent.mkdir(parents=True)
    path.rename(cached)
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path / "cache"))
    with pytest.raises(CheckpointError, match="has no weights here"):
        locate("srgan", runs=tmp_path)
