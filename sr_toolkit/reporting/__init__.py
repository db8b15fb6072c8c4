"""A benchmark to look at: one HTML file that needs nothing else, and strips as PNG."""

from sr_toolkit.reporting.writing import write_report

__all__ = ["write_report"]
