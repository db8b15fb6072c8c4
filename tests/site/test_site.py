"""The site as Sphinx builds it, its notebooks not executed: complete, and without a warning."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sentences import ROOT

import sr_toolkit
from sr_toolkit import api
from sr_toolkit.cli import root

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; no network is asked for anything."""
    out = tmp_path_factory.mktemp("site")
    ended = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", str(out / "html")],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "SRTK_DOCS_EXECUTION": "off",
            "https_proxy": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    return out / "html"


def verbs(command: click.Command, context: click.Context, path: str) -> Iterator[str]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from verbs(below, click.Context(below, parent=context), f"{path}-{name}")


def test_every_verb_is_in_the_reference_with_its_options(site: Path) -> None:
    page = (site / "cli.html").read_text(encoding="utf-8")
    for path in verbs(root, click.Context(root), "srtk"):
        assert f'id="{path}"' in page, path
    assert 'id="cmdoption-srtk-upscale-tile"' in page


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")
    for module in (sr_toolkit, api):
        for name in module.__all__:
            assert re.search(rf'id="sr_toolkit\.([\w.]+\.)?{name}"', page), name


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*src="([^"]+)"', text)
        loaded += re.findall(r'<link[^>]*rel="(?:stylesheet|preload)"[^>]*href="([^"]+)"', text)
        assert not [one for one in loaded if re.match(r"(https?:)?//", one)], page
