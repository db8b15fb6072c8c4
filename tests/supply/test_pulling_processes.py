"""Real processes: killed, interrupted, two at once, behind a mirror."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from lying import Answer, Reply, Server, fixed, honest, images, tarred
from shop import GOOD, Shop

from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError
from sr_toolkit.supply.placing import WORKSHOP

PULL = """
import sys
from pathlib import Path
from lying import PATIENCE, archive_of, set5_of
from sr_toolkit.supply import unpacking
from sr_toolkit.supply.pulling import Pull, Wish
base, data, root, hang = sys.argv[1:]
if hang:
    def place(*words, **named):
        print("placing", flush=True)
        import time
        time.sleep(60)
    unpacking.place = place
archive = archive_of(Path(data).read_bytes(), f"{base}/toy.zip")
Pull(root=Path(root), patience=PATIENCE).run([Wish(entry=set5_of(archive))])
"""


def slowly(answer: Answer, seconds: float) -> Answer:
    def slow(headers: Mapping[str, str]) -> Reply:
        reply = answer(headers)
        return dataclasses.replace(reply, trickle=seconds * 64 / max(1, len(reply.body)))

    return slow


def begin(shop: Shop, tmp_path: Path, *, hang: bool = False) -> subprocess.Popen[str]:
    data = tmp_path / "good.zip"
    data.write_bytes(GOOD)
    words = [shop.server.base, str(data), str(shop.root), "hang" if hang else ""]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PULL, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def end(process: subprocess.Popen[str], how: int | None = None) -> tuple[int, str]:
    if how is not None:
        process.send_signal(how)
    errors = process.communicate(timeout=30)[1]
    return process.returncode, errors


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.005)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_killed_while_it_downloads(shop: Shop, tmp_path: Path) -> None:
    part = shop.root / WORKSHOP / "toy.zip.part"
    shop.answer(slowly(honest(GOOD), 3))
    process = begin(shop, tmp_path)
    wait_for(lambda: size(part) > 0)
    assert end(process, signal.SIGKILL)[0] == -signal.SIGKILL
    have = size(part)
    assert 0 < have < len(GOOD)
    shop.assert_absent(part=True)
    shop.server.log.clear()
    shop.answer(honest(GOOD))
    shop.pull()
    shop.assert_whole()
    assert shop.server.ranges("/toy.zip") == [f"bytes={have}-"]


def test_killed_while_it_unpacks(shop: Shop, tmp_path: Path) -> None:
    process = begin(shop, tmp_path, hang=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "placing\n"
    assert end(process, signal.SIGKILL)[0] == -signal.SIGKILL
    assert len(list((shop.root / "Set5" / ".HR.partial").iterdir())) == 5
    with pytest.raises(DataError, match="was not found"):
        open_dataset("set5", [shop.root])
    asked = len(shop.server.log)
    shop.pull()
    shop.assert_whole()
    assert len(shop.server.log) == asked  # the download was whole, and is not fetched again


@pytest.mark.slow
def test_killed_at_any_moment(shop: Shop, tmp_path: Path) -> None:
    chance = random.Random(0)
    shop.answer(slowly(honest(GOOD), 0.3))
    whole = 0
    for _ in range(25):
        process = begin(shop, tmp_path)
        wait_for(lambda: (shop.root / WORKSHOP).exists())
        time.sleep(chance.uniform(0, 0.5))
        end(process, signal.SIGKILL)
        try:
            dataset = open_dataset("set5", [shop.root])
        except DataError as error:
            assert "was not found" in str(error)
        else:
            whole += 1
            assert len(dataset) == 5
            for index in range(5):
                dataset.image(index)
            for path in shop.root.iterdir():
                subprocess.run(["rm", "-r", str(path)], check=True)
    assert 0 < whole < 25
    shop.answer(honest(GOOD))
    shop.pull()
    shop.assert_whole()


def test_two_at_once_fetch_once(shop: Shop, tmp_path: Path) -> None:
    shop.answer(slowly(honest(GOOD), 0.5))
    processes = [begin(shop, tmp_path) for _ in range(2)]
    assert [end(process) for process in processes] == [(0, ""), (0, "")]
    shop.assert_whole()
    assert shop.server.ranges("/toy.zip") == [None]


def command(root: Path, server: Server, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sr_toolkit", "data", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "SRTK_MIRROR": server.base,
            "SRTK_DATA": str(root),
        },
    )


def test_ctrl_c(tmp_path: Path) -> None:
    with Server() as server:
        server.script["/benchmark.tar"] = [
            fixed(body=bytes(1 << 20), length=250_112_000, trickle=0.001, headers={"ETag": '"1"'})
        ]
        process = command(tmp_path, server, "pull", "set5")
        wait_for(lambda: size(tmp_path / WORKSHOP / "benchmark.tar.part") > 0)
        code, errors = end(process, signal.SIGINT)
    assert code == 130
    assert errors.splitlines()[-1] == "Stopped."
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == [WORKSHOP]


def test_the_command_behind_a_mirror(tmp_path: Path) -> None:
    """The catalog's own Set5: the tar of all four is not there, the HR alone is taken."""
    with Server() as server:
        server.script["/Set5_HR.tar.gz"] = [honest(tarred(images("Set5_HR"), mode="w:gz"))]
        process = command(tmp_path, server, "pull", "set5")
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, f"{tmp_path / 'Set5' / 'HR'}\n")
    lines = errors.splitlines()
    assert lines[0].startswith("Set5: no license is stated")
    assert "answers with 404" in errors
    assert lines[-1].endswith("5 images; checked: no hash was published; images counted.")
    assert len(open_dataset("set5", [tmp_path])) == 5


def test_a_mirror_is_not_believed(tmp_path: Path) -> None:
    with Server() as server:
        server.script["/DIV2K_valid_LR_bicubic_X4.zip"] = [honest(GOOD)]
        server.script["/DIV2K_valid_HR.zip"] = [honest(GOOD)]
        process = command(tmp_path, server, "pull", "div2k:valid", "--scales", "4")
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert "offers 9," in errors
    assert "where the catalog states 448,993,893" in errors
    assert [path.name for path in tmp_path.iterdir()] == [WORKSHOP]
