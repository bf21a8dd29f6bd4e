"""What every Sender does: a report is acknowledged only when the retailer has it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason
from sunsift.parcels import Report
from sunsift.ports import Sender
from tests.support.build import FIRST_DAY
from tests.support.verdicts import a_prediction

Received = Callable[[], list[dict[str, Any]]]
Outage = Callable[[], AbstractContextManager[None]]
CREATED_AT = "2026-01-01T00:00:00.000Z"
REPORTS = [
    Report(
        f"{n:032x}",
        f"house-{n}",
        Status.POOR,
        Status.WELL,
        FIRST_DAY + n,
        CREATED_AT,
        1,
        prediction=a_prediction(FIRST_DAY + n),
    )
    for n in range(3)
]


def words(reason: Reason) -> str:
    """Put a reason in words."""
    return f"{reason.code} is {reason.value} %"


def keys_of(received: list[dict[str, Any]]) -> list[str]:
    """Return the keys of bodies."""
    return [body["data"]["key"] for body in received]


class SenderContract:
    """Subclasses give `sender`, `received` (what arrived, in order) and `outage` (nothing gets through)."""

    def test_reports_arrive_in_order(self, sender: Sender, received: Received) -> None:
        assert sender.send(REPORTS) == {}
        assert received() == [
            {
                "type": "house.status",
                "timestamp": CREATED_AT,
                "data": {
                    "key": report.key,
                    "house_id": report.house_id,
                    "status": "poor",
                    "previous": "well",
                    "since": f"2025-09-0{n + 1}",
                    "lost_kwh": 12.3,
                    "lost_kwh_low": 0.0,
                    "lost_kwh_high": 60.6,
                    "performance": 0.987,
                    "performance_se": 0.051,
                    "period_end": f"2025-09-0{n + 1}",
                    "model_version": "test-1",
                    "reasons": ["clear_output is 98 %", "battery is -1 %"],
                },
            }
            for n, report in enumerate(REPORTS)
        ]

    def test_a_report_whose_prediction_was_withdrawn_still_arrives(
        self, sender: Sender, received: Received
    ) -> None:
        assert sender.send([replace(REPORTS[0], prediction=None)]) == {}
        [body] = received()
        told = {name: value for name, value in body["data"].items() if value is not None}
        assert told == {
            "key": REPORTS[0].key,
            "house_id": "house-0",
            "status": "poor",
            "previous": "well",
            "since": "2025-09-01",
            "reasons": [],
        }

    def test_nothing_is_acknowledged_in_an_outage(
        self, sender: Sender, received: Received, outage: Outage
    ) -> None:
        with outage():
            problems = sender.send(REPORTS)
        assert set(problems) == {r.key for r in REPORTS}
        assert all(why.problem and not why.gone for why in problems.values())
        assert problems[REPORTS[0].key].tried

    def test_an_outage_ends(self, sender: Sender, received: Received, outage: Outage) -> None:
        with outage():
            sender.send(REPORTS)
        assert sender.send([replace(r, attempt=2) for r in REPORTS]) == {}
        assert keys_of(received())[-3:] == [r.key for r in REPORTS]

    def test_a_repetition_has_the_same_key(self, sender: Sender, received: Received) -> None:
        sender.send(REPORTS)
        assert sender.send([replace(r, attempt=2) for r in REPORTS]) == {}
        assert set(keys_of(received())) == {r.key for r in REPORTS}

    def test_a_batch_has_a_size(self, sender: Sender) -> None:
        assert sender.batch >= 1

    def test_the_receiver_has_a_name(self, sender: Sender) -> None:
        assert sender.target
