"""`srtk plugins list`, `srtk models list` and `srtk models show`, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from distributions import MODEL, write_distribution, write_model

from sr_toolkit.spec import KINDS

Srtk = Callable[..., Any]

BROKEN = "raise RuntimeError('no luck\\ntoday')\n"


def test_plugins_list_tells_every_state(site: Path, srtk: Srtk) -> None:
    write_model(site, "bad", "bad", source=BROKEN)
    write_model(site, "newer", "newer", api=(1, 99))
    write_model(site, "left", "twin")
    write_model(site, "right", "twin")
    ended = srtk("plugins", "list", "--json")
    assert (ended.code, ended.err) == (0, "")
    parts = json.loads(ended.out)
    fields = {"name", "kind", "distribution", "version", "state", "cause", "note", "summary"}
    assert all(set(part) == fields for part in parts)
    states = {f"{p['distribution']}::{p['name']}": p["state"] for p in parts if p["version"]}
    assert states["bad::bad"] == "broken"
    assert states["newer::newer"] == "incompatible"
    assert states["left::twin"] == states["right::twin"] == "conflict"
    assert states["srtk-srgan::srgan"] == "ok"
    assert {p["kind"] for p in parts} == set(KINDS)

    shown = srtk("plugins", "list")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0].split() == ["NAME", "KIND", "DISTRIBUTION", "VERSION", "STATE", "CAUSE"]
    assert len(lines) == 1 + len(parts)
    [line] = [line for line in lines if line.startswith("bad ")]
    assert re.fullmatch(r"bad +model +bad +1\.2 +broken +RuntimeError: no luck today", line)


def test_one_broken_plugin_costs_no_other_command(site: Path, srtk: Srtk) -> None:
    write_model(site, "bad", "broken", source=BROKEN)
    listed = srtk("models", "list")
    assert listed.code == 0
    assert "srgan" in listed.out
    assert "RuntimeError: no luck today" in listed.out
    assert srtk("models", "show", "bicubic").code == 0


@pytest.mark.parametrize("words", [("bench", "--models"), ("models", "show"), ("train",)])
def test_asking_for_a_broken_model_gives_its_cause(
    site: Path, srtk: Srtk, words: tuple[str, ...]
) -> None:
    write_model(site, "bad", "broken", source=BROKEN)
    ended = srtk(*words, "broken")
    assert ended.code == 1
    assert ended.out == ""
    assert "The model 'broken' of bad 1.2 is broken: RuntimeError: no luck today. " in ended.err


def test_a_conflict_asks_for_the_distribution(site: Path, srtk: Srtk) -> None:
    write_model(site, "left", "twin")
    write_model(site, "right", "twin")
    names = {model["name"] for model in json.loads(srtk("models", "list", "--json").out)}
    assert {"left::twin", "right::twin", "bicubic", "srgan"} <= names
    ended = srtk("models", "show", "twin")
    assert ended.code == 1
    assert "'left::twin' or 'right::twin'" in ended.err


def test_a_spec_whose_code_exits_is_one_sentence(site: Path, srtk: Srtk) -> None:
    write_model(site, "sudden", "sudden")
    (site / "plugin_sudden_network.py").write_text("import sys\nsys.exit(0)\n")
    ended = srtk("models", "show", "sudden")
    assert ended.code == 1
    assert "Cannot import 'plugin_sudden_network:Config': SystemExit: 0." in ended.err


def test_strict_mode_stops_with_a_sentence(
    site: Path, srtk: Srtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(site, "bad", "broken", source=BROKEN)
    monkeypatch.setenv("SRTK_STRICT_PLUGINS", "1")
    ended = srtk("models", "list")
    assert ended.code == 1
    assert ended.err.startswith("Error: SRTK_STRICT_PLUGINS=1: the model 'broken' of bad is broken")
    assert "Traceback" not in ended.err
    assert srtk("--version").code == 0


def test_models_list(site: Path, srtk: Srtk) -> None:
    write_model(site, "free", "free", source=MODEL.replace("(2, 4)", "None"))
    models = {model["name"]: model for model in json.loads(srtk("models", "list", "--json").out)}
    srgan = models["srgan"]
    assert set(srgan) == {"name", "scales", "distribution", "state", "summary", "recipes"}
    assert srgan["scales"] == [2, 3, 4, 8]
    assert srgan["distribution"] == "srtk-srgan"
    assert {"quick", "paper"} <= set(srgan["recipes"])
    assert models["free"]["scales"] == models["free"]["recipes"] == []
    lines = srtk("models", "list").out.splitlines()
    assert lines[0].split() == ["NAME", "SCALES", "DISTRIBUTION", "STATE", "SUMMARY"]
    assert [line.split()[0] for line in lines[1:]] == list(models)


def srresnet_parameters(scale: int) -> int:
    """Count the generator of Ledig et al. 2017, figure 4, by hand.

    k9n64s1 and PReLU; 16 blocks of two k3n64s1 with batch norm and one PReLU; k3n64s1 with batch
    norm; a k3n256s1, shuffle and PReLU for each doubling (k3n576s1 for ×3); k9n3s1. A convolution
    before batch norm has no bias of its own; a PReLU has one slope, batch norm two values a
    channel.
    """
    norm, slope = 2 * 64, 1
    first = 9 * 9 * 3 * 64 + 64 + slope
    block = 2 * (3 * 3 * 64 * 64 + norm) + slope
    middle = 3 * 3 * 64 * 64 + norm
    factors = {2: [2], 3: [3], 4: [2, 2], 8: [2, 2, 2]}[scale]
    upsampling = sum((3 * 3 * 64 + 1) * 64 * factor**2 + slope for factor in factors)
    last = 9 * 9 * 64 * 3 + 3
    return first + 16 * block + middle + upsampling + last


def test_models_show(site: Path, srtk: Srtk) -> None:
    card = json.loads(srtk("models", "show", "srgan", "--json").out)
    assert card["name"] == "srgan"
    assert card["license"] == "Apache-2.0"
    assert "arxiv.org/abs/1609.04802" in card["paper"]
    assert {field["path"] for field in card["config"]} >= {"variant", "blocks", "features"}
    sizes = {(row["variant"], row["scale"]): row["parameters"] for row in card["sizes"]}
    assert sizes["msrresnet", 4] == 1_517_571  # as published with BasicSR's MSRResNet ×4
    for scale in (2, 3, 4, 8):
        assert sizes["srresnet", scale] == srresnet_parameters(scale)

    shown = srtk("models", "show", "srgan")
    assert (shown.code, shown.err) == (0, "")
    assert re.search(r"msrresnet +×4 +1,517,571 ", shown.out)
    assert re.search(rf"srresnet +×4 +{srresnet_parameters(4):,} ", shown.out)
    for word in ("quick", "paper", "blocks", "1609.04802", *card["recipes"].values()):
        assert word in shown.out
    assert srtk("models", "show", "SRTK_srgan::srgan", "--json").code == 0


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_an_unknown_model_is_one_sentence(site: Path, srtk: Srtk, flags: tuple[str, ...]) -> None:
    ended = srtk("models", "show", "srgna", *flags)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: Unknown model 'srgna'. Did you mean 'srgan'")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("verb", ["check", "show", "doctor", "disable"])
def test_a_group_that_is_none_of_ours_is_told(site: Path, srtk: Srtk, verb: str) -> None:
    write_distribution(site, "mistyped", points={"srtk.model": {"mistyped": "plugin:SPEC"}})
    ended = srtk("plugins", verb, "mistyped")
    assert ended.code == 1
    assert "'mistyped' is installed, but the entry-point group 'srtk.model' is none of" in ended.err
    assert "Did you mean 'srtk.models'" in ended.err
