"""The packaged template, made and checked once for all tests here."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.common import ROOT, plain_environment

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """What would be deployed as stage dev. said: what the checks printed; code: how they ended."""

    resources: dict[str, Json]
    text: str
    said: str
    code: int

    def of(self, kind: str) -> dict[str, Json]:
        """Return the properties of every resource of a type, by its name."""
        return {name: r.get("Properties", {}) for name, r in self.resources.items() if r["Type"] == kind}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Run infra/check, which packages."""
    folder = tmp_path_factory.mktemp("packaged")
    done = subprocess.run(
        [ROOT / "infra/check", folder],
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    packaged: Path = folder / "cloudformation-template-update-stack.json"
    assert packaged.exists(), done.stdout
    text = packaged.read_text("utf-8")
    return Template(json.loads(text)["Resources"], text, done.stdout, done.returncode)
