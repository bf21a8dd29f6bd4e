"""What every Sender does: a report is acknowledged only when the retailer has it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sunsift.domain.status import Status
from sunsift.ports import Report, Sender
from tests.support.build import FIRST_DAY

Received = Callable[[], list[dict[str, Any]]]
Outage = Callable[[], AbstractContextManager[None]]
REPORTS = [
    Report(f"{n:032x}", f"house-{n}", Status.POOR, Status.WELL, FIRST_DAY + n, "2026-01-01T00:00:00.000Z", 1)
    for n in range(3)
]


class SenderContract:
    """Subclasses give `sender`, `received` (what arrived, in order) and `outage` (nothing gets through)."""

    def test_reports_arrive_in_order(self, sender: Sender, received: Received) -> None:
        assert sender.send(REPORTS) == {}
        assert received() == [
            {
                "key": report.key,
                "house_id": report.house_id,
                "status": "poor",
                "previous": "well",
                "as_of": f"2025-09-0{n + 1}",
                "created_at": "2026-01-01T00:00:00.000Z",
            }
            for n, report in enumerate(REPORTS)
        ]

    def test_nothing_is_acknowledged_in_an_outage(
        self, sender: Sender, received: Received, outage: Outage
    ) -> None:
        with outage():
            problems = sender.send(REPORTS)
        assert set(problems) == {r.key for r in REPORTS}
        assert all(problems.values())

    def test_an_outage_ends(self, sender: Sender, received: Received, outage: Outage) -> None:
        with outage():
            sender.send(REPORTS)
        assert sender.send([replace(r, attempt=2) for r in REPORTS]) == {}
        assert [r["key"] for r in received()][-3:] == [r.key for r in REPORTS]

    def test_a_repetition_has_the_same_key(self, sender: Sender, received: Received) -> None:
        sender.send(REPORTS)
        assert sender.send([replace(r, attempt=2) for r in REPORTS]) == {}
        assert {r["key"] for r in received()} == {r.key for r in REPORTS}

    def test_a_batch_has_a_size(self, sender: Sender) -> None:
        assert sender.batch >= 1
