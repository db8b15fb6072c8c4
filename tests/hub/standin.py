"""A stand-in of the hub's HTTP interface, as far as its own client uses it, kept in memory.

Repositories have branches of commits, a commit has files by path. Large and binary files go through
the LFS batch interface and come back by a redirect to another host name, as from the hub's storage.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from huggingface_hub import constants
from huggingface_hub.utils import close_session

os.environ["no_proxy"] = "*"  # a proxy would not find this machine's own address
TOKEN = "hf_" + "SecretOfTheTests" * 2
BINARY = (".safetensors", ".png", ".pth", ".bin")


@dataclass
class Reply:
    """What is sent; `length` may lie."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Request:
    """What was asked; the path as it came, with %2F where a name has a slash."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Repository:
    """Branches to commits, commits to their files; the newest commit of a branch is the last."""

    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(
        self,
        files: Mapping[str, bytes],
        branch: str = "main",
        message: str = "",
        removed: Iterable[str] = (),
    ) -> str:
        held = {**self.commits.get(self.branches.get(branch, ""), {}), **files}
        for path in removed:
            del held[path]  # a name that is not there is a fault
        text = f"{len(self.commits)}{branch}{sorted(held)}"
        name = hashlib.sha1(text.encode()).hexdigest()
        self.commits[name], self.branches[branch] = held, name
        self.messages.append(message)
        return name

    def find(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.branches.get(revision)


class RefusedError(Exception):
    def __init__(self, status: int, code: str = "", message: str = "", **headers: str) -> None:
        own = {"X-Error-Code": code, "X-Error-Message": message, **headers}
        named = {key.replace("_", "-"): value for key, value in own.items() if value}
        self.reply = Reply(status, json.dumps({"error": message}).encode(), named)


Fault = Callable[[Request], Reply | None]


class Hub:
    """The state, and what answers for it.

    Attributes:
        repositories: by `user/name`.
        stored: LFS objects by SHA-256.
        log: all requests.
        faults: asked first; what one returns is sent instead of the truth.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.stored: dict[str, bytes] = {}
        self.log: list[Request] = []
        self.faults: list[Fault] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {key.lower(): value for key, value in self.headers.items()}
                query = parse_qs(parts.query)
                request = Request(self.command, parts.path, query, headers, body)
                with contextlib.suppress(ConnectionError):
                    self.send(outer.answer(request))

            do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 # the library's names

            def send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                length = len(reply.body) if reply.length is None else reply.length
                self.send_header("Content-Length", str(length))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)
                if length != len(reply.body):
                    self.close_connection = True

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        port = self._server.server_address[1]
        self.base, self.storage = f"http://127.0.0.1:{port}", f"http://localhost:{port}"

    def __enter__(self) -> Hub:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def make(self, name: str, files: Mapping[str, bytes], **words: bool) -> str:
        """Put a repository there, as if somebody had pushed it; return its commit."""
        self.repositories[name] = Repository(**words)
        return self.repositories[name].commit(files)

    def asked(self, pattern: str) -> list[Request]:
        return [r for r in self.log if re.search(pattern, f"{r.method} {r.path}")]

    def answer(self, request: Request) -> Reply:
        self.log.append(request)
        try:
            for fault in self.faults:
                if (reply := fault(request)) is not None:
                    return reply
            for pattern, act in ROUTES:
                found = re.fullmatch(pattern, f"{request.method} {request.path}")
                if found is not None:
                    return act(self, request, *map(unquote, found.groups()))
        except RefusedError as refused:
            return refused.reply
        return Reply(404, b"{}")

    # What the interface does

    def require_token(self, request: Request) -> None:
        if not request.token:
            raise RefusedError(401, message="Please log in")
        if request.token != TOKEN:
            raise RefusedError(401, message="Invalid credentials in Authorization header")

    def look_up(self, request: Request, name: str) -> Repository:
        found = self.repositories.get(name)
        member = request.token == TOKEN
        if found is None or (found.private and not member):
            raise RefusedError(404 if member else 401, "RepoNotFound", "Repository not found")
        if found.gated and not member:
            raise RefusedError(403, "GatedRepo", "Access to the model is restricted")
        return found

    def at(self, repository: Repository, revision: str) -> str:
        found = repository.find(revision)
        if found is None:
            raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    def create(self, request: Request) -> Reply:
        self.require_token(request)
        data = request.json()
        name = f"{data['organization']}/{data['name']}"
        if data["organization"] != "user":
            raise RefusedError(403, message="You don't have the rights to create a model there")
        if name in self.repositories:
            there = {"error": "You already created this model repo", "url": f"{self.base}/{name}"}
            return reply(there, 409)
        self.repositories[name] = Repository(private=data.get("visibility") == "private")
        self.repositories[name].commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        return reply({"url": f"{self.base}/{name}", "name": name, "id": name})

    def validate_yaml(self, request: Request) -> Reply:
        found = re.match(r"---\n(.*?)\n---\n", request.json()["content"], re.DOTALL)
        data = yaml.safe_load(found[1]) if found else {}
        errors = [
            {"message": f'"{key}" must be a {kind.__name__}'}
            for key, kind in {"license": str, "tags": list, "library_name": str}.items()
            if not isinstance(data.get(key, kind()), kind)
        ]
        return reply({"errors": errors, "warnings": []}, 400 if errors else 200)

    def preupload(self, request: Request, name: str, revision: str) -> Reply:
        self.require_token(request)
        self.at(self.look_up(request, name), revision)
        modes = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(BINARY) else "regular",
                "shouldIgnore": False,
            }
            for file in request.json()["files"]
        ]
        return reply({"files": modes})

    def batch(self, request: Request, name: str) -> Reply:
        self.require_token(request)
        objects = []
        for item in request.json()["objects"]:
            actions = {
                "upload": {"href": f"{self.storage}/storage/{item['oid']}"},
                "verify": {"href": f"{self.base}/verify"},
            }
            known = item["oid"] in self.stored
            objects.append(item if known else {**item, "actions": actions})
        return reply({"transfer": "basic", "objects": objects})

    def store(self, request: Request, oid: str) -> Reply:
        if hashlib.sha256(request.body).hexdigest() != oid:
            return Reply(400, b"{}")
        self.stored[oid] = request.body
        return Reply()

    def verify(self, request: Request) -> Reply:
        data = request.json()
        size = len(self.stored.get(data["oid"], b""))
        return Reply(200 if size == data["size"] else 404, b"{}")

    def commit(self, request: Request, name: str, branch: str) -> Reply:
        self.require_token(request)
        repository = self.look_up(request, name)
        self.at(repository, branch)
        files, message, removed = {}, "", []
        for line in request.body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
            elif item["key"] == "file":
                assert value["encoding"] == "base64"
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.stored[value["oid"]]
            elif item["key"] == "deletedFile":
                removed.append(value["path"])
        done = repository.commit(files, branch, message, removed)
        return reply({"commitUrl": f"{self.base}/{name}/commit/{done}", "commitOid": done})

    def branch(self, request: Request, name: str, branch: str) -> Reply:
        self.require_token(request)
        repository = self.look_up(request, name)
        if branch in repository.branches:
            return Reply(409, b'{"error": "Reference already exists"}')
        repository.branches[branch] = repository.branches["main"]
        return reply({})

    def info(self, request: Request, name: str, revision: str = "main") -> Reply:
        repository = self.look_up(request, name)
        commit = self.at(repository, revision)
        siblings = []
        for path, data in repository.commits[commit].items():
            entry: dict[str, Any] = {"rfilename": path}
            if "blobs" in request.query:
                entry |= {"size": len(data), "blobId": git_hash(data)}
                if path.endswith(BINARY):
                    oid = hashlib.sha256(data).hexdigest()
                    entry["lfs"] = {"sha256": oid, "size": len(data), "pointerSize": 130}
            siblings.append(entry)
        about = {"id": name, "sha": commit, "private": repository.private, "siblings": siblings}
        return reply({**about, "tags": [], "downloads": 0, "likes": 0})

    def resolve(self, request: Request, name: str, revision: str, path: str) -> Reply:
        repository = self.look_up(request, name)
        commit = self.at(repository, revision)
        data = repository.commits[commit].get(path)
        if data is None:
            raise RefusedError(404, "EntryNotFound", "Entry not found", X_Repo_Commit=commit)
        if not path.endswith(BINARY):
            headers = {"X-Repo-Commit": commit, "ETag": f'"{git_hash(data)}"'}
            return Reply(200, data, headers)
        oid = hashlib.sha256(data).hexdigest()
        self.stored[oid] = data
        headers = {
            "X-Repo-Commit": commit,
            "X-Linked-Etag": f'"{oid}"',
            "X-Linked-Size": str(len(data)),
            "Location": f"{self.storage}/storage/{oid}",
        }
        return Reply(302, b"", headers)

    def load(self, request: Request, oid: str) -> Reply:
        data = self.stored[oid]
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if asked is None:
            return Reply(200, data, {"ETag": f'"{oid}"'})
        begin = int(asked[1])
        span = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        return Reply(206, data[begin:], {"Content-Range": span})


