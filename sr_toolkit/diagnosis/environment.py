"""The machine as far as it matters to us: Python, libraries, devices, folders, variables."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sr_toolkit import __version__
from sr_toolkit.config.places import cache_dir, config_dir, data_roots, weights_roots
from sr_toolkit.diagnosis.redacting import Redactor

LIBRARIES = (
    "torch", "torchvision", "accelerate", "numpy", "scipy", "pillow", "scikit-image", "lpips",
    "safetensors", "imagecodecs", "tifffile", "click", "rich", "pydantic", "PyYAML", "jinja2",
)  # fmt: skip
OPTIONAL = (
    "onnx", "onnxruntime", "onnxscript", "openvino", "av", "gradio", "tensorboard", "torchmetrics",
    "pyiqa", "spandrel", "ray", "huggingface-hub",
)  # fmt: skip
VARIABLES = ("SRTK_", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "TORCH_HOME")
LITTLE_SPACE = 2 * 2**30
"""Bytes: with less than that free, a cache of SR images or a download soon fails."""


def environment(redactor: Redactor) -> dict[str, Any]:
    """Return what is known of this machine, as plain data; a part that fails says why."""
    return {
        "sr_toolkit": {"version": __version__, "folder": str(Path(__file__).parents[1])},
        "python": {
            "version": platform.python_version(),
            "executable": sys.executable,
            "platform": platform.platform(),
        },
        "libraries": {name: _version(name) for name in LIBRARIES},
        "optional": {name: found for name in OPTIONAL if (found := _version(name))},
        "torch": _asked(_torch),
        "folders": [
            _folder("cache", cache_dir()),
            _folder("settings", config_dir()),
        ],
        "data": _asked(_data),
        "weights": _asked(_weights),
        "variables": {
            name: redactor.variable(name, value)
            for name, value in sorted(os.environ.items())
            if name.startswith(VARIABLES)
        },
    }


def _asked(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer, or the reason why there is none: a broken library must not end this."""
    try:
        return question()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _torch() -> dict[str, Any]:
    import torch

    from sr_toolkit.hardware import available_cores, choose_precision, cpu_features, device_name

    gpus = [
        {
            "name": torch.cuda.get_device_name(index),
            "capability": ".".join(map(str, torch.cuda.get_device_capability(index))),
            "bytes": torch.cuda.get_device_properties(index).total_memory,
        }
        for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    ]
    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "gpus": gpus,
        "cpu": device_name("cpu"),
        "cpu_features": list(cpu_features()),
        "cores": available_cores(),
        "threads": torch.get_num_threads(),
        "precision": choose_precision("cuda" if gpus else "cpu", "auto"),
    }


def _folder(name: str, path: Path) -> dict[str, Any]:
    """Return whether a folder could be written to, and the free space; nothing is made."""
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return {
        "name": name,
        "path": str(path),
        "exists": path.is_dir(),
        "writable": nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
        "free_bytes": shutil.disk_usage(nearest).free,
    }


def _data() -> dict[str, Any]:
    from sr_toolkit.catalog.entries import CATALOG
    from sr_toolkit.supply.status import describe

    roots = data_roots()
    told = {name: describe(entry, roots)["present"] for name, entry in CATALOG.items()}
    return {name: present for name, present in told.items() if present != "no"}


def _weights() -> dict[str, Any]:
    from sr_toolkit.pretrained import NETWORKS, candidates

    found = {
        name: [str(path) for path in candidates(network)] for name, network in NETWORKS.items()
    }
    return {
        "looked_in": [str(root) for root in weights_roots()],
        "networks": {name: paths[0] if paths else "" for name, paths in found.items()},
    }
