"""The mail: everything arrives, in no order, some of it twice, wrong at first, or broken."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from sunsift.domain.errors import SunsiftError, UnusableMessageError
from sunsift.domain.readings import Packet
from sunsift.formats.packet_json import decode
from sunsift.lab.broken import KINDS
from sunsift.lab.mail import make_mail, read_packet_lines, write_mail
from sunsift.lab.simulate import simulate_fleet

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def fleet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate_fleet(tmp_path_factory.mktemp("mail") / "fleet.jsonl.gz", 20, 50, seed=2).packets


@pytest.fixture(scope="module")
def right(fleet_file: Path) -> list[bytes]:
    return list(read_packet_lines(fleet_file))


def test_counts_are_what_is_in_the_mail(right: list[bytes]) -> None:
    mail = make_mail(right, seed=1, unusable=20)
    counts = mail.counts
    assert (counts.packets, counts.duplicates, counts.revisions) == (1000, 30, 30)
    assert sum(counts.unusable.values()) == 20
    messages = list(mail)
    assert counts.messages == len(messages) == 1080
    assert len(messages) - len(set(messages)) == 30
    assert set(right) <= set(messages)
    refused = [entry for entry in decode(messages, NOW) if isinstance(entry, UnusableMessageError)]
    # A message of a house that nobody registered is well-formed: only the store can tell.
    assert len(refused) == 20 - counts.unusable["unregistered_house"]


def test_the_right_packets_win_in_any_order(right: list[bytes]) -> None:
    mail = make_mail(right, seed=1, revisions=0.2, unusable=0)
    winners: dict[tuple[str, int], Packet] = {}
    wrong = 0
    for packet in decode(list(mail), NOW):
        assert isinstance(packet, Packet)
        present = winners.get(packet[:2])
        if present is None or packet.beats(present):
            winners[packet[:2]] = packet
    for entry in decode(right, NOW):
        assert isinstance(entry, Packet)
        wrong += winners[entry[:2]] != entry
    assert wrong == 0
    assert len(winners) == len(right)


def test_earlier_versions_differ_from_what_corrected_them(right: list[bytes]) -> None:
    mail = make_mail(right, seed=1, revisions=0.2, duplicates=0.0, unusable=0)
    by_day: dict[tuple[str, int], set[bytes]] = {}
    for entry in decode(list(mail), NOW):
        assert isinstance(entry, Packet)
        by_day.setdefault(entry[:2], set()).add(entry.digest())
    assert sum(len(contents) == 2 for contents in by_day.values()) >= 0.95 * mail.counts.revisions


def test_ids_are_unique_but_for_duplicates(right: list[bytes]) -> None:
    mail = make_mail(right, seed=1, duplicates=0.0, unusable=0)
    ids = [msgspec.json.decode(message)["id"] for message in mail]
    assert len(set(ids)) == len(ids)


def test_order_is_shuffled_and_comes_in_bursts(right: list[bytes]) -> None:
    mail = make_mail(right, seed=1)
    place = {message: index for index, message in enumerate(right)}
    places = [place[message] for message in mail if message in place]
    rising = sum(later > earlier for earlier, later in pairwise(places))
    assert 0.4 < rising / len(places) < 0.6
    assert len({len(burst) for burst in mail.bursts}) > 3


def test_every_kind_of_broken_message_is_unusable_in_its_own_way(right: list[bytes]) -> None:
    mail = make_mail(right, seed=1, duplicates=0.0, revisions=0.0)
    assert mail.counts.unusable == dict.fromkeys(KINDS, 1)
    codes = Counter(
        entry.code for entry in decode(list(mail), NOW) if isinstance(entry, UnusableMessageError)
    )
    assert sum(codes.values()) == len(KINDS) - 1
    assert len(codes) >= 7


def test_same_seed_same_mail(fleet_file: Path, tmp_path: Path) -> None:
    for name, seed in (("one.jsonl.gz", 1), ("two.jsonl.gz", 1), ("other.jsonl.gz", 2), ("plain.jsonl", 1)):
        counts = write_mail(fleet_file, tmp_path / name, seed=seed)
    one, two, other = ((tmp_path / f"{name}.jsonl.gz").read_bytes() for name in ("one", "two", "other"))
    assert one == two
    assert one != other
    assert list(read_packet_lines(tmp_path / "one.jsonl.gz")) == list(
        read_packet_lines(tmp_path / "plain.jsonl")
    )
    assert len((tmp_path / "plain.jsonl").read_bytes().splitlines()) == counts.messages


def test_no_packets_no_mail() -> None:
    mail = make_mail([], seed=1)
    assert mail.bursts == []
    assert mail.counts.messages == 0


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SunsiftError, match=r"nothing\.jsonl"):
        list(read_packet_lines(tmp_path / "nothing.jsonl"))
    (tmp_path / "text.jsonl.gz").write_text("not gzip")
    with pytest.raises(SunsiftError, match="cannot read the packets"):
        list(read_packet_lines(tmp_path / "text.jsonl.gz"))