NAME = r"([^/]+/[^/]+)"
ROUTES: list[tuple[str, Callable[..., Reply]]] = [
    (r"POST /api/repos/create", Hub.create),
    (r"POST /api/validate-yaml", Hub.validate_yaml),
    (rf"POST /api/models/{NAME}/preupload/(.+)", Hub.preupload),
    (rf"POST /{NAME}\.git/info/lfs/objects/batch", Hub.batch),
    (r"PUT /storage/(\w+)", Hub.store),
    (r"POST /verify", Hub.verify),
    (rf"POST /api/models/{NAME}/commit/(.+)", Hub.commit),
    (rf"POST /api/models/{NAME}/branch/(.+)", Hub.branch),
    (rf"GET /api/models/{NAME}", Hub.info),
    (rf"GET /api/models/{NAME}/revision/(.+)", Hub.info),
    (rf"(?:GET|HEAD) /{NAME}/resolve/([^/]+)/(.+)", Hub.resolve),
    (r"(?:GET|HEAD) /storage/(\w+)", Hub.load),
]


def reply(data: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def on(pattern: str, answer: Reply, times: int = -1) -> Fault:
    """Answer requests whose 'METHOD /path' has `pattern` so, the first `times` of them."""
    left = [times]

    def fault(request: Request) -> Reply | None:
        if left[0] == 0 or not re.search(pattern, f"{request.method} {request.path}"):
            return None
        left[0] -= 1
        return answer

    return fault


@contextlib.contextmanager
def connected(home: Path) -> Iterator[Hub]:
    """Lead the client of this process to a stand-in, logged in; its files go to `home`, Xet is off.

    The library reads its variables when it is imported, so that they are set in its module.
    """
    with Hub() as hub, pytest.MonkeyPatch.context() as patch:
        template = hub.base + "/{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "ENDPOINT", hub.base)
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        patch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
        patch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
        patch.setattr(constants, "HF_STORED_TOKENS_PATH", str(home / "stored_tokens"))
        patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        for name in list(os.environ):
            if name.startswith(("HF_", "HUGGING")):
                patch.delenv(name)
        patch.setenv("HF_TOKEN", TOKEN)
        try:
            yield hub
        finally:
            close_session()
