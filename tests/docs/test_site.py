"""The pages become a site without a warning, and the site asks no other server for anything."""

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT

LOADED = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=\"(?:https?:)?//", re.I)


def test_the_site_builds_without_warnings_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs", ".", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert tmp_path / "docs/index.html" in pages
    for page in pages:
        assert not LOADED.search(page.read_text("utf-8")), page.name
