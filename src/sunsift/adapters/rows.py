"""How what is stored becomes rows and rows become it again, the same in every store."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sunsift.adapters.codec import (
    KINDS,
    STATUS_NUMBER,
    STATUSES,
    decompress,
    pack_reasons,
    unpack_reasons,
)
from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.house import House, veiled
from sunsift.domain.readings import Packet
from sunsift.domain.status import Change, Folded
from sunsift.domain.times import iso_ms
from sunsift.domain.verdict import Prediction, Score
from sunsift.parcels import Refused, Report, Saved
from sunsift.records import ReportRow, Tally, Waiting

PREDICTION_COLUMNS: Final = (
    "day", "usable_days", "p_poor", "performance", "performance_se", "lost", "verdict", "reasons", "model",
    "input_digest", "average", "status", "since", "came_from",
)  # fmt: skip
HOUSE_COLUMNS: Final = tuple(f.name for f in fields(House))
REPORT_COLUMNS: Final = (
    "r.key, h.house_id, r.status, r.previous, r.as_of, r.created_at, r.delivered_at, r.attempts, r.problem, "
    "r.given_up_at"
)
"""Of a report `r` and its house `h`."""
ACTIVITY_MINUTES: Final = 7 * 24 * 60
"""So long is kept what steps did."""
Key = tuple[int, int]
"""Number of a house, and day."""


def to_house(row: Sequence[Any]) -> House:
    """Turn a row of `HOUSE_COLUMNS` into a house."""
    values = dict(zip(HOUSE_COLUMNS, row, strict=True))
    values["battery"] = bool(values["battery"])
    return House(**values)


def to_packet(house_id: str, row: Sequence[Any]) -> Packet:
    """Turn a row (day, kind, updated_at, readings) back into the packet."""
    day, kind, updated_at, readings = row
    interval_minutes, quality = KINDS[kind]
    return Packet(house_id, day, interval_minutes, quality, updated_at, decompress(readings))


def pick_winners(
    packets: Sequence[Packet], numbers: Mapping[str, int], stored: Mapping[Key, Packet], saved: Saved
) -> dict[Key, Packet]:
    """Return the packets that win over each other and over what is stored, and count them all.

    numbers: of the registered houses. stored: what is there of the packets' houses and days.
    Errors: UnknownHouseError if a house is not registered.
    """
    winners: dict[Key, Packet] = {}
    for packet in packets:
        number = numbers.get(packet.house_id)
        if number is None:
            # It was removed after the step looked: that is logged, and not shown to a person who named it.
            raise UnknownHouseError(f"house {veiled(packet.house_id)} is not registered")
        key = (number, packet.day)
        rival = winners.get(key) or stored.get(key)
        if rival is None:
            saved.accepted += 1
            winners[key] = packet
        elif packet.same_as(rival):
            saved.duplicate += 1
        elif packet.beats(rival):
            saved.accepted += 1
            saved.revised += 1
            winners[key] = packet
        else:
            saved.superseded += 1
    return winners


def message_id(refused: Refused) -> str:
    """Name a message by its content and its trouble, so that a repetition is kept once."""
    # A file that could not be read to its end has no body: there the source is the content.
    content = refused.body or refused.source.encode()
    return hashlib.blake2b(content, digest_size=8, salt=refused.code.encode()[:16]).hexdigest()


def to_change(since: int | None, status: int, came_from: int) -> Change | None:
    """Turn the columns (since, status, came_from) into the change; None if there was none yet."""
    if since is None:
        return None
    return Change(since, STATUSES[status], STATUSES[came_from])


def standing_columns(folded: Folded) -> tuple[int, int, int | None, int]:
    """Return the columns (average, status, since, came_from) of a status."""
    change = folded.change
    average = round(folded.average * 10_000)
    if change is None:
        return average, 0, None, 0
    return average, STATUS_NUMBER[change.status], change.as_of, STATUS_NUMBER[change.previous]


def prediction_row(
    house: int, prediction: Prediction, folded: Folded, words: dict[str, int]
) -> tuple[object, ...]:
    """Return the row of a prediction and the status after it. words: the numbers of its texts."""
    score = prediction.score
    return (
        house,
        prediction.period_end,
        prediction.usable_days,
        round(score.p_poor * 10_000),
        round(score.performance * 1000),
        round(score.performance_se * 1000),
        round(score.lost_kwh * 10),
        STATUS_NUMBER[score.verdict],
        pack_reasons(score.reasons, words),
        words[prediction.model_version],
        bytes.fromhex(prediction.input_digest),
        *standing_columns(folded),
    )


def texts_of(predictions: Sequence[Prediction]) -> set[str]:
    """Return the texts that rows of predictions hold as numbers: model versions and codes of reasons."""
    texts = {p.model_version for p in predictions}
    texts.update(reason.code for p in predictions for reason in p.score.reasons)
    return texts


def to_prediction(row: Sequence[Any], texts: dict[int, str]) -> tuple[Prediction, Folded]:
    """Turn a row of `PREDICTION_COLUMNS` into the prediction and the status after it. texts: by number."""
    (day, usable_days, p_poor, performance, se, lost, verdict, reasons, model, digest, average, *standing) = (
        row
    )
    status, since, came_from = standing
    score = Score(
        p_poor=p_poor / 10_000,
        performance=performance / 1000,
        performance_se=se / 1000,
        lost_kwh=lost / 10,
        verdict=STATUSES[verdict],
        reasons=unpack_reasons(reasons, texts),
    )
    prediction = Prediction(day, usable_days, score, texts[model], digest.hex())
    return prediction, Folded(day, average / 10_000, to_change(since, status, came_from))


def to_report(row: Sequence[Any], attempt: int, prediction: Prediction | None) -> Report:
    """Turn a row into a report to send: from its key to its creation, trace, first try."""
    key, house_id, status, previous, as_of, created, trace, first_tried = row
    return Report(
        key,
        house_id,
        STATUSES[status],
        STATUSES[previous],
        as_of,
        iso_ms(created),
        attempt,
        trace,
        first_tried,
        prediction,
    )


def to_report_row(row: Sequence[Any]) -> ReportRow:
    """Turn a row of `REPORT_COLUMNS` into a listed report."""
    key, house_id, status, previous, as_of, created, delivered, attempts, problem, given_up = row
    return ReportRow(
        key,
        house_id,
        STATUSES[status],
        STATUSES[previous],
        as_of,
        iso_ms(created),
        None if delivered is None else iso_ms(delivered),
        attempts,
        problem,
        None if given_up is None else iso_ms(given_up),
    )


def to_tally(row: Sequence[Any]) -> Tally:
    """Turn a row (region, status, houses, lost [0.1 kWh], capacity, latitude, longitude) into a tally."""
    region, status, houses, lost, capacity, latitude, longitude = row
    return Tally(
        region,
        STATUSES[status],
        houses,
        lost / 10,
        round(capacity, 3),
        round(latitude, 5),
        round(longitude, 5),
    )


def to_waiting(row: Sequence[Any], newest_day: int | None) -> Waiting:
    """Turn a row into what waits.

    It holds: houses, unsettled, steady time, the longest waiting arrival, undelivered, given up, quarantined,
    when the newest report was written.
    """
    houses, unsettled, steady, oldest, undelivered, given_up, quarantined, last = row
    age = 0 if oldest is None or steady is None else max(0, steady - oldest)
    last_report_at = None if last is None else iso_ms(last)
    return Waiting(houses, unsettled, age, undelivered, given_up, quarantined, newest_day, last_report_at)
