"""Green Button files: what a utility sends, feeds in other orders, and files that attack their reader."""

import io
import json
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunsift.domain.errors import SunsiftError
from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterFormat, MeterOptions, cut, recognise
from tests.support.meter import cut_text, packets, problems

EXAMPLE = Path(__file__).parents[1] / "data" / "meter" / "greenbutton_solar.xml"
NS = 'xmlns="http://naesb.org/espi"'
START = 1_764_547_200  # 2025-12-01T00:00Z


def feed(*entries: str, updated: str = "2025-12-05T00:00:00Z") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><updated>{updated}</updated>{"".join(entries)}</feed>'


def entry(content: str, self_: str = "", updated: str = "", **links: str) -> str:
    hrefs = [("self", self_)] if self_ else []
    hrefs += links.items()
    lines = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in hrefs)
    return f"<entry>{lines}<content>{content}</content><updated>{updated}</updated></entry>"


def point(path: str = "RetailCustomer/7/UsagePoint/1", kind: int = 0, more: str = "") -> str:
    return entry(
        f"<UsagePoint {NS}><ServiceCategory><kind>{kind}</kind></ServiceCategory>{more}</UsagePoint>", path
    )


def reading_type(name: str = "1", **values: object) -> str:
    said = {"flowDirection": 1, "uom": 72, "commodity": 1, "powerOfTenMultiplier": 0, "intervalLength": 3600}
    texts = "".join(f"<{key}>{value}</{key}>" for key, value in (said | values).items())
    return entry(f"<ReadingType {NS}>{texts}</ReadingType>", f"ReadingType/{name}")


def meter(name: str = "1", of: str = "1", path: str = "RetailCustomer/7/UsagePoint/1") -> str:
    return entry(f"<MeterReading {NS}/>", f"{path}/MeterReading/{name}", related=f"ReadingType/{of}")


def block(
    values: list[Any],
    name: str = "1",
    path: str = "RetailCustomer/7/UsagePoint/1",
    linked: bool = True,
    extra: str = "",
    updated: str = "",
) -> str:
    rows = "".join(
        f"<IntervalReading>{extra}<timePeriod><duration>3600</duration><start>{START + 3600 * n}</start>"
        f"</timePeriod><value>{value}</value></IntervalReading>"
        for n, value in enumerate(values)
    )
    up = {"up": f"{path}/MeterReading/{name}/IntervalBlock"} if linked else {}
    return entry(f"<IntervalBlock {NS}>{rows}</IntervalBlock>", updated=updated, **up)


def cut_feed(*entries: str, offset: float | None = 0.0, **options: Any) -> list[Extract]:
    return cut_text(feed(*entries), MeterFormat.GREENBUTTON, offset=offset, **options)


def only(extracts: list[Extract]) -> dict[str, Any]:
    assert problems(extracts) == []
    (packet,) = packets(extracts).values()
    return packet


def test_the_file_of_a_utility() -> None:
    """Three days of a wall clock that goes back: import, export, and gas and daily sums to be left out."""
    body = EXAMPLE.read_bytes()
    assert recognise(body[:1000], "usage.xml") is MeterFormat.GREENBUTTON
    extracts = cut_text(body, MeterFormat.GREENBUTTON)
    found = {day: packet for (house, day), packet in packets(extracts).items() if house == "4471-8012"}
    assert sorted(found) == ["2025-11-01", "2025-11-02", "2025-11-03"]
    for packet in found.values():
        assert (packet["interval_minutes"], packet["utc_offset_hours"]) == (60, -8.0)
        assert None not in packet["import_kwh"] + packet["export_kwh"]
        assert max(packet["export_kwh"][10:14]) > 1.0
    assert [day for day, packet in found.items() if packet["quality"] == "E"] == ["2025-11-03"]
    assert found["2025-11-02"]["updated_at"] == "2025-11-05T08:00:00Z"
    # The summer's first hour is the last one of 31 October in standard time.
    assert problems(extracts) == [("parts of days", "part_of_a_day")]
    assert "2025-10-31 (2 of 48 readings)" in extracts[-1].reason


def test_every_reading_of_the_example_lands_in_its_hour() -> None:
    """The same values, found in the text by their seconds."""
    text = EXAMPLE.read_text("utf-8")
    found = packets(cut_text(text, MeterFormat.GREENBUTTON))
    rows = [part.split("</IntervalReading>")[0] for part in text.split("<IntervalReading>")[1:]]
    between: Callable[[str, str], str] = lambda row, tag: row.split(f"<{tag}>")[1].split("<")[0]  # noqa: E731
    hours = [row for row in rows if between(row, "duration") == "3600"][:-1]
    assert len(hours) == 2 * 73
    for number, row in enumerate(hours):
        local = time.gmtime(int(between(row, "start")) - 8 * 3600)
        if local.tm_mon == 10:
            continue
        packet = found["4471-8012", time.strftime("%Y-%m-%d", local)]
        key = "import_kwh" if number < 73 else "export_kwh"
        assert packet[key][local.tm_hour] == int(between(row, "value")) / 1000.0


