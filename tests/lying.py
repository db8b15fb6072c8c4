"""A server on this machine that lies as told, and archives to lie with."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import os
import re
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.catalog.records import Archive, Entry, Piece, Source
from sr_toolkit.fetching.http import Patience

os.environ["no_proxy"] = "*"  # a proxy would not find this machine's own address
PATIENCE = Patience(tries=3, timeout=0.4, first_wait=0.01, longest_wait=0.05, least=1)
NAMES = ("baby", "bird", "butterfly", "head", "woman")


@dataclass
class Reply:
    """What is sent: `body` may be cut, delayed, or not as long as the headers say."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1
    pause: float = 0.0
    trickle: float = 0.0


Answer = Callable[[Mapping[str, str]], Reply]


def fixed(**words: object) -> Answer:
    return lambda headers: Reply(**words)  # type: ignore[arg-type]


def honest(data: bytes, tag: str = '"one"') -> Answer:
    """Serve a file as RFC 9110 says: Range, If-Range, Content-Range, 416."""

    def answer(headers: Mapping[str, str]) -> Reply:
        own = {"ETag": tag, "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("Range", ""))
        if asked is None or headers.get("If-Range", tag) != tag:
            return Reply(data, headers=own)
        first, last = int(asked[1]), int(asked[2] or len(data) - 1)
        if first >= len(data):
            return Reply(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        last = min(last, len(data) - 1)
        own["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Reply(data[first : last + 1], status=206, headers=own)

    return answer


def rangeless(data: bytes) -> Answer:
    return fixed(body=data)


def broken_at(count: int, answer: Answer) -> Answer:
    """Send the first `count` bytes of what is declared, and hang up."""

    def cut(headers: Mapping[str, str]) -> Reply:
        reply = answer(headers)
        return dataclasses.replace(reply, body=reply.body[:count], length=len(reply.body))

    return cut


class Server:
    """Answers each path by its script, one answer a request, the last one for ever.

    Attributes:
        log: (path, headers) of all requests.
        sent: bytes of all bodies.
    """

    def __init__(self) -> None:
        self.script: dict[str, list[Answer]] = {}
        self.log: list[tuple[str, dict[str, str]]] = []
        self.sent = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.log.append((self.path, dict(self.headers.items())))
                answers = outer.script.get(self.path.partition("?")[0], [fixed(status=404)])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                with contextlib.suppress(ConnectionError):
                    self.reply(answer(self.headers))

            def reply(self, reply: Reply) -> None:
                time.sleep(reply.pause)
                self.send_response(reply.status)
                length = len(reply.body) if reply.length == -1 else reply.length
                if length is not None:
                    self.send_header("Content-Length", str(length))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                step = 64 if reply.trickle else 1 << 16
                for place in range(0, len(reply.body), step):
                    # Counted before: the client may be done before this thread goes on.
                    outer.sent += len(reply.body[place : place + step])
                    self.wfile.write(reply.body[place : place + step])
                    time.sleep(reply.trickle)

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Server:
        # A short poll: shutting down waits for it.
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ranges(self, path: str) -> list[str | None]:
        return [headers.get("Range") for asked, headers in self.log if asked == path]


def png(value: int, size: int = 24) -> bytes:
    """Return a PNG of noise, which does not compress."""
    pixels = np.random.default_rng(value).integers(0, 256, (size, size, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def images(
    folder: str = "Set5", names: tuple[str, ...] = NAMES, size: int = 24
) -> dict[str, bytes]:
    return {f"{folder}/{name}.png": png(number, size) for number, name in enumerate(names)}


def zipped(files: Mapping[str, bytes], *extra: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for info, data in extra:
            archive.writestr(info, data)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes], *extra: tarfile.TarInfo, mode: str = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in extra:
            archive.addfile(info)
    return stream.getvalue()


def archive_of(
    data: bytes, *urls: str, name: str = "toy.zip", hashed: bool = True, sized: bool = True
) -> Archive:
    """Return the catalog's word on an archive whose true content is `data`."""
    return Archive(
        name=name,
        urls=urls,
        size=len(data) if sized else None,
        at_most=0 if sized else len(data) + 1000,
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}" if hashed else "",
    )


def set5_of(*archives: Archive, count: int = 5) -> Entry:
    """Return Set5 with other sources: HR alone, below `Set5/` in the archive."""
    piece = Piece(
        folders=("Set5/HR", "Set5"),
        count=count,
        sources=tuple(Source(archive=archive, inside="Set5") for archive in archives),
    )
    return dataclasses.replace(CATALOG["set5"], pieces=(piece,))


@contextlib.contextmanager
def serving(**script: list[Answer]) -> Iterator[Server]:
    with Server() as server:
        server.script = {f"/{name}": answers for name, answers in script.items()}
        yield server
