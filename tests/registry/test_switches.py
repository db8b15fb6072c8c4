"""`srtk plugins disable`, `enable` and `show DIST`, and the settings that they write."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from distributions import MODEL, write_distribution, write_model

from sr_toolkit.config.user import read_user_config, user_config_file
from sr_toolkit.errors import ConfigError, PluginError
from sr_toolkit.registry import Registry

Srtk = Callable[..., Any]


def states(srtk: Srtk) -> dict[str, str]:
    parts = json.loads(srtk("plugins", "list", "--json").out)
    return {f"{part['distribution']}::{part['name']}": part["state"] for part in parts}


def test_a_disabled_distribution_is_listed_and_not_imported(site: Path, srtk: Srtk) -> None:
    write_model(site, "Acme-SR", "acme")
    ended = srtk("plugins", "disable", "acme_sr")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Acme-SR is disabled (")
    assert yaml.safe_load(user_config_file().read_text()) == {"disabled": ["Acme-SR"]}
    assert states(srtk)["Acme-SR::acme"] == "disabled"
    assert "plugin_Acme_SR" not in sys.modules
    for words in (("models", "show", "acme"), ("train", "Acme-SR::acme")):
        asked = srtk(*words)
        assert asked.code == 1
        assert "is disabled; run 'srtk plugins enable Acme-SR' first." in asked.err
    again = srtk("plugins", "disable", "acme-sr")
    assert (again.code, again.out) == (0, "Acme-SR is disabled already.\n")

    assert srtk("plugins", "enable", "ACME.sr").code == 0
    assert states(srtk)["Acme-SR::acme"] == "ok"
    again = srtk("plugins", "enable", "acme-sr")
    assert (again.code, again.out) == (0, "Acme-SR is enabled already.\n")
    assert yaml.safe_load(user_config_file().read_text()) == {"disabled": []}


def test_who_is_disabled_takes_no_name_from_others(site: Path, srtk: Srtk) -> None:
    write_model(site, "left", "twin")
    write_model(site, "right", "twin", source=MODEL.replace("A model", "Another model"))
    with pytest.raises(PluginError, match="offered by 2"):
        Registry.scan().model("twin")
    srtk("plugins", "disable", "left")
    assert Registry.scan().model("twin").summary == "Another model of the tests."
    assert states(srtk)["right::twin"] == "ok"
    with pytest.raises(PluginError, match="is disabled"):
        Registry.scan().model("left::twin")
    srtk("plugins", "disable", "right")
    with pytest.raises(PluginError, match="write 'left::twin' or 'right::twin'"):
        Registry.scan().model("twin")


def test_what_cannot_be_disabled(site: Path, srtk: Srtk) -> None:
    write_model(site, "acme-sr", "acme")
    core = srtk("plugins", "disable", "SR_toolkit")
    assert core.code == 1
    assert "'sr-toolkit' cannot be disabled" in core.err
    unknown = srtk("plugins", "disable", "acme-rs")
    assert unknown.code == 1
    assert "Unknown distribution 'acme-rs'. Did you mean 'acme-sr'?" in unknown.err
    assert not user_config_file().exists()
    user_config_file().write_text("disabled: [sr-toolkit]\n")  # by hand: of no effect
    assert states(srtk)["sr-toolkit::bicubic"] == "ok"


def test_one_that_was_uninstalled_can_be_enabled(site: Path, srtk: Srtk) -> None:
    user_config_file().write_text("disabled: [long-gone]\n")
    assert srtk("plugins", "list").code == 0
    assert srtk("plugins", "enable", "Long_Gone").code == 0
    assert read_user_config().disabled == ()
    assert srtk("plugins", "enable", "Long_Gone").code == 1


def test_strict_mode_and_the_limit_by_variable_go_on(
    site: Path, srtk: Srtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(site, "bad", "bad", source="raise RuntimeError('no')\n")
    srtk("plugins", "disable", "bad")
    monkeypatch.setenv("SRTK_STRICT_PLUGINS", "1")
    assert srtk("models", "list").code == 0
    monkeypatch.setenv("SRTK_PLUGINS", "bad")
    assert {key.partition("::")[0] for key in states(srtk)} == {"sr-toolkit", "bad"}


DAMAGED = {
    "no yaml": ("disabled: [\n", "is not valid YAML"),
    "unknown key": ("disable: [a]\n", "Unknown key 'disable'. Did you mean 'disabled'?"),
    "wrong type": ("disabled: 3\n", "'disabled'"),
    "no mapping": ("- a\n", "list in place of keys and values"),
    "no text": (b"\xff\xfe\x00", "codec can't decode"),
}


@pytest.mark.parametrize(("text", "said"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_settings_are_a_sentence_that_names_them(
    site: Path, srtk: Srtk, text: str | bytes, said: str
) -> None:
    path = user_config_file()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    ended = srtk("models", "list")
    assert (ended.code, ended.out) == (1, "")
    assert f"The settings in '{path}' cannot be taken; " in ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err
    for words in (("--help",), ("--version",), ("plugins", "--help")):
        assert srtk(*words).code == 0
    with pytest.raises(ConfigError):
        read_user_config()
    refused = srtk("plugins", "disable", "srtk-srgan")
    assert refused.code == 1
    written = text if isinstance(text, bytes) else text.encode()
    assert path.read_bytes() == written  # a damaged file is never overwritten


def test_settings_that_are_empty_are_none(site: Path, srtk: Srtk) -> None:
    user_config_file().write_text("# nothing yet\n")
    assert read_user_config().disabled == ()
    assert srtk("models", "list").code == 0


def test_a_folder_that_refuses_is_a_sentence(
    site: Path, srtk: Srtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(site, "acme-sr", "acme")
    (site / "file").write_text("")
    monkeypatch.setenv("SRTK_CONFIG", str(site / "file" / "settings"))
    ended = srtk("plugins", "disable", "acme-sr")
    assert ended.code == 1
    assert "Cannot write '" in ended.err


def test_the_settings_lie_where_the_system_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SRTK_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/some/where")
    monkeypatch.setattr(sys, "platform", "linux")
    assert user_config_file() == Path("/some/where/srtk/config.yaml")


def test_a_distribution_is_shown(site: Path, srtk: Srtk) -> None:
    write_model(site, "acme-sr", "acme")
    with (site / "acme_sr-1.2.dist-info" / "METADATA").open("a") as stream:
        stream.write("License-Expression: MIT\nRequires-Dist: no-such-thing>=2\n")
    told = json.loads(srtk("plugins", "show", "Acme_sr", "--json").out)
    assert told["name"] == "acme-sr"
    assert (told["version"], told["license"], told["disabled"]) == ("1.2", "MIT", False)
    assert told["place"] == str(site.resolve())
    assert [need["state"] for need in told["requirements"]] == ["missing"]
    assert [(part["kind"], part["name"], part["state"]) for part in told["parts"]] == [
        ("model", "acme", "ok")
    ]
    shown = srtk("plugins", "show", "acme-sr")
    assert shown.code == 0
    for word in ("acme-sr 1.2", "license: MIT", "no-such-thing>=2", "A model of the tests."):
        assert word in shown.out
    srtk("plugins", "disable", "acme-sr")
    assert srtk("plugins", "show", "acme-sr").out.startswith("acme-sr 1.2  (disabled)\n")


def test_a_part_is_shown_as_before_and_a_bare_one_is_pointed_to(site: Path, srtk: Srtk) -> None:
    assert srtk("plugins", "show", "loss", "vgg").out.startswith("vgg  (sr-toolkit ")
    ended = srtk("plugins", "show", "vgg")
    assert ended.code == 1
    for way in ("discriminator vgg", "loss vgg", "sr-toolkit"):
        assert f"'srtk plugins show {way}'" in ended.err
    assert "'srtk models show srgan'" in srtk("plugins", "show", "srgan").err
    assert srtk("plugins", "show", "loss").code == 2
    assert srtk("plugins", "show", "los", "vgg").code == 2
    assert "Did you mean 'srtk-srgan'" in srtk("plugins", "show", "srtk-srgn").err


def test_a_distribution_of_two_kinds(site: Path, srtk: Srtk) -> None:
    source = (
        "from sr_toolkit.api import ComponentSpec\n"
        "LOSS = ComponentSpec(api=(1, 0), summary='A loss.', factory='a:b', config='a:c')\n"
    )
    points = {"srtk.losses": {"one": "two_kinds:LOSS"}, "srtk.metrics": {"two": "two_kinds:LOSS"}}
    write_distribution(site, "two-kinds", points=points, modules={"two_kinds": source})
    told = json.loads(srtk("plugins", "show", "two-kinds", "--json").out)
    assert [(part["kind"], part["summary"]) for part in told["parts"]] == [
        ("loss", "A loss."),
        ("metric", "A loss."),
    ]
