"""Only operations that torch can repeat exactly."""

from __future__ import annotations

import os

import torch


def make_deterministic() -> None:
    """Ask torch for deterministic algorithms in this process, on CPUs and GPUs."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Some operations have no deterministic form on GPUs; torch then warns, and goes on.
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
