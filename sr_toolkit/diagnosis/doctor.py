"""The whole diagnosis: every distribution, every part, the machine, and what is wrong with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sr_toolkit.config.user import UserConfig, read_user_config
from sr_toolkit.diagnosis.environment import LITTLE_SPACE, environment
from sr_toolkit.diagnosis.installed import (
    Installed,
    find_plugin,
    imported_from,
    installed_plugins,
    providers,
)
from sr_toolkit.diagnosis.probing import Part, probe
from sr_toolkit.diagnosis.redacting import Redactor
from sr_toolkit.diagnosis.requirements import Need, needs
from sr_toolkit.discovery import CORE, folded, offers, same
from sr_toolkit.errors import ConfigError
from sr_toolkit.registry import Entry, Registry, admitted
from sr_toolkit.spec import PLUGIN_API

SLOW = 0.5
"""Seconds of a spec's import, torch's left out, from which on it delays every listing."""

Finding = dict[str, str]
"""`level` (`error` or `warning`), `about`, `problem`, `mend`."""


def diagnose(
    names: tuple[str, ...] = (),
    *,
    seconds: float = 60.0,
    announce: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Return the diagnosis as plain data, with nothing in it that tells of a person.

    Args:
        names: distributions to look at; all that have parts by default.
        seconds: the time that the imports of one distribution may take.
        announce: called with each distribution before it is looked at.

    Raises:
        UnknownNameError: one of `names` is not installed, or has no parts.
    """
    redactor, findings = Redactor(), list[Finding]()
    try:
        config = read_user_config()
    except ConfigError as error:
        config = UserConfig()
        findings.append(_finding("error", "settings", str(error), "mend or remove the file"))
    entries = Registry.of(offers(), disabled=config.disabled).entries()
    told = []
    known = installed_plugins()
    for one in tuple(find_plugin(name) for name in names) or known:
        announce(one.name)
        own = tuple(entry for entry in entries if same(entry.distribution, one.name))
        off = any(entry.disabled for entry in own)
        parts, wanted = probe(one.name, own, seconds), needs(one.requires, one.extras)
        if not off:
            findings += _of_requirements(one, wanted)
            findings += _of_parts(one, parts)
            findings += _of_places(one, own)
            if not admitted(one.name):
                findings.append(
                    _finding(
                        "warning", one.name, "SRTK_PLUGINS leaves it out",
                        "name it there too, or unset the variable",
                    )
                )  # fmt: skip
        told.append(_told(one, parts, wanted, disabled=off))
    named = {folded(one.name) for one in known}
    lost = [entry for entry in entries if folded(entry.distribution) not in named]
    findings += [_lost(entry) for entry in lost]
    findings += _of_settings(config, named)
    announce("this machine")
    machine = environment(redactor)
    findings += _of_machine(machine)
    clean: dict[str, Any] = redactor.data(
        {
            "plugin_api": list(PLUGIN_API),
            "broken": any(finding["level"] == "error" for finding in findings),
            "findings": sorted(findings, key=lambda finding: finding["level"]),
            "distributions": told,
            "environment": machine,
        }
    )
    return clean


def _told(
    one: Installed, parts: tuple[Part, ...], wanted: tuple[Need, ...], *, disabled: bool
) -> dict[str, Any]:
    return {
        **describe_place(one),
        "disabled": disabled,
        "requirements": [dataclasses.asdict(need) for need in wanted],
        "parts": [dataclasses.asdict(part) for part in parts],
    }


def describe_place(one: Installed) -> dict[str, Any]:
    """Return name, version, place and license of a distribution as plain data."""
    return {
        "name": one.name,
        "version": one.version,
        "place": str(one.source or one.place),
        "editable": one.source is not None,
        "license": one.license,
    }


def _finding(level: str, about: str, problem: str, mend: str) -> Finding:
    return {"level": level, "about": about, "problem": problem, "mend": mend}


def _of_requirements(one: Installed, wanted: tuple[Need, ...]) -> list[Finding]:
    """Return what is needed always; what extras need is listed, and no fault."""
    problems = {
        "missing": "it needs {0.requirement}, which is not installed",
        "wrong version": "it needs {0.requirement}, and {0.installed} is installed",
        "unreadable": "its requirement '{0.requirement}' cannot be read",
    }
    return [
        _finding(
            "warning" if need.state == "unreadable" else "error",
            one.name,
            problems[need.state].format(need),
            need.mend or "tell its authors",
        )
        for need in wanted
        if not need.extra and need.state != "ok"
    ]


