"""ESRGAN for sr-toolkit: RRDBNet, its discriminators, recipes, and the keys of published files."""

__version__ = "0.1.0"
