"""Markdown pages as lists of fenced blocks, each with the comment above it that directs it."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if p.name != "CHANGELOG.md")
IDS = [str(p.relative_to(ROOT)) for p in PAGES]

_BLOCK = re.compile(
    r"(?:^<!-- (?P<direction>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    direction: the HTML comment on the line above, if any: `not run: REASON` leaves a console block out,
    `file: NAME` writes any block to that file before the blocks after it run.
    """

    language: str
    text: str
    line: int
    direction: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(m["language"], m["text"], text.count("\n", 0, m.start("text")), m["direction"] or "")
        for m in _BLOCK.finditer(text)
    ]


def directed(block: Block, word: str) -> str | None:
    """Return what a direction such as `file: NAME` says after the colon."""
    key, colon, rest = block.direction.partition(":")
    return rest.strip() if colon and key.strip() == word else None
