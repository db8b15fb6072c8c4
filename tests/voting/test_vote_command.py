"""`srtk vote` as a person starts it: a process, its page, its file, its end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import picture, save_checkpoint, srtk
from PIL import Image
from voting_made import EVIL

from sr_toolkit.benching.labels import folder_names
from sr_toolkit.voting import judging
from sr_toolkit.voting.votes import read_votes


@dataclass
class Running:
    """A process that serves, and its page's address."""

    process: subprocess.Popen[str]
    port: int
    path: str

    def send(self, name: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if body is None:
            connection.request("GET", self.path + name)
        else:
            headers = {
                "Origin": f"http://127.0.0.1:{self.port}",
                "Content-Type": "application/json",
            }
            connection.request("POST", self.path + name, json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 200, content
        return content if name.startswith("picture") else json.loads(content)

    def vote(self, answer: str = "left") -> Any:
        question = self.send("state")["questions"][0]["id"]
        return self.send("vote", {"question": question, "answer": answer, "milliseconds": 7})


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `srtk vote` on the pictures below `tmp_path / "photos"`."""
    processes = []

    def run(*words: object) -> Running:
        command = "from sr_toolkit.cli import main; main()"
        given = ["vote", "--no-browser", "--votes", tmp_path / "votes.json", *words]
        process = subprocess.Popen(
            [sys.executable, "-c", command, *map(str, given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        processes.append(process)
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            found = re.search(r"http://127\.0\.0\.1:(\d+)(/\S+/)", line)
            if found:
                return Running(process, int(found[1]), found[2])
        raise AssertionError(said)

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name, size in ((EVIL, (64, 48)), ("b.png", (40, 64)), ("c.png", (48, 48))):
        picture(tmp_path / "photos" / name, *size)
    return tmp_path / "photos"


@pytest.fixture
def asked(photos: Path) -> tuple[object, ...]:
    folder = f"folder:{photos}"
    return ("--models", "nearest,hr", "--dataset", folder, "--crop", 32, "--device", "cpu")


@pytest.mark.slow
def test_killed_it_goes_on_where_it_was(start: Start, asked, tmp_path: Path) -> None:
    first = start(*asked)
    assert first.send("state")["total"] == 4  # three images and a repeat
    first.vote()
    first.vote("none")
    first.process.kill()
    first.process.communicate()
    kept = read_votes(tmp_path / "votes.json")
    assert [vote.answer for vote in kept.votes] == ["left", "none"]
    assert kept.labels == ["nearest", "hr"]  # bicubic was benched and not asked for
    second = start(*asked)
    assert second.send("state")["done"] == 2
    second.vote()
    assert second.vote()["questions"] == []
    second.send("finish", {})
    out, err = second.process.communicate(timeout=30)
    assert second.process.returncode == 0, err
    assert "preferred to nearest" in out
    assert read_votes(tmp_path / "votes.json").votes[:2] == kept.votes
    ended = srtk("vote", "--no-browser", "--votes", tmp_path / "votes.json", *asked)
    assert (ended.code, ended.out) == (0, out)
    assert "All pairs are judged already." in ended.err
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} <= {
        "votes.json",
        ".votes.json.lock",
    }


@pytest.mark.slow
def test_ctrl_c_tells_the_result(start: Start, asked, tmp_path: Path) -> None:
    running = start(*asked, "--name", "Ada")
    running.vote()
    running.process.send_signal(signal.SIGINT)
    out, err = running.process.communicate(timeout=30)
    assert running.process.returncode == 130, err
    assert "1 vote of 1 person" in out
    assert "Every answer is in" in err.splitlines()[-1]
    assert read_votes(tmp_path / "votes.json").votes[0].person == "Ada"
    untouched = start(*asked, "--votes", tmp_path / "other.json")
    untouched.process.send_signal(signal.SIGINT)
    out, err = untouched.process.communicate(timeout=30)
    assert (untouched.process.returncode, out) == (130, "")
    assert not (tmp_path / "other.json").exists()


@pytest.mark.slow
def test_results_are_judged_with_the_pictures_scored(
    start: Start, photos: Path, tmp_path: Path
) -> None:
    weights = save_checkpoint(tmp_path / "tiny.safetensors")
    benched = srtk(
        *("bench", "--models", f"{weights},nearest", "--dataset", f"folder:{photos}", "--no-cost"),
        *("--metrics", "psnr", "--device", "cpu", "-o", tmp_path / "out", "--save-images"),
    )
    assert benched.code == 0, benched.err
    running = start("--results", tmp_path / "out", "--crop", 32)
    state = running.send("state")
    assert state["total"] == 9 + 1
    shown = {}
    for _ in range(10):
        question = running.send("state")["questions"][0]
        png = [running.send(f"picture/{question[side]}") for side in ("left", "right")]
        running.vote()
        shown[len(shown)] = png
    running.send("finish", {})
    running.process.communicate(timeout=30)
    votes = read_votes(tmp_path / "votes.json")
    assert {"bicubic", "nearest"} < set(votes.labels)
    folders = dict(zip(votes.labels, folder_names(votes.labels), strict=True))
    for place, vote in enumerate(votes.votes):
        for model, png in zip((vote.left, vote.right), shown[place], strict=True):
            file = tmp_path / "out" / "images" / folders[model] / f"{vote.image}.png"
            with Image.open(file) as sr:
                whole = np.asarray(sr.convert("RGB"))
            (tmp_path / "crop.png").write_bytes(png)
            with Image.open(tmp_path / "crop.png") as crop:
                wanted = whole[vote.y : vote.y + vote.height, vote.x : vote.x + vote.width]
                np.testing.assert_array_equal(np.asarray(crop), wanted)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "Nothing to judge: give --models"),
        (("--models", "bicubic"), 1, "A pair takes two models"),
        (("--models", "hr"), 1, "A pair takes two models"),
        (("--models", "bicubic,nearest", "--crop", 4), 1, "--crop takes 16 or more"),
        (("--models", "bicubic,nearest", "--name", "\udcff"), 1, "is no valid text"),
        (("--models", "bicubic,nearest", "--pairs", 0), 1, "--pairs 1 or more"),
        (("--models", "bicubic,nearset"), 1, "Did you mean"),
        (("--models", "bicubic,nearest", "--scale", "2,3"), 2, "One scale is taken here"),
        (("a.json",), 2, "FILES goes with --merge alone"),
        (("--merge", "a.json", "-o", "b.json"), 2, "two files or more"),
        (("--merge", "a.json", "b.json"), 2, "-o the one to write"),
        (("--report", "a.json", "--models", "x"), 2, "Leave out --models"),
        (("--report", "a.json"), 1, "There is no file of votes"),
        (("--results", "none.json"), 1, "There is no results.json"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    words, code: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(judging, "_serve", None)  # nothing gets as far as that
    ended = srtk("vote", *words)
    assert ended.code == code, ended.err
    assert sentence in ended.err.replace("\n", " ")
    assert not (tmp_path / "votes.json").exists()


def test_other_pictures_do_not_go_on_in_the_file(
    asked, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_vote(wanted, session, gallery, tell) -> None:
        session.answer(session.ahead()[0].id, "left", 5)

    monkeypatch.setattr(judging, "_serve", one_vote)
    file = tmp_path / "votes.json"
    assert srtk("vote", *asked, "--votes", file).code == 0
    before = file.read_bytes()
    more = [*asked[:1], "nearest,hr,bicubic", *asked[2:]]
    assert "'bicubic' is in one alone" in srtk("vote", *more, "--votes", file).sentence()
    picture(photos / "b.png", 44, 64)
    assert "other images" in srtk("vote", *asked, "--votes", file).sentence()
    assert file.read_bytes() == before
    none = srtk("vote", *asked, "--no-reference")
    assert none.code == 2