def test_import_export_and_multipliers() -> None:
    packet = only(
        cut_feed(
            point(),
            reading_type("in", powerOfTenMultiplier=-3),
            reading_type("out", flowDirection=19, powerOfTenMultiplier=3),
            meter("1", "in"),
            meter("2", "out"),
            block([500_000] * 24, "1"),
            block([2] * 24, "2"),
        )
    )
    assert (packet["house_id"], packet["date"]) == ("7-1", "2025-12-01")
    assert (packet["import_kwh"], packet["export_kwh"]) == ([0.5] * 24, [2.0] * 24)
    assert packet["updated_at"] == "2025-12-05T00:00:00Z"


def test_net_and_mean_power() -> None:
    packet = only(cut_feed(point(), reading_type(flowDirection=4, uom=38), meter(), block([500, -2000] * 12)))
    assert packet["import_kwh"] == [0.5, 0.0] * 12
    assert packet["export_kwh"] == [0.0, 2.0] * 12


def test_the_description_may_come_behind_the_readings_and_links_may_be_whole() -> None:
    ready = cut_feed(point(), reading_type(), meter(), block([500] * 24))
    late = cut_feed(point(), block([500] * 24), meter(of="9"), reading_type("9"))
    whole = cut_feed(
        point("https://u.example/UsagePoint/7-1"),
        reading_type("https://u.example/ReadingType/1"),
        meter(path="https://u.example/UsagePoint/7-1"),
        block([500] * 24, path="https://u.example/UsagePoint/7-1"),
    )
    bare = cut_feed(point(), reading_type(), block([500] * 24, linked=False))
    assert only(ready)["import_kwh"] == [0.5] * 24
    assert [only(extracts) for extracts in (late, bare)] == [only(ready)] * 2
    assert only(whole)["import_kwh"] == [0.5] * 24


def test_delivery_points_name_their_house() -> None:
    more = "<ServiceDeliveryPoint><mRID>6102000001</mRID></ServiceDeliveryPoint>"
    packet = only(cut_feed(point(more=more), reading_type(), meter(), block([500] * 24)))
    assert packet["house_id"] == "6102000001"


def test_blocks_that_lead_to_no_usage_point_are_not_guessed() -> None:
    points = [point(), point("RetailCustomer/8/UsagePoint/1")]
    lost = block([500] * 24, path="Subscription/1")
    extracts = cut_feed(*points, reading_type(), meter(path="Subscription/1"), lost)
    ((code, reason),) = [(e.code, e.reason) for e in extracts]
    assert code == "wrong_shape"
    assert "do not lead to a UsagePoint" in reason
    two = [meter(), meter(path="RetailCustomer/8/UsagePoint/1")]
    blocks = [block([500] * 24), block([700] * 24, path="RetailCustomer/8/UsagePoint/1")]
    found = packets(cut_feed(*points, reading_type(), *two, *blocks))
    assert {house: packet["import_kwh"][0] for (house, _), packet in found.items()} == {
        "7-1": 0.5,
        "8-1": 0.7,
    }


def test_the_registered_clock_wins_then_the_zone_then_what_the_file_says() -> None:
    clock = entry(f"<LocalTimeParameters {NS}><tzOffset>3600</tzOffset></LocalTimeParameters>", "L/1")
    rest = (point(), reading_type(), meter(), block([500] * 24))
    offsets = [
        only(extracts)["utc_offset_hours"]
        for extracts in (
            cut_feed(clock, *rest),
            cut_feed(clock, *rest, offset=None, timezone="Europe/Lisbon"),
            [e for e in cut_feed(clock, *rest, offset=None) if e.code != "part_of_a_day"],
        )
    ]
    assert offsets == [0.0, 0.0, 1.0]
    assert problems(cut_feed(*rest, offset=None)) == [("entry 4", "no_clock")]


@pytest.mark.parametrize(
    ("codes", "flag"), [("0", "A"), ("17", "A"), ("7", "S"), ("8", "E"), ("99", "E"), ("raw", "E")]
)
def test_qualities(codes: str, flag: str) -> None:
    extra = f"<ReadingQuality><quality>{codes}</quality></ReadingQuality>"
    packet = only(cut_feed(point(), reading_type(), meter(), block([500] * 24, extra=extra)))
    assert packet["quality"] == flag


