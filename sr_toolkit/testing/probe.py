"""What importing a plugin does, seen from a process that holds nothing else.

Run as `python -m sr_toolkit.testing.probe SPEC PACKAGES MODULE…`; prints JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from types import FrameType
from typing import Any

NETWORK = ("socket.connect", "socket.getaddrinfo", "urllib.Request", "http.client.connect")
LISTINGS = ("os.listdir", "os.scandir", "glob.glob")
READERS = ("linecache", "inspect", "tokenize", "warnings")
"""Modules that open a source for a message or a script, which is nothing of the plugin's own."""

PROCESSES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")


def main(spec: str, packages: str, *modules: str) -> None:
    """Import the spec's module, then the others, and tell what happened meanwhile."""
    tops = tuple(packages.split(","))
    events: list[dict[str, str]] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK:
            place = _plugin_line(tops, through_imports=True)
        elif (
            event in PROCESSES
            or event in LISTINGS
            or (event == "open" and isinstance(arguments[0], str))
        ):
            place = _plugin_line(tops, through_imports=False)
        else:
            return
        if place:
            events.append({"event": event, "what": _what(event, arguments), "line": place})

    sys.addaudithook(watch)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        importlib.import_module(spec)
        told = {"torch": "torch" in sys.modules, "events": events}
        for module in modules:
            importlib.import_module(module)
    if said.getvalue():
        first = said.getvalue().splitlines()[0]
        events.append({"event": "print", "what": repr(first), "line": spec})
    print(json.dumps(told))


def _what(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "socket.connect":
        return str(arguments[1])
    return str(arguments[0])


def _plugin_line(tops: tuple[str, ...], *, through_imports: bool) -> str:
    """Return the plugin's line that is at work, or ''.

    Python itself opens files to import a module, and torch asks for its libraries: what lies inside
    of an import that the plugin asked for is the imported package's doing, and counts only
    `through_imports`.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") and not through_imports:
            return ""
        module = str(frame.f_globals.get("__name__", ""))
        if module in READERS and not through_imports:
            return ""
        if module.partition(".")[0] in tops:
            return f"{module}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
