"""Checks of every kind of part: the spec, its config, what an import does."""

from __future__ import annotations

import dataclasses
import inspect
import json
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from sr_toolkit.config import plain, validate
from sr_toolkit.errors import ConfigError
from sr_toolkit.licenses import canonical_license
from sr_toolkit.registry import import_object
from sr_toolkit.spec import KINDS
from sr_toolkit.testing.check import Check, NotHere, check, expect, unmet
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
ALL = tuple(KINDS)


@check(
    *ALL,
    into=CHECKS,
    why="A part that does not load is listed as broken, and every command that names it ends.",
    mend="Correct the entry point or what its module imports; 'srtk plugins doctor' has the line.",
)
def loads(part: Part) -> None:
    """The entry point leads to a spec of a plugin API that this sr-toolkit offers."""
    loaded = part.entry.loaded
    expect(loaded.state == "ok", "a part that is ok", f"{loaded.state}: {loaded.cause}")
    for reference in (part.factory, part.spec.config):
        import_object(reference)


@check(
    *ALL,
    into=CHECKS,
    why="With two parts of one name, everybody has to write 'distribution::name' for both.",
    mend="Take another name, or disable the other distribution by 'srtk plugins disable'.",
)
def name_is_its_own(part: Part) -> None:
    """No other installed distribution offers a part of that kind and name."""
    rivals = part.entry.conflicts
    expect(
        not rivals, f"'{part.entry.name}' from one distribution", f"also from {', '.join(rivals)}"
    )


@check(
    *ALL,
    into=CHECKS,
    why="Every 'srtk models list' of every user would wait seconds for torch.",
    mend="Name code by string in the spec, and import torch only in the modules named.",
)
def spec_without_torch(part: Part) -> None:
    """Importing the spec's module imports no torch."""
    expect(not part.imported["torch"], "a spec module that leaves torch alone", "torch is imported")


@check(
    *ALL,
    into=CHECKS,
    why="A listing would hang without a network, and differ with the folder it is called in.",
    mend="Do it where the part is built, or ship the file and read it there.",
)
def import_is_quiet(part: Part) -> None:
    """Importing the plugin reads no files, asks no network, starts no process, prints nothing."""
    events = part.imported["events"]
    if events:
        first = events[0]
        unmet("imports alone", f"{first['event']} of {first['what']} by {first['line']}")


@check(
    *ALL,
    into=CHECKS,
    why="Nobody may use, and no company will install, what has no license.",
    mend="State an SPDX identifier such as MIT in the spec or the package's metadata.",
)
def license_stated(part: Part) -> None:
    """The model's spec, or of other parts the distribution, states a license."""
    if part.entry.kind == "model":
        stated = part.model.license
        expect(bool(stated), "a license in the ModelSpec", "none")
        try:
            canonical_license(stated)
        except ConfigError:
            unmet("an SPDX license expression", repr(stated))
        return
    try:
        told: Any = metadata(part.entry.distribution)
    except PackageNotFoundError:
        raise NotHere("the part belongs to no installed distribution") from None
    classified = any(c.startswith("License ::") for c in told.get_all("Classifier") or ())
    stated = told.get("License-Expression") or told.get("License") or ""
    expect(
        stated not in ("", "UNKNOWN") or classified,
        "a license in the distribution's metadata",
        "none",
    )


@check(
    *ALL,
    into=CHECKS,
    why="The summary is all that a listing shows of a part.",
    mend="Write one line of at most 100 characters.",
)
def summary_stated(part: Part) -> None:
    """The spec has a summary of one line."""
    text = part.spec.summary
    expect(
        0 < len(text.strip()) <= 100 and "\n" not in text,
        "one line of 1 to 100 characters",
        f"{len(text)} characters in {len(text.splitlines())} lines",
    )


@check(
    *ALL,
    into=CHECKS,
    why="Settings could change after they were written to a checkpoint, or have no help.",
    mend="Use a dataclass(frozen=True) whose fields are made by sr_toolkit.api.option.",
)
def config_is_frozen(part: Part) -> None:
    """The config is a frozen dataclass; each field has a default and a line of help."""
    cls = import_object(part.spec.config)
    expect(dataclasses.is_dataclass(cls), "a dataclass", f"{cls!r}")
    expect(cls.__dataclass_params__.frozen, "a frozen dataclass", "one that can be changed")
    for field in dataclasses.fields(cls):
        missing = dataclasses.MISSING
        given = field.default is not missing or field.default_factory is not missing
        expect(given, "a default for each field", f"'{field.name}' has none")
        told = field.metadata.get("help")
        expect(bool(told), "help for each field", f"'{field.name}' has none")


@check(
    *ALL,
    into=CHECKS,
    why="A mistyped setting would be swallowed, and the run trained without it.",
    mend="Name every setting as a field; a factory takes the config, and a model's scales.",
)
def takes_no_kwargs(part: Part) -> None:
    """Neither the config nor the factory takes **kwargs."""
    for reference in (part.spec.config, part.factory):
        for parameter in inspect.signature(import_object(reference)).parameters.values():
            expect(
                parameter.kind is not inspect.Parameter.VAR_KEYWORD,
                "named settings alone",
                f"{reference.partition(':')[2]} takes **{parameter.name}",
            )


@check(
    *ALL,
    into=CHECKS,
    why="A checkpoint holds the settings as JSON: what comes back changed rebuilds another part.",
    mend="Use plain field types (int, float, str, bool, tuples, nested dataclasses), and let "
    "__post_init__ check values without changing them.",
)
def config_round_trips(part: Part) -> None:
    """The config comes back equal from JSON, with defaults and with the checks' settings."""
    cls = import_object(part.spec.config)
    for given in (cls(), part.config()):
        text = json.dumps(plain(given))
        back: Any = validate(cls, json.loads(text))
        expect(back == given, f"{given}", f"{back}")
        expect(json.dumps(plain(back)) == text, text, json.dumps(plain(back)))
