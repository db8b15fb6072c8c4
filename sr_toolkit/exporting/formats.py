"""The two kinds of file: each is written from an exported program, and run to be checked."""

from __future__ import annotations

import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor
from torch.export import ExportedProgram

from sr_toolkit.errors import ExportError

Run = Callable[[Tensor], Tensor]

FACTS_FILE = "metadata.json"
"""Name of the facts inside a .pt2."""


class Format(ABC):
    """A kind of file.

    Attributes:
        name: what `--format` calls it; with a dot before it, its suffix.
        needs: packages that must be installed beside the core's own.
    """

    name: str
    needs: tuple[str, ...] = ()

    def require(self) -> None:
        """Refuse where a package is missing.

        Raises:
            ExportError: names it, and the command that installs it.
        """
        missing = [package for package in self.needs if find_spec(package) is None]
        if missing:
            raise ExportError(
                f"Exporting to {self.name} needs {' and '.join(missing)}, not installed here; run "
                f"'pip install \"sr-toolkit[{self.name}]\"' first."
            )

    @abstractmethod
    def write(
        self, program: ExportedProgram, path: Path, facts: Mapping[str, str], scale: int
    ) -> None:
        """Write the program, with facts about it, as one file."""

    @abstractmethod
    def open(self, path: Path) -> Run:
        """Return what runs the file as others would: from LR to SR, (N, C, H, W)."""


class Onnx(Format):
    """ONNX, by torch's exporter; facts are the model's metadata properties."""

    name = "onnx"
    needs = ("onnx", "onnxscript", "onnxruntime")

    def write(
        self, program: ExportedProgram, path: Path, facts: Mapping[str, str], scale: int
    ) -> None:
        """Write the file; input `lr`, output `sr`."""
        from onnxscript import ir

        converted = torch.onnx.export(
            program, input_names=["lr"], output_names=["sr"], dynamo=True, verbose=False
        )
        assert converted is not None
        model = converted.model
        model.metadata_props.update(facts)
        [lr], [sr] = model.graph.inputs, model.graph.outputs
        if lr.shape is not None and not lr.shape.is_static():  # torch names the sizes s75, s40, …
            lr.shape = ir.Shape(["batch", lr.shape[1], "height", "width"])
            channels = sr.shape[1] if sr.shape is not None else None
            sr.shape = ir.Shape(["batch", channels, f"{scale}*height", f"{scale}*width"])
        for node in model.graph.all_nodes():
            node.metadata_props.clear()  # source lines and folders of this machine
        converted.save(path, external_data=False)

    def open(self, path: Path) -> Run:
        """Return what runs the file in ONNX Runtime on the CPU."""
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

        def run(lr: Tensor) -> Tensor:
            [sr] = session.run(["sr"], {"lr": lr.numpy()})
            return torch.from_numpy(sr)

        return run


class Pt2(Format):
    """torch's own file of an exported program; facts are an extra file, `metadata.json`."""

    name = "pt2"

    def write(
        self, program: ExportedProgram, path: Path, facts: Mapping[str, str], scale: int
    ) -> None:
        """Write the file."""
        text = json.dumps(dict(facts), indent=1, ensure_ascii=False)
        buffer = io.BytesIO()  # given a path, torch puts its name into the file
        torch.export.save(program, buffer, extra_files={FACTS_FILE: text})
        path.write_bytes(buffer.getbuffer())

    def open(self, path: Path) -> Run:
        """Return what runs the file in torch."""
        module = torch.export.load(path).module()

        def run(lr: Tensor) -> Tensor:
            with torch.no_grad():
                sr: Tensor = module(lr)
            return sr

        return run


FORMATS: Mapping[str, Format] = {kind.name: kind for kind in (Onnx(), Pt2())}
