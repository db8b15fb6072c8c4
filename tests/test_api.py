"""The contract with plugins: `sr_toolkit.api` is what tests/api_surface.json says.

Whoever changes it on purpose writes a line in CHANGELOG.md and regenerates the file:

    python tests/test_api.py
"""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sr_toolkit import api
from sr_toolkit.deprecation import Renamed, SrtkDeprecationWarning

FILE = Path(__file__).with_name("api_surface.json")
RELEASED = FILE.with_name("api_released.json")
"""The surface of the last release; a release copies it there."""


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
    source = Path(api.__file__).read_text(encoding="utf-8")
    source = source.rpartition("if TYPE_CHECKING:")[2]
    seen = {line.rpartition(" as ")[2] for line in source.splitlines() if " as " in line}
    assert seen == set(api.__all__)


def unannounced(before: dict[str, str], after: dict[str, str], announced: str) -> list[str]:
    """Return the names that changed and that the text does not speak of, by name or by class."""
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return [
        name
        for name in changed
        if not any(re.search(rf"\b{re.escape(word)}\b", announced) for word in name.split("."))
    ]


def test_what_differs_from_the_released_surface_is_in_the_changelog() -> None:
    log = (FILE.parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = log.partition("## [Unreleased]")[2].partition("\n## [")[0]
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    missing = unannounced(released["surface"], surface(), unreleased)
    assert not missing, (
        f"{missing} of sr_toolkit.api differ from what was released, and no line under Unreleased "
        f"in CHANGELOG.md names them."
    )


def test_a_change_without_a_line_is_found_out() -> None:
    before = {"load": "(a)", "Loss": "class", "Loss.forward": "(x)", "train": "(a)"}
    after = {"load": "(a, b)", "Loss": "class", "Loss.forward": "(x, y)", "bench": "(a)"}
    assert unannounced(before, after, "") == ["Loss.forward", "bench", "load", "train"]
    assert unannounced(before, after, "`Loss` takes y, `train` is gone; loaded") == [
        "bench",
        "load",
    ]
    assert unannounced(before, before, "") == []


def test_within_a_major_no_released_name_goes_away() -> None:
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    if released["plugin_api"][0] == api.PLUGIN_API[0]:
        assert set(released["surface"]) <= set(surface()) | set(api._RENAMED)


def test_an_old_name_still_works_and_warns_where_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(api._RENAMED, "Settings", Renamed("1.2", "2.0", "Recipe"))
    with pytest.warns(SrtkDeprecationWarning) as caught:
        found = api.Settings
    assert found is api.Recipe
    [warning] = caught
    assert warning.filename == __file__
    assert str(warning.message) == (
        "'sr_toolkit.api.Settings' is deprecated since plugin API 1.2 and goes away with 2.0; "
        "write 'sr_toolkit.api.Recipe'."
    )
    with pytest.warns(SrtkDeprecationWarning) as caught:
        from sr_toolkit.api import Settings
    assert Settings is api.Recipe
    assert caught[0].filename == __file__
    assert "Settings" not in api.__all__


def test_people_see_the_warning() -> None:
    """Python hides DeprecationWarnings outside of __main__; ours is none of them."""
    source = (
        "import sr_toolkit.api as api; from sr_toolkit.deprecation import Renamed\n"
        "api._RENAMED['Settings'] = Renamed('1.2', '2.0', 'PLUGIN_API')\n"
        "scope = {'__name__': 'acme'}\n"
        "exec('from sr_toolkit.api import Settings', scope)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment.pop("PYTHONWARNINGS", None)
    ended = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    assert "SrtkDeprecationWarning: 'sr_toolkit.api.Settings' is deprecated" in ended.stderr
    assert not issubclass(SrtkDeprecationWarning, DeprecationWarning)


@pytest.mark.parametrize(
    ("since", "removed_in"), [("1.2", "1.3"), ("1.2", "1.2"), ("2.1", "2.0"), ("one", "2.0")]
)
def test_a_name_leaves_with_a_major_alone(since: str, removed_in: str) -> None:
    with pytest.raises(ValueError, match=r"2\.0|1\.2"):
        Renamed(since, removed_in, "Recipe")


if __name__ == "__main__":
    FILE.write_text(json.dumps(surface(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
