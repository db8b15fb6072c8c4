"""What hub, network and repositories can do wrong: one sentence each, nothing half-written."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from huggingface_hub import constants, file_download
from made import make_run, save_checkpoint, srtk, tree
from standin import TOKEN, Hub, Reply, Request, on

import sr_toolkit as sr
from sr_toolkit.errors import CheckpointError, DataError, HubError, SrtkError
from sr_toolkit.hub.fetching import fetch
from sr_toolkit.hub.reference import Reference
from sr_toolkit.upscaling.locate import locate

NAME = "user/tiny-x4"


def refusal(*words: object) -> str:
    """Run a command that must end in one sentence, in which no token is."""
    done = srtk(*words)
    assert TOKEN not in done.out + done.err
    return done.sentence()


def pushing(weights: Path, *words: object) -> tuple[object, ...]:
    return ("hub", "push", weights, NAME, "--device", "cpu", *words)


@pytest.fixture
def there(hub: Hub, weights: Path) -> str:
    """A repository with a checkpoint; its commit."""
    return hub.make(NAME, {"model.safetensors": weights.read_bytes(), "README.md": b"#"})


def no_leftovers(home: Path) -> None:
    """Neither weights nor the beginning of any are in the cache, and no revision points nowhere."""
    names = [path for path in tree(home) if path.endswith((".safetensors", ".incomplete"))]
    assert names == []
    assert not [path for path in tree(home) if "/refs/" in path]


@pytest.mark.parametrize(
    "name",
    [
        "tiny",
        "user/tiny/x4",
        "user/",
        "/tiny",
        "user/ti ny",
        "../etc",
        "user/a..b",
        "user/x@",
        "a/b:",
    ],
)
def test_a_name_that_is_none(hub: Hub, name: str) -> None:
    assert "is named 'user/name'" in refusal("hub", "pull", name)
    assert hub.log == []


def test_references_are_read_as_written() -> None:
    assert Reference.parse("hf:a/b@refs/pr/1:x/y.safetensors") == Reference(
        "a/b", "refs/pr/1", "x/y.safetensors"
    )
    for text in ("a/b", "a/b@v1", "a/b:c.safetensors", "a/b@v1:c.safetensors"):
        assert str(Reference.parse(f"hf:{text}")) == text
    assert Reference("a/b", "0" * 40).pinned
    assert not Reference("a/b", "0" * 39).pinned


def test_pushing_without_a_token(hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    said = refusal(*pushing(weights, "--license", "MIT"))
    assert "HF_TOKEN" in said
    assert "hf auth login" in said
    assert hub.log == []


def test_a_token_that_the_hub_does_not_know(
    hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "hf_" + "x" * 30
    monkeypatch.setenv("HF_TOKEN", wrong)
    done = srtk(*pushing(weights))
    assert "does not accept the token (401)" in done.sentence()
    assert wrong not in done.err


def test_a_name_of_somebody_else(hub: Hub, weights: Path) -> None:
    said = refusal("hub", "push", weights, "other/name", "--device", "cpu")
    assert "forbids this on 'other/name' (403" in said


@pytest.mark.parametrize("stage", ["preupload", "objects/batch", "/commit/", "PUT /storage"])
def test_an_upload_that_is_refused_leaves_the_repository_as_it_was(
    hub: Hub, weights: Path, there: str, stage: str
) -> None:
    hub.faults.append(on(stage, Reply(403, b"{}", {"X-Error-Message": f"No: {TOKEN}"})))
    said = refusal(*pushing(weights))
    assert "(403: No: …)" in said
    assert hub.repositories[NAME].branches == {"main": there}


def test_a_push_that_would_be_public_against_ones_wish(hub: Hub, weights: Path, there: str) -> None:
    assert "is there and public, and nothing was pushed" in refusal(*pushing(weights, "--private"))
    assert hub.repositories[NAME].branches == {"main": there}
    assert srtk("hub", "push", weights, "user/mine", "--device", "cpu", "--private").code == 0
    assert hub.repositories["user/mine"].private


def test_what_is_not_published(hub: Hub, tmp_path: Path) -> None:
    bare = save_checkpoint(tmp_path / "bare.safetensors")
    assert "--license Apache-2.0" in refusal(*pushing(bare))
    assert "fixed method" in refusal(*pushing(Path("bicubic"), "--license", "MIT"))
    assert srtk("convert", bare, tmp_path / "other.pth").code == 0
    assert "srtk convert" in refusal(*pushing(tmp_path / "other.pth", "--license", "MIT"))
    for name in ("user/x@v1", "user/x:file"):
        with pytest.raises(HubError, match="--revision BRANCH"):
            sr.push_to_hub(bare, name, license="MIT")
    with pytest.raises(HubError, match="a branch, not to the commit"):
        sr.push_to_hub(bare, "user/x", license="MIT", revision="0" * 40)
    assert hub.log == []


def test_results_of_other_weights_are_no_scores_of_these(hub: Hub, tmp_path: Path) -> None:
    run = make_run(tmp_path / "mine", "psnr")
    other = save_checkpoint(tmp_path / "other.safetensors", 2, license="MIT")
    benched = tmp_path / "bench"
    done = srtk(
        *("bench", "--models", run.path, "--dataset", "sample", "--metrics", "psnr"),
        *("--no-cost", "--device", "cpu", "-o", benched),
    )
    assert done.code == 0, done.err
    with pytest.raises(DataError, match="has no scores of these weights"):
        sr.push_to_hub(other, NAME, results=benched, device="cpu")


def test_a_repository_that_is_not_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has no repository 'user/none'" in refusal("hub", "pull", "user/none")
    monkeypatch.delenv("HF_TOKEN")
    assert "has no repository 'user/none'" in refusal("hub", "pull", "user/none")


def test_private_and_gated(hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.make("user/closed", {"model.safetensors": weights.read_bytes()}, private=True)
    hub.make("user/gated", {"model.safetensors": weights.read_bytes()}, gated=True)
    assert locate("hf:user/closed").path is not None
    monkeypatch.delenv("HF_TOKEN")
    assert "for a private one set HF_TOKEN" in refusal("hub", "pull", "user/closed")
    said = refusal("hub", "pull", "user/gated")
    assert "is gated: accept its terms at" in said
    assert f"{hub.base}/user/gated" in said


def test_a_revision_that_is_not_there(hub: Hub, there: str) -> None:
    assert f"'{NAME}' has no revision 'v9'" in refusal("hub", "pull", f"{NAME}@v9")
    assert "has no revision 'ffff" in refusal("hub", "pull", f"{NAME}@{'f' * 40}")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Retry-After": "37"}, "try again in 37 s"),
        ({"RateLimit": '"api";r=0;t=52'}, "try again in 52 s"),
        ({}, "try again in some minutes"),
    ],
)
def test_too_many_requests(hub: Hub, headers: dict[str, str], words: str) -> None:
    hub.faults.append(on("GET /api/models", Reply(429, b"{}", headers)))
    assert words in refusal("hub", "pull", NAME)


def test_a_hub_out_of_order(hub: Hub, there: str) -> None:
    fetch(Reference.parse(NAME))
    hub.faults.append(on("GET /api/models", Reply(503)))
    assert fetch(Reference.parse(NAME)).offline == "the hub is out of order (503)"
    said = refusal("hub", "pull", "user/other")
    assert "not in the hub's cache, and the hub is out of order (503)" in said


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"[]", b"{}", b'{"id": "a/b"}'])
def test_what_answers_is_no_hub(hub: Hub, body: bytes) -> None:
    hub.faults.append(on("GET /api/models", Reply(200, body)))
    assert "is no hub" in refusal("hub", "pull", NAME)


@pytest.mark.parametrize("suffix", [".pth", ".bin", ".ckpt", ".pt", ".pkl"])
def test_pickles_alone_are_refused_before_any_of_them_is_fetched(hub: Hub, suffix: str) -> None:
    hub.make("else/where", {f"net{suffix}": b"\x80\x04.", "README.md": b"#"})
    assert "holds pickles alone" in refusal("hub", "pull", "else/where")
    assert "is a pickle" in refusal("hub", "pull", f"else/where:net{suffix}")
    assert hub.asked("resolve|storage") == []


def test_repositories_without_one_choice(hub: Hub, weights: Path) -> None:
    data = weights.read_bytes()
    hub.make("else/none", {"README.md": b"#"})
    hub.make("else/many", {"a.safetensors": data, "b/c.safetensors": data})
    assert "holds no .safetensors" in refusal("hub", "pull", "else/none")
    said = refusal("hub", "pull", "else/many")
    assert "several files of weights: a.safetensors, b/c.safetensors" in said
    assert "has no weights 'd.safetensors'" in refusal("hub", "pull", "else/many:d.safetensors")
    found = fetch(Reference.parse("else/many:b/c.safetensors"))
    assert found.path.read_bytes() == data
    assert found.folder.name == found.commit
    assert locate(found.pinned).path == found.path


def test_safetensors_of_no_known_network(hub: Hub) -> None:
    import torch
    from safetensors.torch import save

    hub.make("else/llm", {"model.safetensors": save({"wte": torch.zeros(2)}), "config.json": b"{}"})
    with pytest.raises(CheckpointError):
        sr.load("hf:else/llm")


def another(weights: Path) -> bytes:
    """Return a file of the same size, one byte of the weights another."""
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    return bytes(data)


def test_weights_that_are_not_what_the_hub_says(
    hub: Hub, weights: Path, there: str, home: Path
) -> None:
    hub.faults.append(on("GET /storage", Reply(200, another(weights)), times=1))
    assert "its SHA-256 differs, and it was removed" in refusal("hub", "pull", NAME)
    no_leftovers(home)
    assert fetch(Reference.parse(NAME)).path.read_bytes() == weights.read_bytes()


def test_weights_that_are_not_what_the_config_says(hub: Hub, weights: Path, home: Path) -> None:
    assert srtk(*pushing(weights)).code == 0
    hub.repositories[NAME].commit({"model.safetensors": another(weights)})
    assert "its SHA-256 differs" in refusal("hub", "pull", NAME)
    no_leftovers(home)


def test_weights_damaged_in_the_cache(hub: Hub, weights: Path, there: str) -> None:
    path = fetch(Reference.parse(NAME)).path
    path.resolve().write_bytes(another(weights))
    with pytest.raises(HubError, match="SHA-256 differs"):
        sr.load(f"hf:{NAME}@{there}")
    assert not path.exists()
    assert sr.load(f"hf:{NAME}@{there}", device="cpu").scales == (4,)


def test_a_truncated_download(
    hub: Hub, weights: Path, there: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 500)
    data = weights.read_bytes()
    hub.faults.append(on("GET /storage", Reply(200, data[:1000]), times=1))
    assert "could not be exchanged with the hub" in refusal("hub", "pull", NAME)
    no_leftovers(home)
    # Cut off in the middle, the client goes on where it was.
    hub.faults.append(on("GET /storage", Reply(200, data[:1000], length=len(data)), times=1))
    assert fetch(Reference.parse(NAME)).path.read_bytes() == data
    assert hub.asked("GET /storage")[-1].headers["range"] == "bytes=1000-"


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/cache"), "cache cannot be written"),
    ],
)
def test_a_disk_that_refuses(
    hub: Hub,
    there: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: OSError,
    words: str,
) -> None:
    def refuse(*given: object, **named: object) -> None:
        raise raised

    monkeypatch.setattr(file_download, "http_get", refuse)
    assert words in refusal("hub", "pull", NAME)
    no_leftovers(home)


def test_stopped_in_a_download(
    hub: Hub, there: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = file_download.http_get

    def stop(url: str, temp_file: io.BufferedWriter, **named: object) -> None:
        temp_file.write(b"begun")
        raise KeyboardInterrupt

    monkeypatch.setattr(file_download, "http_get", stop)
    out = tmp_path / "out.safetensors"
    done = srtk("hub", "pull", NAME, "-o", out)
    assert (done.code, done.err.splitlines()[-1]) == (130, "Stopped.")
    assert not out.exists()
    no_leftovers(home)
    monkeypatch.setattr(file_download, "http_get", whole)
    assert srtk("hub", "pull", NAME, "-o", out).code == 0


def test_stopped_in_an_upload(hub: Hub, weights: Path, there: str) -> None:
    def stop(request: Request) -> Reply | None:
        if "/preupload/" in request.path:
            raise_in_main()
        return None

    raise_in_main: Callable[[], None] = lambda: os.kill(os.getpid(), 2)  # noqa: E731 # SIGINT
    hub.faults.append(stop)
    done = srtk(*pushing(weights))
    assert done.code == 130
    assert hub.repositories[NAME].branches == {"main": there}


def test_no_token_in_any_traceback(hub: Hub, weights: Path, there: str) -> None:
    """What `--debug` shows, with causes and contexts, of every way to fail."""
    echo = f"the token {TOKEN} is wrong"
    for status in (400, 401, 403, 404, 409, 429, 500):
        hub.faults[:] = [on("", Reply(status, echo.encode(), {"X-Error-Message": echo}))]
        out, err = io.StringIO(), io.StringIO()
        for act in (lambda: fetch(Reference.parse("user/new")), lambda: push_quickly(weights)):
            with redirect_stdout(out), redirect_stderr(err):
                try:
                    act()
                except SrtkError:
                    traceback.print_exc()
        assert "HubError" in err.getvalue()
        assert TOKEN not in out.getvalue() + err.getvalue(), status


def push_quickly(weights: Path) -> None:
    """Upload one file, without the work of making a card."""
    from sr_toolkit.hub.faults import speaking
    from sr_toolkit.publishing.pushing import _upload

    reference = Reference.parse(NAME)
    with speaking(reference):
        _upload(reference, weights.parent, [weights.name], False, "")


@pytest.mark.slow
def test_in_a_process_of_its_own_by_variables_alone(
    hub: Hub, weights: Path, home: Path, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.base,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }

    def run(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [sys.executable, "-m", "sr_toolkit", *map(str, words)],
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert TOKEN not in ended.stdout + ended.stderr
        return ended

    pushed = run(*pushing(weights), "--debug")
    assert pushed.returncode == 0, pushed.stderr
    pulled = run("hub", "pull", NAME)
    assert pulled.stdout == pushed.stdout
    again = run("hub", "pull", NAME, HF_HUB_OFFLINE="1")
    assert again.stdout == pushed.stdout
    assert "Taken from the cache, since HF_HUB_OFFLINE is set" in again.stderr
    broken = run("hub", "pull", "user/none", "--debug")
    assert broken.returncode == 1
    assert "HubError: The hub has no repository 'user/none'" in broken.stderr
