"""Discovery on real distributions: every way a plugin can be wrong, and none that costs others."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from distributions import MODEL, write_distribution, write_model

from sr_toolkit.errors import PluginError, UnknownNameError, suggest
from sr_toolkit.registry import Entry, Registry, import_object
from sr_toolkit.spec import KINDS, PLUGIN_API


def entry(name: str, kind: str = "model") -> Entry:
    """Return the one entry of this name, whatever its state."""
    [found] = [e for e in Registry.scan().entries(kind) if e.name == name]
    return found


def test_a_sound_plugin_is_found_with_its_distribution(site: Path) -> None:
    write_model(site, "Fine_Models", "fine")
    found = entry("fine")
    assert (found.state, found.cause, found.note) == ("ok", "", "")
    assert (found.distribution, found.version) == ("Fine_Models", "1.2")
    assert Registry.scan().model("fine").summary == "A model of the tests."


def test_discovery_imports_no_plugin(site: Path) -> None:
    write_model(site, "untouched", "untouched", source="raise RuntimeError('imported')\n")
    scanned = Registry.scan()
    assert "untouched" in scanned.names("model")
    assert "plugin_untouched" not in sys.modules


BROKEN = {
    "raises": ("raise RuntimeError('no luck\\ntoday.')\n", "RuntimeError: no luck today"),
    "raises nothing to say": ("raise RuntimeError\n", "RuntimeError"),
    "exits": ("import sys\nsys.exit('good bye')\n", "SystemExit: good bye"),
    "exits silently": ("import sys\nsys.exit()\n", "SystemExit"),
    "cancels": ("import asyncio\nraise asyncio.CancelledError\n", "CancelledError"),
    "syntax": ("def (:\n", "SyntaxError: invalid syntax"),
    "missing import": ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named"),
    "missing attribute": ("OTHER = 1\n", "AttributeError: module 'plugin_bad' has no attribute"),
    "wrong type": ("SPEC = {'api': (1, 0)}\n", "is a dict; the group 'srtk.models' takes"),
    "unbuilt spec": ("from sr_toolkit.api import ModelSpec as SPEC\n", "is a type; the group"),
    "component as model": (
        "from sr_toolkit.api import ComponentSpec\n"
        "SPEC = ComponentSpec(api=(1, 0), summary='', factory='a:b', config='a:c')\n",
        "is a ComponentSpec; the group 'srtk.models' takes a ModelSpec",
    ),
    "unknown argument": (
        "from sr_toolkit.api import ModelSpec\nSPEC = ModelSpec(colour=1)\n",
        "unexpected keyword argument 'colour'",
    ),
}


@pytest.mark.parametrize(("source", "cause"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_is_listed_with_its_cause(site: Path, source: str, cause: str) -> None:
    write_model(site, "bad", "bad", source=source)
    write_model(site, "good", "good")
    found = entry("bad")
    assert found.state == "broken"
    assert cause in found.cause
    assert "\n" not in found.cause
    with pytest.raises(PluginError) as caught:
        Registry.scan().model("bad")
    assert str(caught.value).startswith(f"The model 'bad' of bad 1.2 is broken: {found.cause}. ")
    assert "correct, reinstall or remove the plugin 'bad'" in str(caught.value)
    assert ".." not in str(caught.value)
    assert entry("good").state == "ok"


def test_ctrl_c_during_discovery_is_not_a_broken_plugin(site: Path) -> None:
    write_model(site, "slow", "slow", source="raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        _ = entry("slow").state


def test_an_entry_point_to_a_missing_module(site: Path) -> None:
    points = {"srtk.models": {"gone": "gone_for_good:SPEC"}, "srtk.losses": {"odd": "!?"}}
    write_distribution(site, "gone", points=points)
    assert entry("gone").cause == "ModuleNotFoundError: No module named 'gone_for_good'"
    assert entry("odd", "loss").state == "broken"


MAJOR, MINOR = PLUGIN_API


@pytest.mark.parametrize(
    ("api", "state"),
    [
        ((MAJOR, MINOR), "ok"),
        ((MAJOR, 0), "ok"),
        ((MAJOR, MINOR + 1), "incompatible"),
        ((MAJOR + 1, 0), "incompatible"),
        ((MAJOR - 1, MINOR), "incompatible"),
        ("10", "broken"),
        ((1,), "broken"),
        ((1.0, 0), "broken"),
        (None, "broken"),
    ],
)
def test_the_plugin_api_decides(site: Path, api: object, state: str) -> None:
    write_model(site, "dated", "dated", api=api)
    found = entry("dated")
    assert found.state == state
    if state == "ok":
        found.require()
        return
    if state == "incompatible":
        assert isinstance(api, tuple)
        assert f"API {api[0]}.{api[1]}; this sr-toolkit offers {MAJOR}.{MINOR}" in found.cause
        with pytest.raises(PluginError, match="Please upgrade the plugin or sr-toolkit"):
            found.require()
    else:
        assert repr(api) in found.cause


def test_an_older_minor_stays_welcome(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sr_toolkit.registry.PLUGIN_API", (MAJOR, MINOR + 3))
    write_model(site, "older", "older", api=(MAJOR, MINOR + 2))
    assert entry("older").state == "ok"


def test_two_distributions_with_one_name(site: Path) -> None:
    write_model(site, "left-hand", "twin")
    write_model(site, "right-hand", "twin", source=MODEL.replace("A model", "Another model"))
    scanned = Registry.scan()
    twins = [e for e in scanned.entries("model") if e.name == "twin"]
    assert [(e.state, e.qualified) for e in twins] == [
        ("conflict", "left-hand::twin"),
        ("conflict", "right-hand::twin"),
    ]
    assert twins[0].cause == "the name is also taken by right-hand; use 'left-hand::twin'"
    with pytest.raises(PluginError) as caught:
        scanned.model("twin")
    assert "write 'left-hand::twin' or 'right-hand::twin'" in str(caught.value)
    assert scanned.model("left-hand::twin").summary == "A model of the tests."
    assert scanned.model("Right_Hand::twin").summary == "Another model of the tests."
    assert scanned.names("model").count("twin") == 1


def test_a_broken_rival_is_shown_as_broken(site: Path) -> None:
    write_model(site, "left-hand", "twin")
    write_model(site, "right-hand", "twin", source="raise RuntimeError('no')\n")
    states = [e.state for e in Registry.scan().entries("model") if e.name == "twin"]
    assert states == ["conflict", "broken"]


def test_a_clash_with_a_part_of_ours(site: Path) -> None:
    write_model(site, "pretender", "bicubic")
    scanned = Registry.scan()
    with pytest.raises(PluginError, match=r"'pretender::bicubic' or 'sr-toolkit::bicubic'"):
        scanned.model("bicubic")
    assert scanned.model("sr-toolkit::bicubic").needs_weights is False
    assert scanned.component("metric", "psnr")


def test_one_name_in_two_groups_is_no_conflict(site: Path) -> None:
    write_model(site, "wide", "psnr")
    assert entry("psnr").state == "ok"
    assert entry("psnr", "metric").state == "ok"


DAMAGED = {
    "no equals sign": "[srtk.models]\nfine = plugin_worn:SPEC\nnonsense\n",
    "outside a section": "nonsense\n[srtk.models]\nfine = plugin_worn:SPEC\n",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_list_of_entry_points_costs_only_its_plugin(site: Path, text: str) -> None:
    write_distribution(site, "worn", entry_points=text)
    write_model(site, "good", "good")
    states = {e.distribution: e.state for e in Registry.scan().entries("model")}
    assert states["good"] == states["sr-toolkit"] == "ok"
    assert states["worn"] == "broken"  # its list, or where the reader forgives, its module


def test_what_cannot_be_read_at_all_is_reported(site: Path) -> None:
    write_distribution(site, "worn", entry_points=DAMAGED["no equals sign"])
    try:
        list(metadata.distribution("worn").entry_points)
    except Exception:
        assert "entry_points.txt is damaged" in entry("entry_points.txt").cause
    else:  # this Python's reader forgives a line without '='; the module is still not there
        worn = [e for e in Registry.scan().entries() if e.distribution == "worn"]
        assert {e.state for e in worn} == {"broken"}


def test_lists_that_are_no_text_or_of_others_are_passed_over(site: Path) -> None:
    write_distribution(site, "binary", entry_points="")
    (site / "binary-1.2.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[srtk.models]\0")
    write_distribution(site, "foreign", entry_points="[console_scripts]\nnonsense\n")
    assert {e.distribution for e in Registry.scan().entries()}.isdisjoint({"binary", "foreign"})


def test_a_distribution_that_lost_its_metadata(site: Path) -> None:
    for name in ("lost", "also-lost"):
        write_model(site, name, "orphan")
        (site / f"{name.replace('-', '_')}-1.2.dist-info" / "METADATA").unlink()
    orphans = [e for e in Registry.scan().entries("model") if e.name == "orphan"]
    assert [(e.distribution, e.version) for e in orphans] == [("unknown", "0")] * 2


def test_the_first_copy_of_a_distribution_counts(site: Path) -> None:
    write_model(site / "old", "copied", "copied", source="raise RuntimeError('old')\n")
    write_model(site, "copied", "copied")
    sys.path.append(str(site / "old"))  # monkeypatch put `site` before and restores the list
    assert entry("copied").state == "ok"


PLUGINS = [
    (None, {"sr-toolkit", "srtk-srgan", "My.Fine_plugin"}),
    ("none", {"sr-toolkit"}),
    ("", {"sr-toolkit"}),
    ("my-fine-plugin", {"sr-toolkit", "My.Fine_plugin"}),
    ("MY_FINE.PLUGIN", {"sr-toolkit", "My.Fine_plugin"}),
    (" my__fine-plugin , SRTK_SRGAN,", {"sr-toolkit", "srtk-srgan", "My.Fine_plugin"}),
    ("my-fine", {"sr-toolkit"}),
]


@pytest.mark.parametrize(("limit", "expected"), PLUGINS)
def test_srtk_plugins_limits_what_counts(
    site: Path, monkeypatch: pytest.MonkeyPatch, limit: str | None, expected: set[str]
) -> None:
    write_model(site, "My.Fine_plugin", "fine", source="SPEC = 1\n")
    if limit is not None:
        monkeypatch.setenv("SRTK_PLUGINS", limit)
    known = {"sr-toolkit", "srtk-srgan", "My.Fine_plugin"}
    found = {e.distribution for e in Registry.scan().entries()}
    assert found & known == expected
    if limit is not None:
        assert found == expected


def test_strict_mode_refuses_any_trouble(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRTK_STRICT_PLUGINS", "1")
    Registry.scan()
    write_model(site, "bad", "bad", source="raise RuntimeError('no luck')\n")
    with pytest.raises(PluginError) as caught:
        Registry.scan()
    assert str(caught.value) == (
        "SRTK_STRICT_PLUGINS=1: the model 'bad' of bad is broken: RuntimeError: no luck."
    )
    monkeypatch.setenv("SRTK_STRICT_PLUGINS", "0")
    assert Registry.scan().entries()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("srgna", "Did you mean 'srgan'"),
        ("SRGAN", "Did you mean 'srgan'"),
        ("srgan ", "Did you mean 'srgan'"),
        ("srtk-srgan::srgna", "Did you mean 'srtk-srgan::srgan'"),
        ("qqq", "Known: bicubic, "),
    ],
)
def test_a_mistyped_name_is_refused_with_a_suggestion(site: Path, name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        Registry.scan().model(name)
    assert str(caught.value).startswith(f"Unknown model '{name}'. {hint}")


@pytest.mark.parametrize("name", ["", "::", "::srgan", "srtk-srgan::", "elsewhere::srgan"])
def test_odd_names_are_unknown(site: Path, name: str) -> None:
    with pytest.raises(UnknownNameError):
        Registry.scan().model(name)


def test_suggestions_hold_their_own() -> None:
    assert suggest("SRGAN", ["bicubic", "srgan"]) == " Did you mean 'srgan'?"
    assert suggest("srgan", ["SRGAN"]) == " Did you mean 'SRGAN'?"
    assert suggest("xyz", ["b", "a"]) == " Known: b, a."
    assert suggest("xyz", []) == ""


def test_our_own_parts_come_through_the_same_door(site: Path) -> None:
    """What setup.cfg declares is what the registry finds, and nothing is added by hand."""
    declared = configparser.ConfigParser()
    declared.read(Path(__file__).parents[2] / "setup.cfg")
    for kind, group in KINDS.items():
        lines = declared.get("options.entry_points", group, fallback="").strip().splitlines()
        names = {line.partition("=")[0].strip() for line in lines}
        ours = [e for e in Registry.scan().entries(kind) if e.distribution == "sr-toolkit"]
        assert {e.name for e in ours} == names
        assert {e.state for e in ours} <= {"ok"}


def test_code_named_by_a_spec_that_exits_or_is_absent(site: Path) -> None:
    (site / "exits_at_import.py").write_text("import sys\nsys.exit(0)\n")
    for reference, cause in {
        "exits_at_import:X": "SystemExit: 0",
        "sr_toolkit.spec:Nothing": "AttributeError",
        "no_such_module:X": "ModuleNotFoundError",
        "sr_toolkit.spec": "AttributeError",
        "": "ValueError",
    }.items():
        with pytest.raises(PluginError, match=cause) as caught:
            import_object(reference)
        assert f"Cannot import '{reference}'" in str(caught.value)


TORCH_PROBE = """
import json, sys
from sr_toolkit.registry import Registry
assert "torch" not in sys.modules
found = {e.name: e for e in Registry.scan().entries("model")}
names = ("light", "heavy", "later", "parts")
print(json.dumps([[found[name].state, found[name].note] for name in names]))
"""


def test_a_spec_that_imports_torch_is_told_not_refused(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for torch keeps this fast; what counts is the name in sys.modules."""
    write_model(site, "heavy", "heavy", source="import torch\n" + MODEL)
    write_model(site, "later", "later", source="import torch as engine\n" + MODEL)
    write_model(site, "parts", "parts", source="from torch import Tensor\n" + MODEL)
    write_model(site, "light", "light")
    (site / "torch.py").write_text("class Tensor: pass\n")
    monkeypatch.setenv("PYTHONPATH", ":".join([str(site), *filter(None, sys.path)]))
    ended = subprocess.run(
        [sys.executable, "-c", TORCH_PROBE], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    light, *heavies = json.loads(ended.stdout)
    assert light == ["ok", ""]
    slow = "slow to load: its spec imports torch"
    assert [(state, note.partition(" (")[0]) for state, note in heavies] == [("ok", slow)] * 3
    assert heavies[0][1].startswith(f"{slow} (")  # it alone spent time on torch's import
