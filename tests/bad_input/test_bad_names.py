"""Names and values that are wrong: refused before anything is computed or written."""

import pytest
from made import make_run, picture, save_checkpoint, srtk, train, tree


@pytest.fixture
def photos(tmp_path):
    for number in range(3):
        picture(tmp_path / "photos" / f"{number}.png", 40, 40)
    return tmp_path / "photos"


@pytest.fixture
def weights(tmp_path):
    return save_checkpoint(tmp_path / "tiny.safetensors")


def refused(folder, *arguments) -> str:
    """Run a command that must be refused and leave `folder` as it was."""
    before = tree(folder)
    sentence = srtk(*arguments).sentence()
    assert tree(folder) == before
    return sentence


def refused_training(folder, *arguments) -> str:
    sentence = train(*arguments, out=folder / "run").sentence()
    assert not (folder / "run").exists()
    return sentence


@pytest.mark.parametrize("verb", ["upscale", "bench", "train", "export"])
def test_unknown_model(tmp_path, photos, verb):
    commands = {
        "upscale": ("upscale", photos, "-o", tmp_path / "out", "--model", "sgran"),
        "bench": ("bench", "--models", "sgran", "-o", tmp_path / "out"),
        "train": ("train", "sgran", "-o", tmp_path / "out"),
        "export": ("export", "sgran", "-o", tmp_path / "out.onnx"),
    }
    sentence = refused(tmp_path, *commands[verb])
    assert sentence.startswith("Unknown model 'sgran'. Did you mean 'srgan' or 'esrgan'?")


@pytest.mark.parametrize("verb", ["bench", "train"])
def test_unknown_dataset(tmp_path, weights, verb):
    if verb == "train":
        sentence = refused_training(tmp_path, "--data", "sampel")
    else:
        sentence = refused(tmp_path, "bench", "--models", weights, "--dataset", "sampel")
    assert sentence == "Unknown dataset 'sampel'. Did you mean 'sample'?"


def test_a_folder_given_as_a_dataset_is_told_its_prefix(photos, weights):
    sentence = srtk("bench", "--models", weights, "--dataset", photos).sentence()
    assert f"write folder:{photos}" in sentence


def test_unknown_preset(tmp_path):
    sentence = refused_training(tmp_path, "--preset", "quik")
    assert sentence == "Unknown preset 'quik'. Did you mean 'quick'? It is no preset of srgan."


def test_unknown_metric(tmp_path, photos, weights):
    sentence = refused(
        tmp_path, "bench", "--models", weights, "--dataset", f"folder:{photos}", "--metrics", "pnsr"
    )
    assert sentence == "Unknown metric 'pnsr'. Did you mean 'psnr'?"


def test_unknown_protocol(tmp_path, photos, weights):
    sentence = refused(
        tmp_path, "bench", "--models", weights, "--dataset", f"folder:{photos}", "--protocol", "yy"
    )
    assert sentence.startswith("Unknown protocol 'yy'.")


def test_unknown_lr(tmp_path, weights):
    assert "'found'" in refused(tmp_path, "bench", "--models", weights, "--lr", "found")


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("phases.psnr.stepps=3", ("phases.psnr.stepps", "steps")),
        ("phases.pnsr.steps=3", ("pnsr", "psnr")),
        ("generator.blokcs=3", ("generator.blokcs", "blocks")),
        ("precison=fp32", ("precison", "precision")),
        ("phases.psnr.steps=many", ("phases.psnr.steps", "many")),
        ("phases.psnr.steps=0", ("phases.psnr", "above 0", "0")),
        ("phases.psnr.batch=2.5", ("phases.psnr.batch", "2.5")),
        ("phases.psnr.augment=perhaps", ("phases.psnr.augment", "perhaps")),
        ("phases.psnr.optimizer.name=lion", ("phases.psnr.optimizer.name", "lion", "adam")),
        ("generator.blocks=four", ("generator.blocks", "four")),
        ("generator.blocks=0", ("generator", "blocks", "0")),
        ("phases.psnr.losses.l3.weight=1", ("l3",)),
        ("phases.psnr.crop=18", ("phases.psnr.crop", "18", "4")),
        ("phases.psnr.steps", ("phases.psnr.steps",)),
    ],
)
def test_settings_that_do_not_fit(tmp_path, photos, setting, parts):
    sentence = refused_training(tmp_path, "--data", f"folder:{photos}", "--set", setting)
    for part in parts:
        assert part in sentence, sentence


@pytest.mark.parametrize("verb", ["train", "bench", "upscale"])
def test_a_scale_that_is_not_offered(tmp_path, photos, weights, verb):
    if verb == "train":
        sentence = refused_training(tmp_path, "--data", f"folder:{photos}", "--scale", "5")
        assert sentence == "The model 'srgan' offers ×2, ×3, ×4, ×8, not ×5."
        return
    commands = {
        "bench": ("bench", "--models", weights, "--scale", "3", "-o", tmp_path / "out"),
        "upscale": ("upscale", photos, "-o", tmp_path / "o", "--model", weights, "--scale", "3"),
    }
    sentence = refused(tmp_path, *commands[verb])
    assert sentence.startswith(
        f"'{tmp_path.name}/tiny' serves ×4, not ×3; give --scale one of these"
    )


