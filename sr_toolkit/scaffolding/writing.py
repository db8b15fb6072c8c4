"""From a name and a kind to a folder with a distribution in it."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sr_toolkit import __version__
from sr_toolkit.errors import ConfigError, OutputError, suggest
from sr_toolkit.files import atomic_folder
from sr_toolkit.licenses import canonical_license
from sr_toolkit.scaffolding.kinds import KINDS
from sr_toolkit.scaffolding.naming import class_of, package_of, refuse_bad, refuse_taken
from sr_toolkit.spec import KINDS as GROUPS

SUFFIX = ".j2"


@dataclass(frozen=True)
class NewPlugin:
    """What an author decides.

    Attributes:
        name: of the distribution and of its part, such as `acme-sr`.
        kind: of `sr_toolkit.spec.KINDS`.
        author: a person or a group, or ''.
        license: SPDX expression.
    """

    name: str
    kind: str = "model"
    author: str = ""
    license: str = "MIT"


def write_plugin(new: NewPlugin, folder: Path) -> list[Path]:
    """Write a plugin's files into a folder that does not exist yet, all of them or none.

    Returns:
        The files, relative to the folder.

    Raises:
        ConfigError: a bad or taken name, an unknown kind, a license that is no SPDX expression.
        OutputError: the folder exists, or cannot be written.
    """
    if new.kind not in KINDS:
        raise ConfigError(f"There is no kind of plugin '{new.kind}'.{suggest(new.kind, KINDS)}")
    refuse_bad(new.name)
    refuse_taken(new.name, new.kind)
    license_id = canonical_license(new.license)
    if not new.author.isprintable():
        raise ConfigError(
            "The author's name holds characters that cannot be printed; type it anew."
        )
    if folder.exists():
        raise OutputError(f"'{folder}' exists already; give another name, or --out.")
    contents = _render(new, license_id)
    with atomic_folder(folder) as draft:
        for path, text in contents.items():
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            (draft / path).write_text(text, encoding="utf-8")
    return sorted(contents)


def next_steps(new: NewPlugin, folder: Path) -> tuple[str, ...]:
    """Return the commands to type next."""
    commands = (command.format(part=new.name) for command in KINDS[new.kind].commands)
    return (f"pip install -e {folder}", f"srtk plugins check {new.name}", *commands)


def _render(new: NewPlugin, license_id: str) -> dict[Path, str]:
    import jinja2

    kind, package = KINDS[new.kind], package_of(new.name)
    templates = files("sr_toolkit.scaffolding") / "templates"
    # Angle brackets: braces belong to Python and to the workflow's file.
    environment = jinja2.Environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["string_literal"] = lambda text: json.dumps(text, ensure_ascii=False)
    legal = templates / "licenses" / f"{license_id}.txt"
    values: dict[str, Any] = {
        "name": new.name,
        "part": new.name,
        "kind": new.kind,
        "package": package,
        "class_name": class_of(new.name),
        "group": GROUPS[new.kind],
        "summary": kind.summary,
        "author": new.author,
        "license": license_id,
        "license_text": legal.is_file(),
        "year": datetime.date.today().year,
        "api": kind.api,
        "core_version": __version__,
        "commands": [command.format(part=new.name) for command in kind.commands],
        "places": [line.format(package=package) for line in kind.places],
    }
    contents: dict[Path, str] = {}
    for part in ("common", new.kind):
        for path, template in _walk(templates / part):
            text = environment.from_string(template.read_text(encoding="utf-8")).render(values)
            contents[Path(str(path).replace("__package__", package))] = text
    if values["license_text"]:
        text = environment.from_string(legal.read_text(encoding="utf-8")).render(values)
        contents[Path("LICENSE")] = text
    return contents


def _walk(folder: Traversable, at: Path = Path()) -> list[tuple[Path, Traversable]]:
    """Return the templates below a folder, with the paths that they are written to."""
    found = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _walk(item, at / item.name)
        elif item.name.endswith(SUFFIX):
            found.append((at / item.name.removesuffix(SUFFIX), item))
    return found
