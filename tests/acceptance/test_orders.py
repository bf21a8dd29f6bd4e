"""Order does not matter: the same packets, sent any way, give the same bytes."""

import gzip
import random
from pathlib import Path

import pytest

from tests.acceptance.conftest import Fleet
from tests.support.process import SunsiftHere


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
