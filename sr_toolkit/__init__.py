"""sr-toolkit: plugin-based super-resolution; train, measure and run models found by entry point."""

__version__ = "0.1.0"
