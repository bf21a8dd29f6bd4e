"""Lists and links on the pages, compared with the program they speak of."""

import re
from pathlib import Path

import pytest

from sunsift.adapters.azure.inbox import POISON
from sunsift.exports import EXPORTS
from sunsift.formats.houses_csv import OPTIONAL, REQUIRED
from sunsift.formats.packet_json import PacketJson
from sunsift.parcels import Message
from tests.docs.pages import IDS, PAGES, ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))
IN_CODE_STYLE = re.compile(r"`([^`\n]+)`")
PATH_OF_OURS = re.compile(
    r"(?:src|tests|docs|tools|constraints|\.ci|domain|adapters|steps|model|formats|lab)/[\w./-]*"
)


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    text = (ROOT / page).read_text("utf-8").split(f"## {heading}\n", 1)[1]
    found = re.search(r"^\|.*\|\n\|[-|]+\|\n((?:\|.*\|\n)+)", text, re.M)
    assert found, f"{page} has no table below {heading}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def names(cell: str) -> list[str]:
    return IN_CODE_STYLE.findall(cell)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        goal = (page.parent / file).resolve() if file else page
        assert goal.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(goal), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_files_that_are_named_exist(page: Path) -> None:
    for name in names(page.read_text("utf-8")):
        if PATH_OF_OURS.fullmatch(name):
            assert (ROOT / name).exists() or (ROOT / "src/sunsift" / name).exists(), f"{page.name}: {name}"


def test_every_setting_is_listed() -> None:
    read = {n for source in SOURCES for n in re.findall(r"\bSUNSIFT_[A-Z_]+", source.read_text("utf-8"))}
    listed = [names(variable)[0] for variable, *_ in rows("docs/operations.md", "Settings")]
    assert sorted(read) == sorted(listed)


def test_every_code_of_the_quarantine_is_listed() -> None:
    # Those that an inbox gives, where it cannot or will not hand a message out.
    codes = {Message(b"", "").problem_code, POISON}
    for folder in ("formats", "steps"):
        for source in (ROOT / "src/sunsift" / folder).rglob("*.py"):
            text = source.read_text("utf-8")
            codes.update(re.findall(r'(?:refuse|UnusableMessageError)\(\s*"(\w+)"', text))
            codes.update(re.findall(r'Refused\([^"]*"(\w+)"', text))
    listed = [names(code)[0] for code, _ in rows("docs/formats.md", "Quarantine")]
    assert sorted(codes) == sorted(listed)


def test_every_exported_column_is_listed() -> None:
    listed = {names(table)[0]: names(columns) for table, _, columns in rows("docs/formats.md", "Exports")}
    assert listed == {name: [c.name for c in export.columns] for name, export in EXPORTS.items()}


def test_every_field_that_comes_in_is_listed() -> None:
    columns = [name for column, *_ in rows("docs/formats.md", "Houses") for name in names(column)]
    assert columns == [*REQUIRED, *OPTIONAL]
    fields = [name for field, _ in rows("docs/formats.md", "Packets") for name in names(field)]
    assert fields == list(PacketJson.__struct_fields__)
