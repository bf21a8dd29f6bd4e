"""`sunsift doctor` on servers that the environment names, and that it never tells a secret."""

import json
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner

from sunsift.cli.app import app
from tests.support.receiver import HERE

SECRET = "n0t-for-0thers"
Found = dict[str, dict[str, str]]


class Doctor:
    """`sunsift doctor` on a folder of its own. said: everything that it ever printed."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.said = ""

    def __call__(self, *arguments: str, exits: int = 0, **variables: str) -> Found:
        """Return the checks by name. variables: of the environment, without SUNSIFT_."""
        environment = {f"SUNSIFT_{name.upper()}": value for name, value in variables.items()}
        environment = HERE | environment | {"SUNSIFT_DATA": str(self._data), "COLUMNS": "250"}
        for form in ([], ["--json"]):
            result = CliRunner().invoke(
                app, [*arguments, "doctor", *form], env=environment, prog_name="sunsift"
            )
            assert result.exit_code == exits, result.output
            self.said += result.output
        checks: list[dict[str, str]] = json.loads(result.stdout)
        return {check["check"]: check for check in checks}


def is_bad(check: Mapping[str, str], *words: str) -> None:
    """Check that it is a problem, which says so in these words, and what to do."""
    said = f"{check['found']} {check['advice']}"
    assert check["state"] == "problem", check
    assert check["advice"], check
    for word in words:
        assert word in said, check
