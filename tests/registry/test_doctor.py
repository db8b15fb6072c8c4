"""`srtk plugins doctor` on real distributions that hang, exit, crash, lack, shadow and dawdle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from distributions import MODEL, write_distribution, write_model

from sr_toolkit.diagnosis.doctor import diagnose
from sr_toolkit.diagnosis.environment import environment
from sr_toolkit.diagnosis.probing import Part, probe
from sr_toolkit.diagnosis.redacting import Redactor
from sr_toolkit.diagnosis.requirements import needs
from sr_toolkit.discovery import offers
from sr_toolkit.registry import Registry

Srtk = Callable[..., Any]
NETWORK = "class Config: pass\nclass build: pass\n"


def probed(name: str, *, seconds: float = 30) -> dict[str, Part]:
    """Return the parts of a distribution by name, as another process found them."""
    entries = [e for e in Registry.of(offers()).entries() if e.distribution == name]
    return {part.name: part for part in probe(name, tuple(entries), seconds)}


def write_sound(site: Path, name: str, model: str, **more: Any) -> None:
    write_model(site, name, model, **more)
    (site / f"plugin_{name.replace('-', '_')}_network.py").write_text(NETWORK)


def test_a_sound_plugin_is_sound(site: Path) -> None:
    write_sound(site, "sound", "fine")
    part = probed("sound")["fine"]
    assert (part.state, part.cause, part.line) == ("ok", "", "")
    assert part.summary == "A model of the tests."
    assert not part.torch
    assert 0 < part.seconds < 5
    assert "plugin_sound" not in sys.modules  # it was imported, but not here


FAULTS = {
    "raises": ("raise RuntimeError('no luck')\n", "RuntimeError: no luck", "raise RuntimeError"),
    "exits": ("import sys\n\nsys.exit('bye')\n", "SystemExit: bye", "line 3: sys.exit('bye')"),
    "ends at once": ("import os\nos._exit(7)\n", "ended the process with status 7", ""),
    "claims success": ("import os\nos._exit(0)\n", "ended the process with status 0", ""),
    "crashes": (
        "import ctypes\nctypes.string_at(0)\n", "crashed the process (SIGSEGV)",
        "line 2: ctypes.string_at(0)",
    ),
    "lacks": ("import no_such_thing\n", "No module named 'no_such_thing'", "import no_such_thing"),
    "misspelled": ("def (:\n", "SyntaxError: invalid syntax", "line 1: def (:"),
}  # fmt: skip


@pytest.mark.parametrize("where", ["spec", "network"])
@pytest.mark.parametrize(("source", "cause", "line"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_told_with_the_plugins_own_line(
    site: Path, where: str, source: str, cause: str, line: str
) -> None:
    write_sound(site, "bad", "bad", source=source if where == "spec" else MODEL)
    if where == "network":
        (site / "plugin_bad_network.py").write_text(source)
    part = probed("bad")["bad"]
    assert part.state == "broken"
    assert cause in part.cause
    module = "plugin_bad.py" if where == "spec" else "plugin_bad_network.py"
    assert line in part.line
    if line:
        assert part.line.startswith(module)


@pytest.mark.slow
def test_a_hang_costs_its_distribution_alone(site: Path) -> None:
    points = {"srtk.models": {"early": "stuck:SPEC", "late": "stuck_too:SPEC"}}
    source = MODEL.replace("{api}", "(1, 0)").replace("{module}", "stuck")
    modules = {
        "stuck": source,
        "stuck_network": "import time\nprint('x' * 100000)\ntime.sleep(600)\n",
        "stuck_too": source,
    }
    write_distribution(site, "stuck", points=points, modules=modules)
    parts = probed("stuck", seconds=5)
    early, late = parts["early"], parts["late"]
    assert early.state == "broken"
    assert early.cause.endswith("did not come back within 5 s")
    assert early.line == "stuck_network.py, line 3: time.sleep(600)"
    assert (late.state, late.cause) == (
        "unknown", "not reached, as the model 'early' did not come back within 5 s",
    )  # fmt: skip


def test_time_is_counted_without_torchs(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for torch takes two seconds, which is not the plugin's; the plugin's own is."""
    (site / "torch.py").write_text("import time\ntime.sleep(2.0)\nclass Tensor: pass\n")
    write_sound(site, "dawdling", "heavy", source="import torch\n" + MODEL)
    write_sound(site, "sleepy", "slow", source="import time\ntime.sleep(0.7)\n" + MODEL)
    # The site's own folder is first on sys.path, and so is its torch in the other process.
    heavy, slow = probed("dawdling")["heavy"], probed("sleepy")["slow"]
    assert heavy.torch
    assert heavy.seconds < 1.5
    assert not slow.torch
    assert slow.seconds >= 0.7