def _of_parts(one: Installed, parts: tuple[Part, ...]) -> list[Finding]:
    found = []
    for part in parts:
        about = f"{one.name}: {part.kind} {part.name}"
        if part.state not in ("ok", "disabled"):
            level = "warning" if part.state == "conflict" else "error"
            cause = part.cause + (f" [{part.line}]" if part.line else "")
            found.append(_finding(level, about, f"{part.state}: {cause}", _mend(one, part)))
        elif part.torch:
            found.append(
                _finding(
                    "warning", about, "its spec imports torch, which delays every listing",
                    "import torch in the module that the spec names, not beside the spec",
                )
            )  # fmt: skip
        if part.seconds > SLOW:
            found.append(
                _finding(
                    "warning", about, f"its spec takes {part.seconds:.1f} s to import",
                    "import what is heavy in the module that the spec names",
                )
            )  # fmt: skip
        found += [
            _finding(
                "warning", about, f"its weights '{name}' are not in the installed package",
                f"reinstall {one.name}, or train the model",
            )
            for name, here in part.weights
            if not here
        ]  # fmt: skip
    return found


def _mend(one: Installed, part: Part) -> str:
    if part.state == "conflict":
        return f"write {one.name}::{part.name}, or disable one of them"
    if part.state == "incompatible":
        return f"upgrade {one.name} or {CORE}"
    if folded(one.name) == CORE:
        return f"reinstall {CORE}"
    return f"reinstall or upgrade it, or run 'srtk plugins disable {one.name}'"


def _of_places(one: Installed, entries: tuple[Entry, ...]) -> list[Finding]:
    """Return packages that others provide too, that come from elsewhere, and second copies."""
    found = []
    for package in dict.fromkeys(entry.package for entry in entries if entry.package):
        others = [name for name in providers(package) if not same(name, one.name)]
        if others:
            found.append(
                _finding(
                    "warning", one.name,
                    f"its package '{package}' is also brought by {', '.join(others)}; only one of "
                    f"them is imported", "uninstall one of them",
                )
            )  # fmt: skip
        places = imported_from(package)
        if places and not any(p.is_relative_to(root) for p in places for root in one.roots):
            found.append(
                _finding(
                    "error", one.name,
                    f"its package '{package}' is shadowed: Python imports it from '{places[0]}', "
                    f"and the distribution lies in '{one.source or one.place}'",
                    "remove or rename what shadows it",
                )
            )  # fmt: skip
    for place in one.others:
        found.append(
            _finding(
                "warning", one.name, f"it is installed a second time, in '{place}'",
                "uninstall it until none is left, and install it once",
            )
        )  # fmt: skip
    return found


def _lost(entry: Entry) -> Finding:
    return _finding(
        "error",
        f"{entry.distribution}: {entry.kind} {entry.name}",
        "the distribution that offers it has lost its METADATA",
        "reinstall it, or remove what is left of it",
    )


def _of_settings(config: UserConfig, named: set[str]) -> list[Finding]:
    return [
        _finding(
            "warning", "settings", f"the disabled distribution '{name}' is not installed",
            f"run 'srtk plugins enable {name}'",
        )
        for name in config.disabled
        if folded(name) not in named
    ]  # fmt: skip


def _of_machine(machine: dict[str, Any]) -> list[Finding]:
    found = []
    if "error" in machine["torch"]:
        cause = machine["torch"]["error"]
        found.append(_finding("error", "torch", cause, "reinstall torch; see pytorch.org"))
    for key in ("data", "weights"):
        if "error" in machine[key]:
            found.append(_finding("error", key, machine[key]["error"], "see the cause"))
    for folder in machine["folders"]:
        about = f"{folder['name']} folder {Path(folder['path'])}"
        if not folder["writable"]:
            level = "error" if folder["name"] == "cache" else "warning"
            variable = {"cache": "SRTK_CACHE", "settings": "SRTK_CONFIG"}[folder["name"]]
            mend = f"name another by {variable}"
            found.append(_finding(level, about, "it cannot be written to", mend))
        elif folder["name"] == "cache" and folder["free_bytes"] < LITTLE_SPACE:
            free = f"only {folder['free_bytes'] / 2**30:.1f} GiB are free"
            mend = "free some space, or name another by SRTK_CACHE"
            found.append(_finding("warning", about, free, mend))
    return found