def test_an_entrys_own_time_of_change_counts_unless_it_is_none() -> None:
    for updated, expected in (("2025-12-04T01:00:00Z", "2025-12-04T01:00:00Z"),
                              ("1899-12-30T00:00:00Z", "2025-12-05T00:00:00Z")):  # fmt: skip
        body = block([500] * 24, updated=updated)
        assert only(cut_feed(point(), reading_type(), meter(), body))["updated_at"] == expected


def test_impossible_readings_are_put_aside_and_the_rest_goes_on() -> None:
    values = [500] * 20 + [-1, "x", "1e99", ""]
    extracts = cut_feed(point(), reading_type(), meter(), block(values))
    assert problems(extracts) == [("entry 4", "impossible")]
    (packet,) = packets(extracts).values()
    assert packet["import_kwh"] == [0.5] * 20 + [None] * 4
    bad = next(extract for extract in extracts if extract.code)
    assert [reading[2] for reading in json.loads(bad.body)["readings"]] == ["-1", "x", "1e99", ""]


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ([reading_type(accumulationBehaviour=3)], "only counts up"),
        ([], "nothing in the file says what these readings measure"),
    ],
)
def test_what_is_no_interval_energy_is_said(types: list[str], words: str) -> None:
    (extract,) = cut_feed(point(), *types, meter(), block([500] * 24))
    assert extract.code == "wrong_register"
    assert words in extract.reason


def test_gas_and_sums_of_days_are_left_out() -> None:
    with pytest.raises(SunsiftError, match="no interval readings of electricity"):
        cut_feed(point(kind=1), reading_type(), meter(), block([500] * 24))
    with pytest.raises(SunsiftError, match="no interval readings of electricity"):
        cut_feed(point(), reading_type(commodity=7, uom=169), meter(), block([500] * 24))


def test_a_file_that_breaks_off_is_used_up_to_the_break() -> None:
    text = feed(point(), reading_type(), meter(), block([500] * 24), block([1]))
    stream = cut(
        MeterFormat.GREENBUTTON,
        io.BytesIO(text[:-90].encode()),
        "x.xml",
        MeterOptions(offset_of=lambda _: 0.0),
    )
    assert not next(stream).code
    with pytest.raises(
        SunsiftError, match=r"x.xml: it is no well-formed XML, or breaks off.*what came before"
    ):
        next(stream)


BILLION_LAUGHS = "<!DOCTYPE lolz [<!ENTITY a0 'lol'>{}]><feed>&a9;</feed>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
ATTACKS = {
    "billion laughs": BILLION_LAUGHS,
    "one long entity": f"<!DOCTYPE b [<!ENTITY a '{'a' * 100_000}'>]><feed>{'&a;' * 10_000}</feed>",
    "external entity": "<!DOCTYPE b [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><feed>&x;</feed>",
    "external DTD": "<!DOCTYPE feed SYSTEM 'http://127.0.0.1:9/x.dtd'><feed/>",
    "parameter entity": "<!DOCTYPE b [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><feed/>",
    "deep": "<feed>" + "<a>" * 3_000_000,
    "long text": "<feed><entry><title>" + "x" * 20_000_000,
    "long attribute": "<feed a='" + "x" * 20_000_000,
    "long comment": "<feed><!--" + "x" * 20_000_000,
    "many links": "<feed><entry>" + "<link rel='r' href='h'/>" * 200_000,
    "many values": "<feed><entry><content>" + "".join(f"<a{n}>1</a{n}>" for n in range(100_000)),
}


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attacks_are_refused_in_bounded_time_and_memory(attack: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    with pytest.raises(SunsiftError) as caught:
        cut_text(ATTACKS[attack], MeterFormat.GREENBUTTON)
    assert time.process_time() - begin < 10.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    if "DOCTYPE" in ATTACKS[attack]:
        assert "has a DTD or declares entities" in str(caught.value)


@given(st.binary(max_size=300), st.integers(0, 1000))
@settings(max_examples=100)
def test_no_bytes_break_the_reader(noise: bytes, place: int) -> None:
    good = feed(point(), reading_type(), meter(), block([500] * 24)).encode()
    place = min(place, len(good))
    with suppress(SunsiftError):
        for extract in cut_text(good[:place] + noise + good[place:], MeterFormat.GREENBUTTON, offset=0.0):
            assert extract.code or json.loads(extract.body)["schema"] == 1
