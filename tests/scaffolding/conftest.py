from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

import pytest
from environments import Environment

import sr_toolkit


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    made = Environment(home)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(made.run(made.python, "-c", ask, cwd=tmp_path).strip())
    packages = sysconfig.get_path("purelib")
    # Through site, so that packages in editable form are seen, too.
    (own / "seen.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
    tree = Path(sr_toolkit.__file__).parents[1]
    if not tree.is_relative_to(packages):
        (own / "tree.pth").write_text(f"{tree}\n")
    return made
