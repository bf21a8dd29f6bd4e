"""What the acceptance tests share: a folder of state, and one in which much has happened."""

import shutil
from pathlib import Path

import pytest

from sunsift.lab.mail import write_mail
from sunsift.lab.simulate import simulate_fleet
from tests.acceptance.cli_command import Command


@pytest.fixture
def shell(tmp_path: Path) -> Command:
    """`sunsift` on a folder that does not exist yet."""
    return Command(tmp_path / "state")


@pytest.fixture(scope="session")
def lived_in_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State after a fleet of 12 houses sent 45 days: settled, delivered, some of it quarantined."""
    folder = tmp_path_factory.mktemp("fleet")
    fleet = simulate_fleet(folder / "fleet.jsonl.gz", 12, 45, seed=3)
    write_mail(fleet.packets, folder / "mail.jsonl.gz", seed=3)
    shell = Command(folder / "state")
    shell("houses", "add", fleet.houses_csv)
    shell("ingest", folder / "mail.jsonl.gz")
    shell("settle", "--quiet-minutes", "0")
    shell("deliver")
    return shell.data


@pytest.fixture
def busy_shell(lived_in_state: Path, tmp_path: Path) -> Command:
    """`sunsift` on a copy of that state."""
    shutil.copytree(lived_in_state, tmp_path / "busy")
    return Command(tmp_path / "busy")
