"""A generator that grows from ×2 to ×4 to ×8, for sr-toolkit."""

__version__ = "0.1.0"
