"""What arrives in one run: houses, packets with revisions and duplicates, and unusable messages."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sunsift.domain.house import House
from sunsift.domain.readings import MISSING, Packet
from sunsift.formats.house_json import HouseWord
from tests.simulation.scheduler import Choices
from tests.support.build import FIRST_DAY, a_house, a_house_message, message_of, packet_of

HOURS = 24
MINUTE = 60_000
# What the panels export in an hour of sun [Wh]: dead, half of them, healthy.
LEVELS = (2000, 1000, 0)
# How many houses there are. In the largest fleet each has enough neighbours to see the sun by.
FLEETS = (1, 2, 3, 5)
# What a day is like; the first two are usable, the others hold gaps or were not measured.
USUAL, FEW_GAPS, MANY_GAPS, ESTIMATED, EMPTY = range(5)
# Pauses before a message, in minutes; the last ones are longer than the quiet time.
PAUSES = (0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 5, 7, 15)
LONG_PAUSE = 9
BROKEN = (
    (b"{not json", "not_json"),
    (b"", "empty"),
    (b'{"schema": 9, "house_id": "house-0"}', "wrong_schema"),
    (b'{"schema": 1, "house_id": "house-0"}', "wrong_shape"),
    (b"\xff\xfe", "not_utf8"),
)
# What letters say of a house, and the first time at which they say it: before any run begins.
TOLD: tuple[dict[str, Any], ...] = ({}, {"tilt": 10.0}, {"capacity_kwp": 6.0}, {"region": "elsewhere"})
SAID = datetime(2025, 6, 1, tzinfo=UTC)
TORN = b'{"schema": 1, "house'
# house_id, day, level, kind, revision
Day = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as the retailer sends it.

    pause: minutes since the one before. packet, word: what it holds, None if it is unusable.
    code: the quarantine's word for what is wrong with it. problem: what the inbox found wrong with it.
    """

    body: bytes
    pause: int
    packet: Packet | None
    code: str = ""
    problem: str | None = None
    word: HouseWord | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one run sends.

    houses: registered from the start; what letters say of them is newer.
    late: registered some minutes after the start (minutes, house).
    changed: a registration that changes (minutes, house).
    """

    houses: list[House]
    late: list[tuple[int, House]]
    changed: list[tuple[int, House]]
    letters: list[Letter]

    def packets(self) -> list[Packet]:
        """Return the distinct packets of registered houses, by house, day and revision."""
        known = {h.house_id for h in self.final_houses()}
        return sorted({x.packet for x in self.letters if x.packet and x.packet.house_id in known})

    def final_houses(self) -> list[House]:
        """Return the registrations as they are in the end."""
        words = [x.word for x in self.letters if x.word]
        said = sorted(words, key=lambda word: (word.said_at, word.house.digest()))
        # Whoever registers during the run says it later than any letter does.
        final = [*self.houses, *(word.house for word in said), *(h for _, h in [*self.late, *self.changed])]
        return list({h.house_id: h for h in final}.values())


@lru_cache(maxsize=4096)
def a_day(house_id: str, day: int, level: int, kind: int, revision: int) -> tuple[Packet, bytes]:
    """Return a packet of 24 hourly readings, and the message that carries it."""
    sun = [LEVELS[level] + day % 7 if 9 <= hour < 15 else 0 for hour in range(HOURS)]
    values = [300 + day % 5] * HOURS + sun
    gaps = {USUAL: 0, FEW_GAPS: 2, MANY_GAPS: 8, ESTIMATED: 0, EMPTY: HOURS}[kind]
    # Nulls fall on the sunny hours: taken for zero, they would look like an outage.
    for hour in range(gaps):
        values[(9 + hour) % HOURS] = values[HOURS + (9 + hour) % HOURS] = MISSING
    quality = {ESTIMATED: "E", EMPTY: "N"}.get(kind, "A")
    readings = struct.pack(f"<{2 * HOURS}H", *values)
    packet = packet_of(house_id, day, readings, 60, quality, revision)
    return packet, message_of(packet)


def draw_scenario(choices: Choices, *, lossy: bool) -> Scenario:
    """Draw what one run sends. lossy: whether a sweep will find what needs one to be found."""
    houses = [a_house(f"house-{n}") for n in range(FLEETS[choices.below(len(FLEETS))])]
    late: list[tuple[int, House]] = []
    changed: list[tuple[int, House]] = []
    if lossy and len(houses) > 1 and choices.one_in(4):
        late.append((choices.below(30), houses.pop()))
    if lossy and choices.one_in(8):
        change = ({"capacity_kwp": 6.0}, {"region": "elsewhere"})[choices.below(2)]
        changed.append((choices.below(30), a_house("house-0", **change)))
    told = [houses.pop().house_id] if lossy and len(houses) > 1 and choices.one_in(4) else []
    if choices.one_in(4):
        told.append(houses[0].house_id)
    names = [h.house_id for h in [*houses, *(h for _, h in late)]]
    names += [name for name in told if name not in names]
    days = [day for name in names for day in _history(name, choices)]
    letters = _shuffled(days, choices)
    for name in told:
        _add_words(letters, name, choices)
    for wave in range(choices.below(3)):
        # After a quiet while the retailer corrects a whole house, and its status may change.
        name, level = names[choices.below(len(names))], choices.below(3)
        corrected = [(name, day, level, USUAL, 3 + wave) for day in sorted({d[1] for d in days})]
        letters += _shuffled(corrected, choices, first_pause=LONG_PAUSE)
    return Scenario(houses, late, changed, letters)


def _history(house_id: str, choices: Choices) -> list[Day]:
    """Draw a house's days, some of them revised or sent twice."""
    days: list[Day] = []
    level = choices.below(3)
    for day in range(FIRST_DAY, FIRST_DAY + 3 + choices.below(4)):
        if choices.one_in(4):
            level = choices.below(3)
        kind = choices.below(5) if choices.one_in(4) else USUAL
        days.append((house_id, day, level, kind, 1))
    for _ in range(choices.below(3)):
        day = days[choices.below(len(days))][1]
        # Revision 1 again is another packet of the same time: the digest decides.
        days.append((house_id, day, choices.below(3), choices.below(5), choices.below(3)))
    if choices.one_in(2):
        days.append(days[choices.below(len(days))])
    return days


