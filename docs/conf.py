"""Sphinx's settings: python -m sphinx -W --keep-going -b html docs build/docs

The pages are Markdown that reads well on a code host, too. What is made from the code itself is
made at each build, by `_ext/generated.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import sr_toolkit

project = "sr-toolkit"
author = "The sr-toolkit authors"
copyright = author
release = version = sr_toolkit.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
    "generated",
]
exclude_patterns = ["generated/*.txt"]
language = "en"
highlight_language = "none"  # blocks without a language are commands
smartquotes = False  # would make one dash of an option's two
default_role = "code"  # docstrings put names between single backticks

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.strikethrough"]

# Notebooks train for some steps in place of many; the pages say so.
os.environ.setdefault("SRTK_NOTEBOOK_STEPS", "150")
nb_execution_mode = os.environ.get("SRTK_DOCS_EXECUTION", "force")
nb_execution_timeout = 600
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_render_markdown_format = "myst"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"sr-toolkit {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
