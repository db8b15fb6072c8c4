"""An environment to install new plugins into."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """An environment that holds what is installed into it, and sees this one's packages."""

    home: Path

    @property
    def python(self) -> str:
        return str(self.home / "bin" / "python")

    def run(self, *words: str, cwd: Path, code: int = 0) -> str:
        """Run a command with this environment's programs first; returns its output."""
        ended = subprocess.run(
            words,
            cwd=cwd,
            env={
                **os.environ,
                "PATH": f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, f"{words}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout + ended.stderr

    def srtk(self, *words: str, cwd: Path, code: int = 0) -> str:
        return self.run(self.python, "-m", "sr_toolkit", *words, cwd=cwd, code=code)

    def install(self, folder: Path) -> None:
        """Install a project in editable form, with this environment's own tools and no network."""
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "-q"]
        self.run(*pip, "--no-deps", "--no-build-isolation", "-e", str(folder), cwd=folder.parent)
