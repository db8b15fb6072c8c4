"""The contract with plugins: `sr_toolkit.api` is what tests/api_surface.json says.

Whoever changes it on purpose writes a line in CHANGELOG.md and regenerates the file:

    python tests/test_api.py
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

from sr_toolkit import api

FILE = Path(__file__).with_name("api_surface.json")


def signature(thing: Any) -> str:
    """Return a signature without what differs from machine to machine."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", str(inspect.signature(thing)))
    return re.sub(r"(Posix|Windows)Path\(", "Path(", text)


def surface() -> dict[str, str]:
    """Return every public name with its signature; of a class also its own public methods."""
    found: dict[str, str] = {}
    for name in sorted(api.__all__):
        thing = getattr(api, name)
        if not callable(thing):
            found[name] = "constant"
        elif not inspect.isclass(thing):
            found[name] = signature(thing)
        else:
            # A constructor inherited from elsewhere, as torch's, is not ours to promise.
            found[name] = signature(thing.__init__) if "__init__" in vars(thing) else "class"
            for key, member in sorted(vars(thing).items()):
                if inspect.isfunction(member) and not key.startswith("_"):
                    found[f"{name}.{key}"] = signature(member)
    return found


def test_the_surface_is_as_recorded() -> None:
    recorded, found = json.loads(FILE.read_text(encoding="utf-8")), surface()
    changed = {
        name: (recorded.get(name, "absent"), found.get(name, "absent"))
        for name in sorted({*recorded, *found})
        if recorded.get(name) != found.get(name)
    }
    assert not changed, (
        f"sr_toolkit.api changed: {changed}. Plugins depend on it: if that is meant, add a line to "
        f"CHANGELOG.md (and raise PLUGIN_API in sr_toolkit/spec.py), then run "
        f"'{Path(sys.executable).name} tests/test_api.py'."
    )


def test_what_type_checkers_see_is_what_there_is() -> None:
    """The names under TYPE_CHECKING and the lazy ones are written by hand, twice."""
    source = Path(api.__file__).read_text(encoding="utf-8").partition("if TYPE_CHECKING:")[2]
    seen = {line.rpartition(" as ")[2] for line in source.splitlines() if " as " in line}
    assert seen == set(api.__all__)


if __name__ == "__main__":
    FILE.write_text(json.dumps(surface(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
