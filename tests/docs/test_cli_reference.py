"""The reference of the command line is what the command line says of itself."""

from tools.cli_reference import reference

from tests.docs.pages import ROOT


def test_the_reference_is_up_to_date() -> None:
    written = (ROOT / "docs/cli.md").read_text("utf-8")
    assert written == reference(), "write it anew: make reference"


def test_it_has_every_command_with_an_example() -> None:
    sections = reference().split("\n## ")[1:]
    parts = [part for section in sections for part in section.split("\n### ")]
    commands = [part for part in parts if "```text" in part]
    assert len(commands) > 30
    assert [part.splitlines()[0] for part in commands if "| example | |" not in part] == []
