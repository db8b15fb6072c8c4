"""Push, pull and use: the hub's own client against the stand-in."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from huggingface_hub import ModelCard, constants
from made import make_run, picture, pixels, save_checkpoint, srtk, train, tree
from standin import TOKEN, Hub

import sr_toolkit as sr
from sr_toolkit.errors import HubError
from sr_toolkit.hub.fetching import fetch
from sr_toolkit.hub.reference import Reference
from sr_toolkit.upscaling.locate import locate

NAME = "user/tiny-x4"


def push(weights: Path, *words: object) -> str:
    """Push a checkpoint by the command line; return the reference that it prints."""
    done = srtk("hub", "push", weights, NAME, "--device", "cpu", *words)
    assert done.code == 0, done.err
    return done.out.strip()


def test_what_is_pushed_and_pulled_upscales_as_before(
    hub: Hub, weights: Path, tmp_path: Path
) -> None:
    reference = push(weights)
    repository = hub.repositories[NAME]
    assert reference == f"hf:{NAME}@{repository.branches['main']}"
    files = repository.commits[repository.branches["main"]]
    assert files["model.safetensors"] == weights.read_bytes()
    assert repository.messages[-1] == "Upload by sr-toolkit"
    pulled = srtk("hub", "pull", NAME, "--json")
    assert pulled.code == 0, pulled.err
    told = json.loads(pulled.out)
    assert told["reference"] == reference
    assert told["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert Path(told["path"]).read_bytes() == weights.read_bytes()
    here = {path.name for path in Path(told["path"]).parent.iterdir()}
    assert here == {"README.md", "config.json", "model.safetensors", "strip.png"}
    image = pixels(20, 24)
    before = sr.load(weights, device="cpu").upscale(image)
    for found in (
        sr.load(reference, device="cpu"),
        sr.from_pretrained(NAME, device="cpu"),
        sr.from_pretrained(NAME, revision=reference.partition("@")[2], device="cpu"),
    ):
        assert np.array_equal(found.upscale(image), before)
    shown = picture(tmp_path / "photo.png", 20, 24)
    for model, out in ((f"hf:{NAME}", "hub.png"), (str(weights), "file.png")):
        done = srtk("upscale", shown, "-o", tmp_path / out, "--model", model, "--device", "cpu")
        assert done.code == 0, done.err
    assert (tmp_path / "hub.png").read_bytes() == (tmp_path / "file.png").read_bytes()


def test_a_commit_is_a_pin_and_a_branch_moves(hub: Hub, weights: Path) -> None:
    first = push(weights)
    other = save_checkpoint(weights.with_name("other.safetensors"), 2, license="MIT")
    second = push(other)
    assert first != second
    assert sr.load(first, device="cpu").scales == (4,)
    assert sr.load(second, device="cpu").scales == (2,)
    assert sr.load(f"hf:{NAME}", device="cpu").scales == (2,)
    asked = len(hub.log)
    assert locate(first).path is not None
    assert len(hub.log) == asked, "a commit in the cache needs no question"
    assert locate(f"hf:{NAME}").source == f"hub {NAME}, commit {second.partition('@')[2][:12]}"


def test_a_branch_of_its_own(hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    push(weights)
    other = save_checkpoint(weights.with_name("other.safetensors"), 2, license="MIT")
    push(other, "--revision", "two/times", "--message", "Half the way")
    assert hub.repositories[NAME].messages[-1] == "Half the way"
    assert sr.from_pretrained(NAME, revision="two/times", device="cpu").scales == (2,)
    assert sr.from_pretrained(NAME, device="cpu").scales == (4,)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert sr.load(f"hf:{NAME}@two/times", device="cpu").scales == (2,)
    assert sr.load(f"hf:{NAME}", device="cpu").scales == (4,)


def test_offline_takes_what_was_fetched_last(
    hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(weights)
    fetch(Reference.parse(NAME))
    push(save_checkpoint(weights.with_name("other.safetensors"), 2, license="MIT"))
    asked = len(hub.log)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    found = locate(f"hf:{NAME}")
    assert found.path is not None
    assert found.path.read_bytes() == weights.read_bytes()
    assert "HF_HUB_OFFLINE is set" in found.source
    with pytest.raises(HubError, match="is not in the hub's cache, and HF_HUB_OFFLINE is set"):
        locate("hf:user/never-seen")
    with pytest.raises(HubError, match=r"Nothing was pushed .* HF_HUB_OFFLINE is set"):
        sr.push_to_hub(weights, NAME, device="cpu")
    assert len(hub.log) == asked


def test_without_a_network_the_cache_serves(
    hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(weights)
    fetch(Reference.parse(NAME))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    fetched = fetch(Reference.parse(NAME))
    assert fetched.path.read_bytes() == weights.read_bytes()
    assert "cannot be reached" in fetched.offline
    with pytest.raises(HubError, match="not in the hub's cache, and the hub cannot be reached"):
        fetch(Reference.parse("user/never-seen"))


def test_the_card_says_what_there_is_to_know(hub: Hub, tmp_path: Path) -> None:
    run = make_run(tmp_path / "mine", "psnr", "gan")
    path = save_checkpoint(
        run.checkpoint("gan"),
        phase="gan",
        steps=2000,
        preset="quick",
        recipe=run.config["recipe"],
        data="div2k",
        scores={"validation/psnr": 27.125},
    )
    judge = run.discriminator("gan")
    save_checkpoint(judge, role="discriminator")
    benched = tmp_path / "bench"
    done = srtk(
        *("bench", "--models", f"{run.path}:gan,{run.path}:psnr", "--dataset", "sample"),
        *("--metrics", "psnr,ssim", "--no-cost", "--device", "cpu", "-o", benched),
    )
    assert done.code == 0, done.err
    push(run.path, "--license", "GPL-3.0-or-later", "--results", benched)
    files = hub.repositories[NAME].commits[hub.repositories[NAME].branches["main"]]
    assert files["discriminator.safetensors"] == judge.read_bytes()
    assert yaml.safe_load(files["recipe.yaml"]) == run.config["recipe"]
    card = ModelCard(files["README.md"].decode())
    front = card.data.to_dict()
    assert front["license"] == "gpl-3.0"
    assert front["library_name"] == "sr-toolkit"
    assert front["pipeline_tag"] == "image-to-image"
    assert front["tags"] == ["super-resolution", "srgan", "x4"]
    assert front["metrics"] == ["psnr", "ssim"]
    table = json.loads((benched / "results.json").read_text())["results"][0]
    own = next(row for row in table["rows"] if row["model"] == "srgan:gan")
    measured = {e.metric_type: e.metric_value for e in card.data.eval_results}
    assert measured == {name: pytest.approx(own["mean"][name], abs=1e-6) for name in measured}
    assert {e.dataset_config for e in card.data.eval_results} == {"x4, protocol y, LR made"}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for words in (
        "GPL-3.0-or-later",
        "div2k",
        "academic research",  # the terms of DIV2K, out of the catalog
        "2,000",
        "psnr 27.125",
        table["protocol_text"],
        f"| tiny-x4 | {own['mean']['psnr']:.4f} |",
        sha256,
        "strip.png",
        f"hf:{NAME}",
    ):
        assert words in card.text, words
    published = files["results.json"].decode()
    assert str(tmp_path) not in published, "no path of this machine is published"
    labels = [row["model"] for row in json.loads(published)["results"][0]["rows"]]
    assert labels == ["bicubic", "tiny-x4"]
    config = json.loads(files["config.json"])
    assert (config["model"], config["scales"], config["sha256"]) == ("srgan", [4], sha256)
    assert config["config"]["features"] == 8


def test_a_dry_run_writes_the_folder_and_asks_nobody(
    hub: Hub, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    out = tmp_path / "card"
    words = ("hub", "push", weights, NAME, "--device", "cpu", "--dry-run", "-o", out)
    done = srtk(*words)
    assert done.code == 0, done.err
    assert done.out.strip() == str(out)
    assert hub.log == []
    assert set(tree(out)) == {"README.md", "config.json", "model.safetensors", "strip.png"}
    assert "exists already" in srtk(*words).sentence()
    assert srtk(*words, "--overwrite").code == 0


def test_another_programs_repository_is_recognized(hub: Hub, weights: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    foreign = tmp_path / "srresnet.safetensors"
    converted = srtk("convert", weights, tmp_path / "msr.pth")
    assert converted.code == 0, converted.err
    state = torch.load(tmp_path / "msr.pth", weights_only=True)
    save_file(state["params_ema"], foreign)
    hub.make("else/where", {"net_g.safetensors": foreign.read_bytes(), "README.md": b"hello"})
    image = pixels(16, 16)
    wanted = sr.load(weights, device="cpu").upscale(image)
    for name in ("hf:else/where", "hf:else/where:net_g.safetensors", "srgan@hf:else/where"):
        assert np.array_equal(sr.load(name, device="cpu").upscale(image), wanted), name


def test_pull_copies_the_weights_on_request(hub: Hub, weights: Path, tmp_path: Path) -> None:
    push(weights)
    out = tmp_path / "copy.safetensors"
    assert srtk("hub", "pull", NAME, "-o", out).code == 0
    assert out.read_bytes() == weights.read_bytes()
    assert "exists already" in srtk("hub", "pull", NAME, "-o", out).sentence()


def test_every_verb_that_names_a_model_takes_one_of_the_hub(
    hub: Hub, weights: Path, tmp_path: Path
) -> None:
    name = push(weights)
    cpu = ("--device", "cpu")
    commands = (
        ("models", "show", name),
        ("bench", "--models", name, "--dataset", "sample", "--metrics", "psnr", "--no-cost", *cpu),
        ("convert", name, tmp_path / "for-others.pth"),
        ("interpolate", name, weights, "--alpha", "0.5", "-o", tmp_path / "mid.safetensors"),
        (
            "strip",
            picture(tmp_path / "hr.png", 64, 64),
            "--models",
            name,
            *cpu,
            "-o",
            tmp_path / "s.png",
        ),
    )
    for words in commands:
        done = srtk(*words)
        assert done.code == 0, (words, done.err)


@pytest.mark.slow
def test_a_training_begins_from_the_hub(hub: Hub, weights: Path, tmp_path: Path) -> None:
    name = push(weights)
    done = train("--from", name, "--data", "sample", "--phases", "psnr", out=tmp_path / "run")
    assert done.code == 0, done.err
    config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert config["start"]["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_the_token_stays_with_the_hub(hub: Hub, weights: Path, home: Path) -> None:
    push(weights)
    fetch(Reference.parse(NAME))
    storage = hub.asked(" /storage/")
    assert {request.method for request in storage} == {"PUT", "GET"}
    assert all(request.token == "" for request in storage)
    assert all(request.token == TOKEN for request in hub.asked("/api/models/.*/commit/"))
    assert all(TOKEN.encode() not in data for data in tree(home).values())
