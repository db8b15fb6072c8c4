"""The one module that plugins import from. Names are resolved when touched; no torch at import.

What is listed here is the contract, in docs/plugin-api.md: it changes only with a note in
CHANGELOG.md, and a name that is renamed goes into `_RENAMED`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sr_toolkit._lazy import lazy

if TYPE_CHECKING:
    from sr_toolkit.deprecation import Renamed

_HOMES = {
    "PLUGIN_API": "sr_toolkit.spec",
    "ComponentSpec": "sr_toolkit.spec",
    "ModelSpec": "sr_toolkit.spec",
    "WeightsSpec": "sr_toolkit.spec",
    "option": "sr_toolkit.config.schema",
    "AdversarialLoss": "sr_toolkit.interfaces",
    "Dataset": "sr_toolkit.interfaces",
    "Discriminator": "sr_toolkit.interfaces",
    "Generator": "sr_toolkit.interfaces",
    "Loss": "sr_toolkit.interfaces",
    "Metric": "sr_toolkit.interfaces",
    "SetMetric": "sr_toolkit.interfaces",
    "Adversarial": "sr_toolkit.training.recipe",
    "LossTerm": "sr_toolkit.training.recipe",
    "Optimizer": "sr_toolkit.training.recipe",
    "Phase": "sr_toolkit.training.recipe",
    "Recipe": "sr_toolkit.training.recipe",
    "Schedule": "sr_toolkit.training.recipe",
    "Degradation": "sr_toolkit.degradations.config",
    "DegradationStep": "sr_toolkit.degradations.config",
    "Drawn": "sr_toolkit.degradations.operation",
    "Frame": "sr_toolkit.degradations.operation",
    "Operation": "sr_toolkit.degradations.operation",
    "Span": "sr_toolkit.degradations.operation",
    "Divergence": "sr_toolkit.training.recipe",
    "EarlyStop": "sr_toolkit.training.recipe",
    "Penalty": "sr_toolkit.training.recipe",
    "Ramp": "sr_toolkit.training.recipe",
    "Replay": "sr_toolkit.training.recipe",
    "Search": "sr_toolkit.training.recipe",
    "CheckpointError": "sr_toolkit.errors",
    "ConfigError": "sr_toolkit.errors",
    "DataError": "sr_toolkit.errors",
    "ImageError": "sr_toolkit.errors",
    "SrtkError": "sr_toolkit.errors",
    "WeightsError": "sr_toolkit.errors",
    "bench": "sr_toolkit.benching",
    "build_generator": "sr_toolkit.checkpoint",
    "load": "sr_toolkit.upscaling.upscaler",
    "read_image": "sr_toolkit.images.io",
    "train": "sr_toolkit.training",
    "write_image": "sr_toolkit.images.io",
}

_RENAMED: dict[str, Renamed] = {}
"""Old name to what became of it."""

__getattr__, __all__ = lazy(__name__, _HOMES, _RENAMED)

if TYPE_CHECKING:
    from sr_toolkit.benching import bench as bench
    from sr_toolkit.checkpoint import build_generator as build_generator
    from sr_toolkit.config.schema import option as option
    from sr_toolkit.degradations.config import Degradation as Degradation
    from sr_toolkit.degradations.config import DegradationStep as DegradationStep
    from sr_toolkit.degradations.operation import Drawn as Drawn
    from sr_toolkit.degradations.operation import Frame as Frame
    from sr_toolkit.degradations.operation import Operation as Operation
    from sr_toolkit.degradations.operation import Span as Span
    from sr_toolkit.errors import CheckpointError as CheckpointError
    from sr_toolkit.errors import ConfigError as ConfigError
    from sr_toolkit.errors import DataError as DataError
    from sr_toolkit.errors import ImageError as ImageError
    from sr_toolkit.errors import SrtkError as SrtkError
    from sr_toolkit.errors import WeightsError as WeightsError
    from sr_toolkit.images.io import read_image as read_image
    from sr_toolkit.images.io import write_image as write_image
    from sr_toolkit.interfaces import AdversarialLoss as AdversarialLoss
    from sr_toolkit.interfaces import Dataset as Dataset
    from sr_toolkit.interfaces import Discriminator as Discriminator
    from sr_toolkit.interfaces import Generator as Generator
    from sr_toolkit.interfaces import Loss as Loss
    from sr_toolkit.interfaces import Metric as Metric
    from sr_toolkit.interfaces import SetMetric as SetMetric
    from sr_toolkit.spec import PLUGIN_API as PLUGIN_API
    from sr_toolkit.spec import ComponentSpec as ComponentSpec
    from sr_toolkit.spec import ModelSpec as ModelSpec
    from sr_toolkit.spec import WeightsSpec as WeightsSpec
    from sr_toolkit.training import train as train
    from sr_toolkit.training.recipe import Adversarial as Adversarial
    from sr_toolkit.training.recipe import Divergence as Divergence
    from sr_toolkit.training.recipe import EarlyStop as EarlyStop
    from sr_toolkit.training.recipe import LossTerm as LossTerm
    from sr_toolkit.training.recipe import Optimizer as Optimizer
    from sr_toolkit.training.recipe import Penalty as Penalty
    from sr_toolkit.training.recipe import Phase as Phase
    from sr_toolkit.training.recipe import Ramp as Ramp
    from sr_toolkit.training.recipe import Recipe as Recipe
    from sr_toolkit.training.recipe import Replay as Replay
    from sr_toolkit.training.recipe import Schedule as Schedule
    from sr_toolkit.training.recipe import Search as Search
    from sr_toolkit.upscaling.upscaler import load as load