def test_incompatible_disabled_and_conflicting_parts(site: Path) -> None:
    write_sound(site, "newer", "newer", api=(2, 0))
    write_sound(site, "left", "twin")
    write_sound(site, "right", "twin")
    assert probed("newer")["newer"].state == "incompatible"
    twin = probed("left")["twin"]
    assert (twin.state, "right" in twin.cause) == ("conflict", True)
    write_sound(site, "off", "off", source="raise RuntimeError\n")
    entries = [
        e for e in Registry.of(offers(), disabled=["OFF"]).entries() if e.distribution == "off"
    ]
    [part] = probe("off", tuple(entries), 30)
    assert part.state == "disabled"


def problems(found: dict[str, Any], about: str) -> list[tuple[str, str, str]]:
    return [
        (one["level"], one["problem"], one["mend"])
        for one in found["findings"]
        if one["about"].startswith(about)
    ]


def require(site: Path, name: str, *lines: str) -> None:
    with (site / f"{name}-1.2.dist-info" / "METADATA").open("a") as stream:
        stream.write("".join(f"{line}\n" for line in lines))


def test_what_is_missing_comes_with_the_command_that_installs_it(site: Path) -> None:
    write_sound(site, "needy", "needy")
    require(
        site, "needy",
        "Requires-Dist: no-such-thing[fast]>=2; python_version >= '3'",
        "Requires-Dist: numpy<1", "Requires-Dist: click>=8", "Requires-Dist: not a requirement",
        "Requires-Dist: windows-only; sys_platform == 'win32'",
        "Requires-Dist: also-absent==1; extra == 'video'", "Provides-Extra: video",
    )  # fmt: skip
    found = diagnose(("needy",))
    told = problems(found, "needy")
    assert (
        "error", "it needs no-such-thing[fast]>=2, which is not installed",
        "pip install 'no-such-thing[fast]>=2'",
    ) in told  # fmt: skip
    assert any(
        level == "error" and problem.startswith("it needs numpy<1, and ") and "numpy" in mend
        for level, problem, mend in told
    )
    assert ("warning", "its requirement 'not a requirement' cannot be read") in [
        one[:2] for one in told
    ]
    assert len(told) == 3  # neither click nor another system's, and an extra is no fault
    assert found["broken"] is True
    [one] = found["distributions"]
    video = [need for need in one["requirements"] if need["extra"] == "video"]
    assert [need["state"] for need in video] == ["missing"]


def test_a_requirement_by_address_is_met_by_what_is_there() -> None:
    there = metadata.version("click")
    found = needs([f"click=={there}", "click @ https://example.org/click.whl", f"click!={there}"])
    assert [need.state for need in found] == ["ok", "ok", "wrong version"]
    assert found[2].installed == there
    assert needs([]) == ()


def test_packages_that_two_bring_or_that_come_from_elsewhere(site: Path, tmp_path: Path) -> None:
    write_sound(site, "first-one", "one")
    write_sound(site, "second-one", "two")
    for name in ("first_one", "second_one"):
        info = site / f"{name}-1.2.dist-info"
        (info / "RECORD").write_text("plugin_first_one.py,,\n")
        (info / "top_level.txt").write_text("plugin_first_one\n")
    told = problems(diagnose(("first-one",)), "first-one")
    assert [one[:2] for one in told] == [
        (
            "warning",
            "its package 'plugin_first_one' is also brought by second-one; only one of them is "
            "imported",
        )
    ]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "plugin_second_one.py").write_text("X = 1\n")
    sys.path.insert(0, str(elsewhere))  # the site's fixture restores the list
    told = problems(diagnose(("second-one",)), "second-one")
    assert any(
        level == "error" and "'plugin_second_one' is shadowed" in problem
        for level, problem, _ in told
    )


