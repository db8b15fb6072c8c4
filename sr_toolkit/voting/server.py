"""The local page: this machine alone, one secret address, nothing in it that names a model.

The standard library's server does for one person at one machine and adds no dependency; what a
server on the open net needs beyond it, this one must never have. Anyone on this machine, and any
web page in this browser, may try to reach it. Therefore: bound to 127.0.0.1; a random word in every
address; other Host headers refused (a foreign name made to point here, DNS rebinding); POSTs only
from the page itself; and a policy that lets the page load nothing from elsewhere.
"""

from __future__ import annotations

import hmac
import http.server
import json
import secrets
import socketserver
import threading
from importlib import resources
from typing import Any, Protocol

from sr_toolkit.errors import ConfigError, SrtkError
from sr_toolkit.voting.pairs import Pair
from sr_toolkit.voting.session import Session

ADDRESS = "127.0.0.1"
_LONGEST_BODY = 4096
_FILES = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Crops(Protocol):
    """What gives the pictures."""

    def png(self, pair: Pair, model: str) -> bytes:
        """Return a crop as PNG."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves one session; `with` runs it in threads of its own.

    Args:
        session: what is asked.
        crops: where the pictures come from.
        port: 0: a free one.

    Raises:
        ConfigError: the port is taken, or not allowed.
    """

    daemon_threads = True

    def __init__(self, session: Session, crops: Crops, port: int = 0) -> None:
        self.session, self.crops = session, crops
        self.token = secrets.token_urlsafe(18)
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"Cannot listen on port {port}: {error}; give another --port, or 0 for a free one."
            ) from None
        self.origin = f"http://{ADDRESS}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind; the base class would look up a host name, which takes long without a network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self.origin}/{self.token}/"

    def __enter__(self) -> Server:
        """Start serving."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "srtk", ""
    timeout = 60

    def do_GET(self) -> None:
        path = self._path()
        if path is None:
            return
        if path in _FILES:
            name, kind = _FILES[path]
            self._send(200, resources.files(__package__).joinpath(name).read_bytes(), kind)
        elif path == "state":
            self._send_state()
        elif path.startswith("picture/"):
            self._send_picture(path.removeprefix("picture/"))
        else:
            self._refuse(404, "There is nothing here.")

    def do_POST(self) -> None:
        path = self._path()
        if path is None:
            return
        data = self._body()
        if data is None:
            return
        session = self.server.session
        try:
            if path == "vote":
                session.answer(
                    str(data["question"]), str(data["answer"]), int(data["milliseconds"])
                )
            elif path == "undo":
                session.undo()
            elif path != "finish":
                self._refuse(404, "There is nothing here.")
                return
        except (KeyError, TypeError, ValueError, OverflowError):
            self._refuse(400, "This is no vote.")
            return
        except SrtkError as error:
            self._refuse(507, str(error))
            return
        self._send_state()
        if path == "finish":
            session.finish()

    def _path(self) -> str | None:
        """Return the path below the secret word; None, answered already, without that word."""
        if self.headers.get_all("Host") != [self.server.origin.removeprefix("http://")]:
            self._refuse(421, "This address is not served here.")
            return None
        start, _, rest = self.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(start.encode(), self.server.token.encode()) or (
            not rest and not self.path.endswith("/")
        ):
            self._refuse(404, "There is nothing here.")
            return None
        return rest

    def _body(self) -> dict[str, Any] | None:
        """Return what the page sent; None, answered already, for what came from elsewhere."""
        headers = self.headers
        own = (
            headers.get("Origin") == self.server.origin
            and headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
            and headers.get_content_type() == "application/json"
        )
        if not own:
            self._refuse(403, "Votes come from the page alone.")
            return None
        length = headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
            self._refuse(413, "This is no vote.")
            return None
        try:
            data = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            self._refuse(400, "This is no vote.")
            return None
        return data

    def _send_state(self) -> None:
        session = self.server.session
        state = {
            "done": session.done,
            "total": session.total,
            "undo": session.can_undo,
            "questions": [
                {
                    "id": one.id,
                    "left": one.left,
                    "right": one.right,
                    "width": one.pair.place.width,
                    "height": one.pair.place.height,
                }
                for one in session.ahead()
            ],
        }
        self._send(200, json.dumps(state).encode(), "application/json")

    def _send_picture(self, name: str) -> None:
        found = self.server.session.picture(name)
        if found is None:
            self._refuse(404, "There is nothing here.")
            return
        try:
            png = self.server.crops.png(*found)
        except SrtkError as error:
            self._refuse(500, "A picture cannot be had; the terminal says why.")
            self.server.session.finish(error)
            return
        self._send(200, png, "image/png")

    def _refuse(self, status: int, sentence: str) -> None:
        self.close_connection = True  # what it may have sent beside was not read
        self._send(status, sentence.encode(), "text/plain; charset=utf-8")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request; the base class would repeat it."""
        self._refuse(code, "This is no request of the page.")

    def log_message(self, format: str, *values: Any) -> None:
        """Print nothing: addresses hold the secret word."""
