"""spandrel for sr-toolkit: community checkpoints of many architectures as one model."""

__version__ = "0.1.0"