def test_a_second_copy_is_told(site: Path) -> None:
    write_sound(site, "copied", "copied")
    write_sound(site / "old", "copied", "copied")
    sys.path.append(str(site / "old"))
    told = problems(diagnose(("copied",)), "copied")
    assert [(level, "installed a second time" in text) for level, text, _ in told] == [
        ("warning", True)
    ]


@pytest.mark.parametrize("first", ["metadata", "folder"])
def test_an_editable_installation_and_what_lies_in_its_folder_are_one(
    site: Path, first: str
) -> None:
    """In the src layout an egg-info lies beside the package, below the folder of the project."""
    project = site.parent / "project"
    write_sound(project / "src", "edited", "edited")
    write_distribution(site, "edited", points={"srtk.models": {"edited": "plugin_edited:SPEC"}})
    (site / "edited-1.2.dist-info" / "direct_url.json").write_text(
        json.dumps({"url": project.as_uri(), "dir_info": {"editable": True}})
    )
    place = len(sys.path) if first == "metadata" else 0
    sys.path.insert(place, str(project / "src"))
    assert problems(diagnose(("edited",)), "edited") == []


def test_the_command_prints_and_ends_by_what_is_broken(
    site: Path, srtk: Srtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sound(site, "sound", "fine")
    ended = srtk("plugins", "doctor", "sound")
    assert ended.code == 0, ended.out
    assert "parts: 1 of 1 ok" in ended.out
    assert "For a bug report, paste all of the above" in ended.out
    assert "Looking at sound" in ended.err
    monkeypatch.setenv("SRTK_PLUGINS", "none")
    ended = srtk("plugins", "doctor", "sound", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert "SRTK_PLUGINS leaves it out" in ended.out

    write_sound(site, "bad", "bad", source="x = 1\nraise RuntimeError('no luck')\n")
    ended = srtk("plugins", "doctor", "bad", "sound")
    assert ended.code == 1
    assert "model bad: broken, RuntimeError: no luck" in ended.out
    assert "plugin_bad.py, line 2: raise RuntimeError('no luck')" in ended.out
    assert "srtk plugins disable bad" in ended.out
    told = srtk("plugins", "doctor", "bad", "--json")
    assert told.code == 1
    assert json.loads(told.out)["broken"] is True
    unknown = srtk("plugins", "doctor", "soundd")
    assert unknown.code == 1
    assert "Unknown distribution 'soundd'. Did you mean 'sound'?" in unknown.err


def test_damaged_settings_are_a_finding(
    site: Path, srtk: Srtk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_sound(site, "sound", "fine")
    monkeypatch.setenv("SRTK_CONFIG", str(tmp_path))
    (tmp_path / "config.yaml").write_text("disabled: [\n")
    ended = srtk("plugins", "doctor", "sound")
    assert ended.code == 1
    assert "BROKEN  settings: The settings in " in ended.out


def test_a_cache_that_cannot_be_written_is_broken(
    site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_sound(site, "sound", "fine")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("SRTK_CACHE", str(in_the_way / "cache"))
    found = diagnose(("sound",))
    assert found["broken"] is True
    assert problems(found, "cache folder")[0][:2] == ("error", "it cannot be written to")


def test_the_machine_agrees_with_what_torch_and_the_system_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import platform
    import shutil

    import torch

    (tmp_path / "vgg19-dcbb9e9d.pth").write_text("")
    monkeypatch.setenv("SRTK_WEIGHTS", str(tmp_path))
    told = environment(Redactor())
    assert told["python"]["version"] == platform.python_version()
    assert told["torch"]["version"] == torch.__version__
    assert told["torch"]["threads"] == torch.get_num_threads()
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    if flags:
        assert ("AVX2" in told["torch"]["cpu_features"]) == (" avx2 " in flags)
    cache = next(folder for folder in told["folders"] if folder["name"] == "cache")
    assert abs(cache["free_bytes"] - shutil.disk_usage(tmp_path).free) < 2**32
    assert told["weights"]["networks"]["vgg19"] == str(tmp_path / "vgg19-dcbb9e9d.pth")
    assert told["weights"]["networks"]["dists"] == ""
    assert told["variables"]["SRTK_WEIGHTS"] == str(tmp_path)


def test_a_torch_that_does_not_load_is_a_finding(
    site: Path, srtk: Srtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, Any]:
        raise OSError("libcudart.so: cannot open shared object file")

    monkeypatch.setattr("sr_toolkit.diagnosis.environment._torch", broken)
    write_sound(site, "sound", "fine")
    ended = srtk("plugins", "doctor", "sound")
    assert ended.code == 1
    assert "BROKEN  torch: OSError: libcudart.so: cannot open shared object file" in ended.out


def test_weights_that_come_along_are_told(site: Path, srtk: Srtk) -> None:
    source = MODEL.replace("ModelSpec\n", "ModelSpec, WeightsSpec\n", 1).replace(
        "    scales=(2, 4),",
        "    scales=(2, 4),\n    weights=tuple(WeightsSpec(name=name, "
        "source=name + '.safetensors', scales=(2,), license='MIT') for name in ('here', 'gone')),",
    )
    write_sound(site, "weighty", "weighty", source=source)
    (site / "here.safetensors").write_text("")
    ended = srtk("plugins", "doctor", "weighty")
    assert ended.code == 0
    assert "weights that come along: weighty:here\n" in ended.out
    assert "its weights 'gone' are not in the installed package" in ended.out


@pytest.mark.slow
def test_all_of_ours_is_sound() -> None:
    found = diagnose(seconds=300)
    assert [one for one in found["findings"] if one["level"] == "error"] == []
    assert {part["state"] for one in found["distributions"] for part in one["parts"]} == {"ok"}
    assert {one["name"] for one in found["distributions"]} >= {"sr-toolkit", "srtk-srgan"}


SECRETS = (
    "hunter2hunter2",
    "hf_abcdefghijklmnopqrstuvwx",
    "p4ssw0rd",
    "alicesmith",
    "bobjones",
    "pw#17",
)


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_nothing_private_is_printed(site: Path, tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Planted: a home folder, names, tokens by variable and by form, credentials in an address."""
    home = tmp_path / "alicesmith"
    (home / ".cache").mkdir(parents=True)
    message = (
        f"cannot reach https://alicesmith:p4ssw0rd@example.org/x?access_token=p4ssw0rd from "
        f"{home}/work and /home/bobjones/data with hf_abcdefghijklmnopqrstuvwx, hunter2hunter2, "
        f"as alicesmith"
    )
    write_sound(site, "bad", "bad", source=f"raise RuntimeError({message!r})\n")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "HOME": str(home),
        "USER": "alicesmith",
        "SRTK_CACHE": str(home / ".cache" / "srtk"),
        "SRTK_API_TOKEN": "hunter2hunter2",
        "SRTK_PASSWORD": "pw#17",  # too short to be looked for elsewhere
        "SRTK_MIRROR": "https://alicesmith:p4ssw0rd@mirror.example.org/sets",
        "HF_TOKEN": "hf_abcdefghijklmnopqrstuvwx",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "sr_toolkit", "plugins", "doctor", "bad", *flags],
        capture_output=True, text=True, timeout=120, env=environment,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    said = ended.stdout + ended.stderr
    assert [secret for secret in SECRETS if secret in said] == []
    assert str(home) not in said
    for kept in (
        "~/work",
        "https://example.org/x",
        "https://mirror.example.org/sets",
        "SRTK_API_TOKEN",
    ):
        assert kept in said
    if flags:
        assert json.loads(ended.stdout)["environment"]["variables"]["SRTK_API_TOKEN"] == "<cut>"


def test_redaction_leaves_what_is_no_secret() -> None:
    redactor = Redactor({"HOME": "/root", "USER": "root", "MY_KEY": "yes"})
    for text in ("the data root", "/tmp/root/x", "yes, it is", "https://example.org/a@b/c"):
        assert redactor.text(text) == text
    assert redactor.text("in /root/x and /root, not /rooted") == "in ~/x and ~, not /rooted"
    assert redactor.data({"/root/a": ["/root/b", 1, None]}) == {"~/a": ["~/b", 1, None]}
