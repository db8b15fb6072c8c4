"""The kit's faces: pytest's decorator, the command line, a registry to play in."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from model_faults import FAULTS
from planted import fault

from sr_toolkit.cli import main
from sr_toolkit.errors import ConfigError, UnknownNameError
from sr_toolkit.registry import registry
from sr_toolkit.spec import ComponentSpec
from sr_toolkit.testing import checks_of, isolated_registry, run_checks
from sr_toolkit.testing.part import fresh_python
from sr_toolkit.testing.pytest_face import IsolatedRegistry

__all__ = ["isolated_registry"]
CHEAP = {"summary_stated", "config_is_frozen", "takes_no_kwargs", "license_stated"}
UNLICENSED = next(fault for fault in FAULTS if fault.name == "a license missing")

TESTS = """
from sr_toolkit.testing import parametrize_with_model_checks

@parametrize_with_model_checks("planted", only={only!r}, expected_failures={expected!r})
def test_conforms(check):
    check()
"""


def run_pytest(folder: Path, **values: object) -> tuple[int, str]:
    """Run generated tests in a process of its own; returns its exit status and its output."""
    (folder / "test_conformance.py").write_text(TESTS.format(**{"expected": {}, **values}))
    options = ["-q", "-rA", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_conformance.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_pytest_runs_each_check_as_a_test(tmp_path: Path, planted: Callable[..., str]) -> None:
    planted("model")
    code, out = run_pytest(tmp_path, only=CHEAP)
    assert code == 0, out
    assert all(f"PASSED test_conformance.py::test_conforms[{name}]" in out for name in CHEAP)


def test_pytest_tells_a_failure_in_words(tmp_path: Path, planted: Callable[..., str]) -> None:
    planted("model", UNLICENSED)
    code, out = run_pytest(tmp_path, only=CHEAP)
    assert code == 1
    assert "1 failed, 3 passed" in out
    for word in ("expected  a license", "received  none", "matters   Nobody may use", "mend  "):
        assert word in out
    assert "Traceback" not in out


def test_expected_failures_are_strict(tmp_path: Path, planted: Callable[..., str]) -> None:
    planted("model", UNLICENSED)
    known = {"license_stated": "not decided yet"}
    code, out = run_pytest(tmp_path, only=CHEAP, expected=known)
    assert code == 0, out
    assert "3 passed, 1 xfailed" in out
    assert "not decided yet" in out
    code, out = run_pytest(tmp_path, only=CHEAP, expected={"summary_stated": "too long"})
    assert code == 1
    assert "was expected to fail, and passes" in out


def test_an_expected_failure_that_is_no_check_is_refused(planted: Callable[..., str]) -> None:
    kind = planted("model")
    with pytest.raises(ConfigError, match=r"no check 'onx_parity'.*'onnx_parity'"):
        list(run_checks(kind, "planted", expected_failures={"onx_parity": "why"}))


def test_a_part_that_does_not_load_gets_one_failure(planted: Callable[..., str]) -> None:
    fault = next(fault for fault in FAULTS if "points at nothing" in fault.name)
    kind = planted("model", fault)
    assert [one.check for one in run_checks(kind, "planted")] == ["loads"]


def srtk(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["srtk", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_the_command_line_has_a_table_and_the_stories(
    planted: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planted("model", UNLICENSED)
    assert srtk(monkeypatch, "plugins", "check", "planted", "--only", ",".join(CHEAP)) == 1
    out = capsys.readouterr().out
    assert "model planted::planted 1.0" in out
    assert "license_stated            FAILED" in out
    assert "3 passed, 1 failed" in out
    assert "  mend      State an SPDX" in out


def test_the_command_line_takes_known_failures(
    planted: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted("model", UNLICENSED)
    words = ("plugins", "check", "planted", "--only", "license_stated", "--expect")
    assert srtk(monkeypatch, *words, "license_stated=not decided yet") == 0
    assert srtk(monkeypatch, *words, "license_stated") == 2
    assert srtk(monkeypatch, *words, "licence=x") == 1


def test_json_holds_each_outcome(
    planted: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planted("loss")
    words = ("plugins", "check", "planted", "--json", "--only", "loss_is_scalar")
    assert srtk(monkeypatch, *words) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["part"], told["kind"]) == ("planted::planted", "loss")
    assert [one["state"] for one in told["checks"]] == ["passed"]


def test_settings_reach_the_part(
    planted: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planted("model")
    words = ("plugins", "check", "planted", "--only", "builds", "--set")
    assert srtk(monkeypatch, *words, "width=4") == 0
    assert srtk(monkeypatch, *words, "widht=4") == 1
    assert "Did you mean 'width'?" in capsys.readouterr().err


def test_the_isolated_registry_holds_the_core_and_what_is_added(
    isolated_registry: IsolatedRegistry,
) -> None:
    with pytest.raises(UnknownNameError):
        registry().find("model", "srgan")
    assert registry().find("model", "bicubic").state == "ok"
    spec = ComponentSpec(
        api=(1, 0),
        summary="Another L1.",
        factory="sr_toolkit.losses.pixel:L1",
        config="sr_toolkit.losses.config:PixelConfig",
    )
    isolated_registry.add("loss", "mine", spec)
    outcomes = list(run_checks("loss", "mine", only={"loss_is_scalar", "loss_has_gradient"}))
    assert [one.state for one in outcomes] == ["passed", "passed"]
    isolated_registry.add("loss", "l1", spec, distribution="a-rival")
    assert registry().find("loss", "a-rival::l1").state == "conflict"


def test_the_registry_comes_back_after_isolation() -> None:
    before = registry().names("model")
    with IsolatedRegistry().entered():
        assert "srgan" not in registry().names("model")
    assert registry().names("model") == before


def test_importing_the_kit_imports_no_torch_and_no_pytest() -> None:
    told = fresh_python(
        "-c",
        "import sys, sr_toolkit.testing; print('torch' in sys.modules, 'pytest' in sys.modules)",
    )
    assert told.split() == ["False", "False"]


def test_names_of_checks_are_told_once_and_say_what_they_hold() -> None:
    for kind in ("model", "loss", "discriminator", "metric", "dataset", "degradation"):
        checks = checks_of(kind)
        names = [check.name for check in checks]
        assert len(names) == len(set(names))
        assert all(check.what.endswith(".") and check.why and check.mend for check in checks)


def test_the_page_of_checks_is_up_to_date() -> None:
    path = Path(__file__).parents[2] / "docs" / "build_checks.py"
    spec = importlib.util.spec_from_file_location("build_checks", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stale = module.PAGE.read_text(encoding="utf-8") != module.page()
    assert not stale, "docs/checks.md is stale; run: python docs/build_checks.py"


def test_an_error_in_a_plugin_is_told_with_its_line(
    planted: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    line = "        scale = scale or self.scales[-1]\n"
    raising = ("network", line, f'{line}        raise ZeroDivisionError("boom")\n')
    planted("model", fault("a forward that raises", "model", "", raising))
    words = ("train", "planted", "--preset", "quick", "--device", "cpu", "--quiet")
    assert srtk(monkeypatch, *words, "-o", str(tmp_path / "run")) == 1
    told = capsys.readouterr().err
    assert "The plugin failed at planted_network.py, line 30: raise ZeroDivisionError" in told
    assert "'srtk plugins check' of it says more" in told