def _shuffled(days: list[Day], choices: Choices, first_pause: int = 0) -> list[Letter]:
    """Put days into messages, in any order, with unusable ones between them."""
    waiting = list(days)
    letters: list[Letter] = []
    while waiting:
        packet, body = a_day(*waiting.pop(choices.below(len(waiting))))
        if choices.one_in(6):
            body = body.replace(b'"id": "', b'"id": "again-')
        pause = PAUSES[choices.below(len(PAUSES))] if letters else first_pause
        letters.append(Letter(body, pause, packet))
        if choices.one_in(16):
            letters.append(_unusable(choices))
    return letters


def _add_words(letters: list[Letter], house_id: str, choices: Choices) -> None:
    """Put words on a house between letters, in any order; some are said at the same time, some come twice."""
    for _ in range(1 + choices.below(3)):
        house, at = (
            a_house(house_id, **TOLD[choices.below(len(TOLD))]),
            SAID + timedelta(days=choices.below(3)),
        )
        body = a_house_message(house, at)
        word = HouseWord(house, round(at.timestamp() * 1_000_000))
        for _ in range(1 + choices.one_in(4)):
            letters.insert(choices.below(len(letters) + 1), Letter(body, 0, None, word=word))


def _unusable(choices: Choices) -> Letter:
    which = choices.below(len(BROKEN) + 2)
    if which < len(BROKEN):
        body, code = BROKEN[which]
        return Letter(body, 0, None, code)
    if which == len(BROKEN):
        return Letter(TORN, 0, None, "unreadable", "the file breaks off here")
    packet, body = a_day("stranger", FIRST_DAY, 0, USUAL, 1)
    return Letter(body, 0, packet, "unknown_house")
