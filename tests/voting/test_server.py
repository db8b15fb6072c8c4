"""The page's server: who is let in, what is given, and that it names no model."""

from __future__ import annotations

import io
import json
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from voting_made import EVIL, MODELS, Client, Noise

from sr_toolkit.errors import ConfigError, DataError
from sr_toolkit.voting.server import Server
from sr_toolkit.voting.session import Session

Serve = Callable[[Session], Client]
PATHS = ("", "state", "page.js", "page.css", "picture/x")


def test_a_vote_goes_from_the_page_to_the_file(session: Session, serve: Serve) -> None:
    client = serve(session)
    state = client.state()
    assert (state["done"], state["total"], state["undo"]) == (0, 10, False)
    status, body, _ = client.vote("left")
    assert (status, json.loads(body)["done"]) == (200, 1)
    assert session.votes.votes[0].answer == "left"
    assert json.loads(client.post("undo", {})[1])["done"] == 0
    assert client.post("finish", {})[0] == 200
    session.wait(grace=1000)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_secret_word_there_is_nothing(
    session: Session, serve: Serve, path: str
) -> None:
    client = serve(session)
    for token in ("", "x", client.server.token[:-1], client.server.token + "x", "é"):
        quoted = token.replace("é", "%C3%A9")
        assert client.get(path, token=quoted)[:2] == (404, b"There is nothing here.")
        assert client.post("undo", {}, token=quoted)[0] == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost:1", "", "[::1]"]
)
def test_another_host_is_refused(session: Session, serve: Serve, path: str, host: str) -> None:
    client = serve(session)
    host = host.format(port=client.server.server_port)
    assert client.get(path, Host=host)[0] == 421
    assert client.post("vote", {}, Host=host)[0] == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_post_from_elsewhere_is_refused(session: Session, serve: Serve, headers) -> None:
    client = serve(session)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    question = client.state()["questions"][0]["id"]
    body = {"question": question, "answer": "left", "milliseconds": 1}
    assert client.post("vote", body, **headers)[0] == 403
    assert client.state()["done"] == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"answer": "left"}', b"[" * 4000, b" " * 5000, b"\xff"],
)
def test_what_is_no_vote_is_refused(session: Session, serve: Serve, body: bytes) -> None:
    client = serve(session)
    assert client.post("vote", body)[0] in (400, 413)
    assert client.state()["done"] == 0


@pytest.mark.parametrize("time", ["soon", None, float("nan"), float("inf"), []])
def test_times_are_numbers(session: Session, serve: Serve, time) -> None:
    client = serve(session)
    assert client.vote("left", milliseconds=time)[0] == 400
    assert client.vote("sideways")[0] == 400
    assert client.vote("left", milliseconds=-5)[0] == 200
    assert client.vote("left", milliseconds=1e300)[0] == 200
    times = [vote.milliseconds for vote in session.votes.votes]
    assert times == [0, 24 * 3600 * 1000]


def test_only_this_machine_is_listened_to(session: Session, serve: Serve) -> None:
    client = serve(session)
    assert client.server.server_address[0] == "127.0.0.1"
    port = client.server.server_port
    with pytest.raises(ConfigError, match=f"Cannot listen on port {port}: .*another --port"):
        Server(session, Noise(), port)
    with pytest.raises(ConfigError, match="another --port"):
        Server(session, Noise(), 70_000)


def test_nothing_names_a_model_an_image_or_a_person(session: Session, serve: Serve) -> None:
    client = serve(session)
    page = b"".join(
        body + str(headers).encode()
        for status, body, headers in map(client.get, ("", "page.js", "page.css"))
        if status == 200
    )
    assert b"Which one looks better?" in page
    pages = [page]
    ids = set()
    for _ in range(session.total):
        state = client.state()
        for question in state["questions"]:
            ids |= {question["id"], question["left"], question["right"]}
        pages.append(json.dumps(state).encode())
        question = state["questions"][0]
        for side in ("left", "right"):
            status, png, headers = client.get(f"picture/{question[side]}")
            assert status == 200
            assert headers["Content-Type"] == "image/png"
            with Image.open(io.BytesIO(png)) as picture:
                assert picture.size == (question["width"], question["height"])
                assert picture.info == {}
            chunks = re.findall(rb"(?:IHDR|IDAT|IEND|tEXt|iTXt|zTXt|eXIf|tIME)", png)
            assert not {b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME"} & set(chunks)
            pages.append(str(headers).encode())
        pages.append(client.vote("none")[1])
    whole = b"\n".join(pages).lower()
    for word in (*MODELS[:2], EVIL, "ada", "set5", "onerror="):
        if word == "ada":  # a short word, which random ones may hold
            assert f'"{word}"'.encode() not in whole
        else:
            assert word.encode() not in whole, word
    assert re.search(rb"\bhr\b", whole) is None
    assert b"repeat" not in b"".join(pages[1:]).lower()
    # Random words of one length: neither their form nor their order tells anything.
    assert len(ids) == 3 * session.total
    assert all(re.fullmatch(r"[0-9a-f]{24}", one) for one in ids)


def test_the_page_may_load_nothing_from_elsewhere(session: Session, serve: Serve) -> None:
    client = serve(session)
    for path in ("", "state", "page.js", "none"):
        headers = client.get(path)[2]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers
    page = client.get("")[1].decode()
    assert "http" not in page
    assert "<script>" not in page
    assert " style=" not in page
    assert " on" not in re.sub(r">[^<]*<", "><", page)  # no handlers in attributes


def test_strange_requests_end_in_an_answer(session: Session, serve: Serve) -> None:
    client = serve(session)
    for request in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"nonsense\r\n\r\n",
        f"GET {EVIL} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", client.server.server_port), 5) as line:
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: line.recv(4096), b""))
        assert re.search(rb"HTTP/1.1 (4\d\d|501)|^This is no request", answer), answer
        assert b"<" not in answer
    assert client.get("../../setup.cfg")[0] == 404
    assert client.get("picture/../page.js")[0] == 404


def test_a_picture_that_is_gone_ends_the_session(
    session: Session, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve(session)

    def gone(pair, model):
        raise DataError(f"'{model}' is gone.")

    monkeypatch.setattr(client.server.crops, "png", gone)
    name = client.state()["questions"][0]["left"]
    status, body, _ = client.get(f"picture/{name}")
    assert (status, body) == (500, b"A picture cannot be had; the terminal says why.")
    with pytest.raises(DataError, match="is gone"):
        session.wait(grace=1000)


def test_many_presses_at_once_are_one_vote(session: Session, serve: Serve) -> None:
    client = serve(session)
    question = client.state()["questions"][0]["id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.vote("left", question)[0], range(8)))
    assert answers == [200] * 8
    assert len(session.votes.votes) == 1
