"""sr-toolkit: plugin-based super-resolution; train, measure and run models found by entry point.

import sr_toolkit as sr

run = sr.train("srgan", preset="quick")
print(sr.bench([run.path], dataset="sample").table())
sr.load(run.path).upscale(image)
sr.export(run.path, "mine.onnx")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sr_toolkit._lazy import lazy

__version__ = "0.1.0"

__getattr__, __all__ = lazy(
    __name__,
    {
        "SrtkError": "sr_toolkit.errors",
        "Upscaler": "sr_toolkit.upscaling.upscaler",
        "bench": "sr_toolkit.benching",
        "export": "sr_toolkit.upscaling.export",
        "from_pretrained": "sr_toolkit.upscaling.from_hub",
        "load": "sr_toolkit.upscaling.upscaler",
        "push_to_hub": "sr_toolkit.publishing.pushing",
        "read_image": "sr_toolkit.images.io",
        "train": "sr_toolkit.training",
        "write_image": "sr_toolkit.images.io",
    },
)

if TYPE_CHECKING:
    from sr_toolkit.benching import bench as bench
    from sr_toolkit.errors import SrtkError as SrtkError
    from sr_toolkit.images.io import read_image as read_image
    from sr_toolkit.images.io import write_image as write_image
    from sr_toolkit.publishing.pushing import push_to_hub as push_to_hub
    from sr_toolkit.training import train as train
    from sr_toolkit.upscaling.export import export as export
    from sr_toolkit.upscaling.from_hub import from_pretrained as from_pretrained
    from sr_toolkit.upscaling.upscaler import Upscaler as Upscaler
    from sr_toolkit.upscaling.upscaler import load as load
