"""Order does not matter: the same packets, sent any way, give the same bytes under the same sunlight."""

import gzip
import random
from contextlib import closing
from pathlib import Path

import pytest

from sunsift.records import RegionDay
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.conftest import Fleet, write_mail
from tests.support.process import SunsiftHere
from tests.support.sunlight import share_sunlight


def send(path: Path, messages: list[bytes], rng: random.Random) -> Path:
    """Write a file, sometimes gzipped, sometimes with blank lines and other line ends."""
    text = rng.choice([b"\n", b"\r\n", b"\n\n"]).join(messages) + rng.choice([b"", b"\n"])
    packed = rng.random() < 0.3
    path = path.with_suffix(".jsonl.gz" if packed else ".jsonl")
    path.write_bytes(gzip.compress(text, 1) if packed else text)
    return path


@pytest.mark.parametrize("seed", range(20))
def test_any_order_split_and_duplication(
    small_fleet: Fleet, here: SunsiftHere, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    messages = small_fleet.mail + rng.sample(small_fleet.mail, len(small_fleet.mail) // 10)
    rng.shuffle(messages)
    cuts = sorted(rng.sample(range(1, len(messages)), rng.randint(0, 3)))
    parts = [messages[a:b] for a, b in zip([0, *cuts], [*cuts, len(messages)], strict=True)]
    files = [send(tmp_path / f"part-{n}", part, rng) for n, part in enumerate(parts)]
    settle_between = seed % 2 == 1

    here.do("houses", "add", small_fleet.houses_csv)
    if settle_between:
        # Region days close after the first part; with what, depends on what is in it.
        share_sunlight(small_fleet.data, here.data)
        for file in files:
            here.do("ingest", file)
            here.do("settle", "--quiet-minutes", 0)
    else:
        here.do("ingest", *files)
        here.do("settle", "--quiet-minutes", 0)

    assert here.result() == small_fleet.result
    assert here.latest_reports() == small_fleet.latest
    if not settle_between:
        assert here.rows("reports") == small_fleet.reports


def test_the_fleet_is_worth_the_test(small_fleet: Fleet) -> None:
    """Only a fleet whose houses change says anything about order."""
    assert len({row["status"] for row in small_fleet.reports}) >= 2
    assert len(small_fleet.reports) > 8
    assert {row["house_id"] for row in small_fleet.reports} == set(small_fleet.latest)
    assert len({row["code"] for row in small_fleet.result["quarantine"]}) > 5


def profiles(data: Path) -> list[RegionDay]:
    """Return all region days of a state."""
    with closing(embedded(read_settings({}, data))) as parts:
        return list(parts.records.region_days())


def test_what_comes_late_changes_no_sunlight(small_fleet: Fleet, here: SunsiftHere, tmp_path: Path) -> None:
    """A day is judged under the sunlight that was written down when it closed, whatever comes after."""
    mail = small_fleet.mail
    here.do("houses", "add", small_fleet.houses_csv)
    here.do("ingest", write_mail(tmp_path / "first.jsonl", mail[: len(mail) // 3]))
    here.do("settle", "--quiet-minutes", 0)
    before = profiles(here.data)
    assert all(day.profile is not None for day in before)

    here.do("ingest", write_mail(tmp_path / "late.jsonl", mail[len(mail) // 3 :]))
    here.do("settle", "--quiet-minutes", 0)
    after = {(day.region, day.day): day for day in profiles(here.data)}
    assert [after[day.region, day.day] for day in before] == before
    undisturbed = {(day.region, day.day): day.profile for day in profiles(small_fleet.data)}
    assert undisturbed.keys() == after.keys()
    assert any(undisturbed[key] != day.profile for key, day in after.items()), "or else nothing came late"

    # Whoever has these profiles and sends everything at once finds the very same.
    again = SunsiftHere(tmp_path / "again")
    again.do("houses", "add", small_fleet.houses_csv)
    share_sunlight(here.data, again.data)
    again.do("ingest", write_mail(tmp_path / "all.jsonl", mail))
    again.do("settle", "--quiet-minutes", 0)
    assert again.result()["predictions"] == here.result()["predictions"]
    assert again.result()["statuses"] == here.result()["statuses"]
