"""The doctor, and that it never tells a secret."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.doctor_command import SECRET, Doctor
from tests.support.servers.azurite import KEY


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doctor]:
    """The doctor, who in the end must have told no secret."""
    for name in ("SUNSIFT_STORE", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    made = Doctor(tmp_path / "state")
    yield made
    for secret in (SECRET, SECRET.replace("-", "%2D"), KEY, base64.b64encode(SECRET.encode()).decode()):
        assert secret not in made.said
