"""Bad input harms nobody: each message waits in quarantine, whole, with its reason; the rest goes on."""

import base64
import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.conftest import write_mail
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, fields_of, lines_of, message_of
from tests.support.kill import wait_until
from tests.support.process import Sunsift, SunsiftHere
from tests.support.service import AT_ONCE

GOOD = days_of("house-1", FIRST_DAY, 40)


def bad(**changes: Any) -> bytes:
    """Return a packet of house-1 with some fields changed."""
    return message_of(a_packet(day=FIRST_DAY + 50), **changes)


def with_first(raw: str) -> bytes:
    """Return a packet whose first import is written just so."""
    fields = fields_of(a_packet(day=FIRST_DAY + 50))
    return json.dumps(fields | {"import_kwh": ["@", *fields["import_kwh"][1:]]}).replace('"@"', raw).encode()


# The message, the code it is refused with, and words that its reason must hold.
BAD: dict[str, tuple[bytes, str, str]] = {
    "not JSON": (b"hello, is this the solar company?", "not_json", "not JSON"),
    "half a message": (bad()[:-100], "not_json", "not JSON"),
    "another JSON": (b'["no", "packet"]', "wrong_shape", "no packet"),
    "wrong schema": (bad(schema=2), "wrong_schema", "schema is 2; this version reads 1"),
    "wrong length": (bad(export_kwh=[0.0] * 47), "wrong_length", "48 values"),
    "NaN": (with_first("NaN"), "not_json", "not JSON"),
    "infinity": (with_first("Infinity"), "not_json", "not JSON"),
    "beyond numbers": (with_first("1e999"), "wrong_shape", "out of range"),
    "negative": (with_first("-0.25"), "impossible", "-0.25 kWh is negative"),
    "string": (with_first('"0.25"'), "wrong_shape", "import_kwh"),
    "1e308": (with_first("1e308"), "impossible", "1e+308 kWh is more than any house draws"),
    "more than its panels": (bad(export_kwh=[20.0] * 48), "impossible", "more than 5 kWp"),
    "future date": (bad(date="2999-01-01"), "future", "2999-01-01 lies in the future"),
    "future update": (bad(updated_at="2999-01-01T00:00:00Z"), "future", "lies in the future"),
    "unknown field": (bad(exprot_kwh=[]), "wrong_shape", "`exprot_kwh`"),
    "unknown house": (message_of(a_packet("house-2")), "unknown_house", "house-2 is not registered"),
    "invalid UTF-8": (bad(house_id="Zahler").replace(b"Zahler", b"Z\xe4hler"), "not_utf8", "not UTF-8"),
    "no text at all": (bytes(set(range(256)) - {10, 13}), "not_utf8", "not UTF-8"),
    "10 MB": (b'{"schema": 1, "id": "' + b"x" * 10_000_000 + b'"}', "too_large", "10,000,023 bytes"),
    "deep": (b'{"zzz": ' + b"[" * 40_000, "wrong_shape", "zzz"),
}


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """Return the registration of house-1."""
    path = tmp_path / "houses.csv"
    path.write_text(f"{HOUSE_COLUMNS}\n{house_line(a_house())}")
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return good packets, every bad message among them, and three files that are broken as such."""
    mixed = [message_of(p) for p in GOOD]
    for place, (body, _, _) in enumerate(BAD.values()):
        mixed.insert(2 * place, body)
    (tmp_path / "empty.jsonl").touch()
    packed = gzip.compress(lines_of(days_of("house-1", FIRST_DAY + 40, 20)))
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "noise.jsonl.gz").write_bytes(b"\x1f\x8b" + bytes(range(200)))
    names = ("empty.jsonl", "cut.jsonl.gz", "noise.jsonl.gz")
    return [tmp_path / name for name in names] + [write_mail(tmp_path / "mixed.jsonl", mixed)]


def check_quarantine(sunsift: Sunsift) -> None:
    """Check that everything bad is in quarantine, whole, with its reason."""
    rows = sunsift.rows("quarantine")
    kept = {}
    for row in rows:
        body = base64.b64decode(row["body"]) if row["body_encoding"] == "base64" else row["body"].encode()
        kept[body, row["code"]] = row["reason"]
    for name, (body, code, words) in BAD.items():
        assert words in kept.get((body, code), "not there"), name
    broken = {Path(row["source"]).name: row["reason"] for row in rows if row["code"] == "unreadable"}
    assert "empty" in broken["empty.jsonl"]
    assert "breaks off" in broken["cut.jsonl.gz"]
    assert "breaks off" in broken["noise.jsonl.gz"]
    assert len(rows) == len(BAD) + 3


def test_ingest_goes_on(sunsift: Sunsift, houses: Path, files: list[Path]) -> None:
    sunsift.do("houses", "add", houses)
    done = sunsift.json("ingest", *files)
    assert done["quarantined"] == len(BAD) + 3
    assert done["accepted"] >= len(GOOD)
    check_quarantine(sunsift)
    assert sunsift.json("settle", "--quiet-minutes", 0)["predictions"] >= len(GOOD) - 24

    again = sunsift.json("ingest", *files)
    assert (again["accepted"], again["duplicate"]) == (0, done["accepted"])
    check_quarantine(sunsift)


def test_the_service_goes_on(sunsift: Sunsift, houses: Path, files: list[Path]) -> None:
    sunsift.do("houses", "add", houses)
    inbox = sunsift.data / "inbox"
    inbox.mkdir()
    for file in files:
        file.rename(inbox / file.name)
    service = sunsift.start("run", *AT_ONCE)
    wait_until(lambda: service.poll() is not None or not any(p.is_file() for p in inbox.glob("[a-z]*")))
    service.terminate()
    assert sunsift.finish(service).code == 0
    check_quarantine(sunsift)
    assert sorted(p.name for p in (inbox / "failed").iterdir()) == [
        "cut.jsonl.gz",
        "empty.jsonl",
        "noise.jsonl.gz",
    ]
    assert [p.name for p in (inbox / "done").iterdir()] == ["mixed.jsonl"]


def test_packets_of_an_unknown_house_come_in_with_its_registration(
    here: SunsiftHere, houses: Path, tmp_path: Path
) -> None:
    mail = write_mail(tmp_path / "early.jsonl", [message_of(p) for p in GOOD] + [bad(export_kwh=[20.0] * 48)])
    assert here.json("ingest", mail)["quarantined"] == len(GOOD) + 1
    assert {row["code"] for row in here.rows("quarantine")} == {"unknown_house"}
    added = here.json("houses", "add", houses)
    assert (added["added"], added["redriven"], added["quarantined"]) == (1, len(GOOD), 1)
    assert [row["code"] for row in here.rows("quarantine")] == ["impossible"]
    assert here.json("settle", "--quiet-minutes", 0)["predictions"] == len(GOOD) - 24


def test_the_service_redrives_by_itself(sunsift: Sunsift, tmp_path: Path) -> None:
    sunsift.do("ingest", write_mail(tmp_path / "early.jsonl", [message_of(p) for p in GOOD]))
    service = sunsift.start("run", *AT_ONCE)
    # Registered by somebody who does not redrive: the service's sweep must find out.
    with closing(embedded(read_settings({}, sunsift.data))) as parts:
        parts.store.register([a_house()])
    wait_until(lambda: service.poll() is not None or (sunsift.data / "reports.jsonl").exists())
    service.terminate()
    assert sunsift.finish(service).code == 0
    assert sunsift.rows("quarantine") == []
    assert len(sunsift.rows("predictions")) == len(GOOD) - 24


def test_a_corrected_capacity_lets_packets_in(here: SunsiftHere, houses: Path, tmp_path: Path) -> None:
    here.do("houses", "add", houses)
    here.do("ingest", write_mail(tmp_path / "large.jsonl", [bad(export_kwh=[9.0] * 48)]))
    assert [row["code"] for row in here.rows("quarantine")] == ["impossible"]
    assert here.json("quarantine", "redrive", "--all")["quarantined"] == 1
    houses.write_text(f"{HOUSE_COLUMNS}\n{house_line(a_house(capacity_kwp=15.0))}")
    here.do("houses", "add", houses)
    assert here.json("quarantine", "redrive", "--all")["accepted"] == 1
    assert here.rows("quarantine") == []