def test_a_fixed_method_at_a_scale_that_it_does_not_offer(tmp_path, photos):
    command = ("upscale", photos, "-o", tmp_path / "o", "--model", "bicubic", "--scale", "5")
    assert "not ×5" in refused(tmp_path, *command)


@pytest.mark.parametrize("text", ["0", "-2", "2.5", "four", ""])
def test_a_scale_that_is_no_whole_number(tmp_path, photos, text):
    outcome = srtk("upscale", photos, "-o", tmp_path / "o", "--scale", text)
    assert outcome.code == 2
    assert f"--scale takes a whole number such as 4, not '{text}'." in outcome.err


def test_a_fixed_method_cannot_be_trained(tmp_path):
    assert "nothing to train" in refused(tmp_path, "train", "bicubic", "-o", tmp_path / "out")


@pytest.mark.parametrize("device", ["cuda", "cuda:7"])
def test_a_device_that_is_not_here(tmp_path, photos, weights, monkeypatch, device):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    here = ("--device", device)
    sentences = [
        refused(tmp_path, "upscale", photos, "-o", tmp_path / "o", "--model", weights, *here),
        refused(tmp_path, "bench", "--models", weights, *here),
        refused_training(tmp_path, *here),
    ]
    for sentence in sentences:
        assert sentence.startswith(f"The device '{device}' is not available here; use --device cpu")


@pytest.mark.parametrize(("device", "start"), [("gpu", "Unknown device 'gpu'"), ("meta", "The")])
def test_an_unknown_device(tmp_path, photos, weights, device, start):
    command = ("upscale", photos, "-o", tmp_path / "o", "--model", weights, "--device", device)
    sentence = refused(tmp_path, *command)
    assert sentence.startswith(start)
    assert "try cpu" in sentence


@pytest.mark.parametrize("precision", ["fp8", "half"])
def test_an_unknown_precision(tmp_path, photos, weights, precision):
    command = ("upscale", photos, "-o", tmp_path / "o", "--model", weights, "--device", "cpu")
    sentence = refused(tmp_path, *command, "--precision", precision)
    assert precision in sentence
    assert "bf16" in sentence


def test_a_data_root_that_is_missing(tmp_path, weights):
    gone = tmp_path / "gone"
    sentence = refused(
        tmp_path, "bench", "--models", weights, "--dataset", "set5", "--data-root", gone
    )
    assert f"The data root '{gone}' is no folder; give --data-root" in sentence
    assert f"'{gone}'" in refused_training(tmp_path, "--data", "div2k", "--data-root", gone)


def test_a_dataset_that_the_data_root_lacks(tmp_path, weights):
    (tmp_path / "root").mkdir()
    sentence = refused(
        tmp_path,
        "bench",
        "--models",
        weights,
        "--dataset",
        "set5",
        "--data-root",
        tmp_path / "root",
    )
    assert f"The dataset 'set5' was not found; looked for a folder Set5 in '{tmp_path}" in sentence
    assert "--data-root" in sentence


def test_options_beside_resume_are_refused(tmp_path):
    run = make_run(tmp_path / "run")
    outcome = srtk("train", "--resume", run.path, "--seed", "3")
    assert outcome.code == 2
    assert "leave --seed out" in outcome.err


def test_debug_shows_the_traceback(tmp_path, weights):
    """Without --debug a sentence; with it the exception itself leaves `main`."""
    from sr_toolkit.errors import ImageError

    command = ("upscale", tmp_path / "gone.png", "-o", tmp_path / "o.png", "--model", weights)
    assert srtk(*command).sentence() == (
        f"'{tmp_path / 'gone.png'}' does not exist; give an image file or a folder."
    )
    with pytest.raises(ImageError):
        srtk(*command, "--debug")


def test_a_fault_of_ours_is_told_from_a_fault_of_the_user(tmp_path, weights, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("one over nothing")

    monkeypatch.setattr("sr_toolkit.upscaling.files.plan_jobs", broken)
    outcome = srtk("upscale", tmp_path, "-o", tmp_path / "o", "--model", weights)
    assert outcome.code == 70
    assert outcome.err.startswith("Internal error: ZeroDivisionError: one over nothing. Run again")
    assert "Traceback" not in outcome.err


def test_a_setting_that_is_no_yaml(tmp_path):
    outcome = train("--set", "generator.blocks=[1", out=tmp_path / "run")
    # What the YAML parser says follows, and ends as it ends.
    assert outcome.sentence(ends=("",)).startswith("The value '[1' is not valid YAML: ")
    assert not (tmp_path / "run").exists()
