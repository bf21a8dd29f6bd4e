"""Every example on every page runs, in the order of the page, and prints what the page says.

Console blocks: a line `$ command` runs in bash, `> ` continues it, and the lines below it are what it
must print (standard output and error together). `...` stands for anything: within a line for a part of
it, alone on a line for any lines. Several spaces count as one. A command must succeed unless the page
says `# exit 2` behind it. All blocks of a page share one new folder, beside which `examples/` is, and what a
command `export` sets. Python blocks are doctests that share that folder and their names.
"""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import IDS, PAGES, ROOT, Block, blocks, directed
from tests.docs.terminals import Terminals, on_ports_of_its_own

LONGEST_SECONDS = 120
EXIT = re.compile(r"\s+# exit (\d+)$")
EXPORT = "export "


def commands(block: Block) -> Iterator[tuple[str, int, str]]:
    """Yield (command, exit code, expected output)."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        first, *rest = part.splitlines()
        while rest and rest[0].startswith("> "):
            first += "\n" + rest.pop(0)[2:]
        code = EXIT.search(first)
        yield EXIT.sub("", first), int(code[1]) if code else 0, "\n".join(rest).rstrip()


def tidy(text: str) -> str:
    return "\n".join(re.sub(r" +", " ", line).strip() for line in text.strip("\n").splitlines())


def fits(expected: str, printed: str) -> bool:
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("...")) + "\n"
    return re.fullmatch(pattern, printed + "\n" if printed else "") is not None


def shows(expected: str, printed: str) -> bool:
    return fits(tidy(expected), tidy(printed))


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which `sunsift` is this very code, and prints as in a wide plain terminal."""
    bin_folder = folder / ".bin"
    bin_folder.mkdir()
    command = bin_folder / "sunsift"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sunsift "$@"\n')
    command.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SUNSIFT_")}
    return kept | {
        "PATH": f"{bin_folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "110",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def export(command: str, folder: Path, variables: dict[str, str]) -> None:
    """Have the commands that follow see what one exports, as in one terminal."""
    script = f"{command}\nenv -0"
    done = subprocess.run(["bash", "-ec", script], cwd=folder, env=variables, capture_output=True, check=True)
    for line in done.stdout.decode().rstrip("\0").split("\0"):
        name, _, value = line.partition("=")
        variables[name] = value


def run_console(block: Block, folder: Path, variables: dict[str, str], page: str) -> None:
    for command, code, expected in commands(block):
        if command.startswith(EXPORT):
            export(command, folder, variables)
            continue
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        printed = tidy(done.stdout.decode())
        where = f"{page} line {block.line}: $ {command}"
        assert done.returncode == code, f"{where}\nexit code {done.returncode}, printed:\n{printed}"
        assert shows(expected, printed), f"{where}\nthe page says:\n{expected}\n\nit printed:\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(folder)
    found, ports = on_ports_of_its_own(blocks(page))
    variables = environment(folder) | ports
    with Terminals(folder, variables, shows) as terminals:
        run_page(found, folder, variables, terminals, page)


def run_page(
    found: list[Block], folder: Path, variables: dict[str, str], terminals: Terminals, page: Path
) -> None:
    names: dict[str, object] = {}
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for number, block in enumerate(found):
        if file := directed(block, "file"):
            (folder / file).write_text(block.text, "utf-8")
        elif directed(block, "not run"):
            continue
        elif terminal := directed(block, "terminal"):
            terminals.show(terminal, block, page.name)
        elif block.language == "console":
            run_console(block, folder, variables, page.name)
        elif block.language == "python":
            test = parser.get_doctest(block.text, names, f"{page.name}-{number}", str(page), block.line)
            assert test.examples, f"{page.name} line {block.line}: write it with >>> so that it is checked"
            report: list[str] = []
            failed, _ = runner.run(test, out=report.append, clear_globs=False)
            assert not failed, "".join(report)
            names.update(test.globs)


def test_a_page_that_lies_is_caught(tmp_path: Path) -> None:
    """Guards the guard: wrong output and a wrong exit code both fail."""
    variables = environment(tmp_path)
    for text in ("$ echo one\ntwo\n", "$ echo one\n", "$ false\n", "$ true  # exit 2\n"):
        with pytest.raises(AssertionError):
            run_console(Block("console", text, 1, ""), tmp_path, variables, "page")
    honest = "$ echo one; echo 22:10; echo three\none\n...:10\n...\n$ exit 3  # exit 3\n"
    run_console(Block("console", honest, 1, ""), tmp_path, variables, "page")


def test_terminals_go_on_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a terminal shows is waited for; what it never shows fails, and nothing is left running."""
    tell = "$ echo ready; read -r word < pipe; echo heard $word; exec sleep 600\nready\n"
    os.mkfifo(tmp_path / "pipe")
    with Terminals(tmp_path, environment(tmp_path), shows) as terminals:
        terminals.show("second", Block("console", tell, 1, ""), "page")
        (tmp_path / "pipe").write_text("it\n")
        terminals.show("second", Block("console", "heard it\n", 2, ""), "page")
        terminals.show("second", Block("console", "^C\n$ echo again\nagain\n", 3, ""), "page")
        monkeypatch.setattr("tests.docs.terminals.PATIENCE_SECONDS", 0.2)
        with pytest.raises(AssertionError, match="it stands there"):
            terminals.show("second", Block("console", "$ echo one; exec sleep 600\ntwo\n", 4, ""), "page")
