"""The site: Markdown of this folder, and the API from docstrings. `make docs` builds it offline."""

import sys
from pathlib import Path

from markovlens import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "markovlens"
author = "markovlens developers"
version = release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "findings",
    "flowchart",
    "repository_links",
]
exclude_patterns = ["_ext", "numbers", "templates"]
nitpicky = True  # a name that leads nowhere is a warning, and warnings are errors
suppress_warnings = ["myst.header"]  # pages that are read on the host, too, begin as it likes

myst_enable_extensions = ["deflist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = "markovlens"
html_show_copyright = False
html_show_sphinx = False
copybutton_prompt_text = ">>> "
copybutton_only_copy_prompt_lines = True

# Types of other packages, and those of ours that no page describes, are named without a link.
nitpick_ignore_regex = [("py:.*", r"(?!markovlens\.\w+$).*")]
