"""Draw what `make demo` prints as an SVG: `python tools/picture.py docs/pictures/demo.svg`."""

import os
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 128
# How rich writes a space in an SVG, and how wide a character is there.
SPACE = "&#160;"
ADVANCE = 12.2
ONE_TEXT = re.compile(
    r'<text(?P<head>[^>]*?) x="(?P<x>[\d.]+)"(?P<middle>[^>]*?) textLength="(?P<length>[\d.]+)"'
    r"(?P<tail>[^>]*)>(?P<content>[^<]*)</text>"
)


def printed_by_demo() -> str:
    """Run the demo in a folder of its own; return what it prints, colours included."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".venv").symlink_to(ROOT / ".venv")
        data_sets = os.environ.get("SUNSIFT_DATA_SETS", str(ROOT.parent / "shared" / "data"))
        colours = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
        done = subprocess.run(
            [".venv/bin/sunsift", "demo"],
            cwd=folder,
            env=os.environ | colours | {"SUNSIFT_DATA_SETS": data_sets},
            stdout=subprocess.PIPE,
            check=True,
        )
    return done.stdout.decode()


def without_edges(text: re.Match[str]) -> str:
    """Place a text where its first letter is: some viewers drop the spaces before it."""
    x, length = float(text["x"]), float(text["length"])
    spaces = text["content"].split(SPACE)
    inked = [number for number, part in enumerate(spaces) if part.strip()]
    if not inked:
        return ""
    before, after = inked[0], len(spaces) - 1 - inked[-1]
    x, length = x + before * ADVANCE, length - (before + after) * ADVANCE
    content = SPACE.join(spaces[before : inked[-1] + 1])
    placed = f'<text{text["head"]} x="{x:.1f}"{text["middle"]} textLength="{length:.1f}"'
    return f"{placed}{text['tail']}>{content}</text>"


def drawn(printed: str) -> str:
    """Return terminal output as an SVG that loads nothing from elsewhere."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(printed))
    svg = console.export_svg(title="make demo", theme=MONOKAI, unique_id="demo")
    svg = ONE_TEXT.sub(without_edges, svg)
    svg = re.sub(r"\s*@font-face \{.*?\}\n", "", svg, flags=re.S)
    return re.sub(r"[ \t]+$", "", svg.replace("Fira Code", "ui-monospace"), flags=re.M)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(drawn(printed_by_demo()), "utf-8")
    sys.stdout.write(f"drew {target}\n")
