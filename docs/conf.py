"""How the pages become a site: `make docs`. It asks no other server for anything."""

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from sunsift import __version__

ROOT = Path(__file__).parents[1]
MERMAID = ROOT / ".servers/node/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"

project = "Sunsift"
author = "The Sunsift founders"
project_copyright = f"2026, {author}"
release = version = __version__

# The source is the whole repository, so that the pages' links to each other and to files hold as they are.
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**"]
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Sunsift"
html_static_path = [str(MERMAID)]
html_js_files = [MERMAID.name]
html_show_sourcelink = False
html_copy_source = False


class Diagrams(SphinxPostTransform):
    """Turns blocks of Mermaid into what its script looks for."""

    default_priority = 300

    def run(self) -> None:
        """Replace them."""
        for block in list(self.document.findall(nodes.literal_block)):
            if block.get("language") == "mermaid":
                text = f'<pre class="mermaid">{escape(block.astext())}</pre>'
                block.replace_self(nodes.raw("", text, format="html"))


def setup(app: Sphinx) -> None:
    """Add what draws diagrams."""
    app.add_post_transform(Diagrams)
