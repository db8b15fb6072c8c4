"""A generator as torch's exported program, which both file formats are made of."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from sr_toolkit.interfaces import Generator

EXAMPLE = (2, 10, 14)
"""Batch, height and width to trace with, no two equal: torch would take equal ones for the same."""


class AtScale(nn.Module):
    """A generator at one scale, of one argument."""

    def __init__(self, generator: Generator, scale: int) -> None:
        super().__init__()
        self.generator, self.scale = generator, scale

    def forward(self, lr: Tensor) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W)."""
        sr: Tensor = self.generator(lr, self.scale)
        return sr


def trace(generator: Generator, scale: int, tile: int | None) -> ExportedProgram:
    """Trace the generator, fused, in fp32, on the CPU, and leave it as it is.

    Args:
        generator: of any layout and device.
        scale: one of its scales.
        tile: side of a fixed LR of batch 1; None: any batch, height and width that are multiples
            of the generator's `size_multiple`.

    Raises:
        Exception: torch's, where the generator's code cannot be traced.
    """
    network = copy.deepcopy(generator).cpu().float().eval().fused().requires_grad_(False)
    module = AtScale(network.to(memory_format=torch.contiguous_format), scale).eval()
    multiple, channels = generator.size_multiple, generator.channels[0]
    shapes: Mapping[str, Mapping[int, Any]] | None = None
    if tile is None:
        batch, height, width = EXAMPLE[0], EXAMPLE[1] * multiple, EXAMPLE[2] * multiple
        sides = [Dim(name) for name in ("height", "width")]
        if multiple > 1:
            sides = [multiple * side for side in sides]
        shapes = {"lr": {0: Dim("batch"), 2: sides[0], 3: sides[1]}}
    else:
        batch, height, width = 1, tile, tile
    example = torch.zeros(batch, channels, height, width)
    # Not strict: the generator's Python is run, not read, so that its checks of sizes may stand.
    with torch.no_grad():
        program = torch.export.export(module, (example,), dynamic_shapes=shapes, strict=False)
    _forget_sources(program)
    return program


def _forget_sources(program: ExportedProgram) -> None:
    """Drop the notes of source lines, which tell of this machine's folders."""
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            for node in module.graph.nodes:
                node.meta.pop("stack_trace", None)
