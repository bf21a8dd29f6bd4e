"""Everything that is known of one house, read in one pass: for the command line and for programs."""

from dataclasses import asdict
from typing import Any, Final

from sunsift.domain.house import House
from sunsift.domain.readings import SLOTS, stack_days
from sunsift.domain.status import Change
from sunsift.model import Model
from sunsift.records import Records, Standing
from sunsift.views.league import date_text, described

DAYS_SHOWN: Final = 60


class Story:
    """One house: where it stands, its changes (oldest first), its reports (newest first), its last days.

    performance: of each period, by its last day. days: how many are stored. recent: rows (day, import_kwh,
    export_kwh) of the last DAYS_SHOWN stored days; a day of which most is missing has no energy.
    """

    def __init__(self, records: Records, house: House) -> None:
        self.standing = Standing(house, None, None)
        self.changes: list[Change] = []
        self.performance: dict[int, float] = {}
        for _, prediction, folded in records.predictions(house.house_id):
            self.standing = Standing(house, prediction, folded)
            self.performance[prediction.period_end] = prediction.score.performance
            if folded.change and folded.change not in self.changes[-1:]:
                self.changes.append(folded.change)
        self.reports = sorted(
            records.reports(house.house_id), key=lambda r: (r.as_of, r.created_at), reverse=True
        )
        self.recent: list[dict[str, Any]] = []
        packets = records.days(house.house_id)
        self.days = len(packets)
        days = stack_days(packets[-DAYS_SHOWN:])
        for day, imports, exports in zip(
            days.day.tolist(), days.import_kwh.tolist(), days.export_kwh.tolist(), strict=True
        ):
            self.recent.append({"day": day, "import_kwh": _sum(imports), "export_kwh": _sum(exports)})


def _sum(half_hours: list[float]) -> float | None:
    """Return a day's energy; None where most of it is missing."""
    known = [value for value in half_hours if value == value]  # NaN differs from itself
    return round(sum(known), 3) if len(known) > SLOTS // 2 else None


def described_house(records: Records, model: Model, house: House) -> dict[str, Any]:
    """Return one house for programs."""
    story = Story(records, house)
    changes = [
        {"as_of": date_text(c.as_of), "status": str(c.status), "previous": str(c.previous)}
        for c in story.changes
    ]
    days = [{"date": date_text(d["day"])} | _without(d, "day") for d in story.recent]
    reports = [asdict(r) | {"as_of": date_text(r.as_of)} for r in story.reports]
    return described(story.standing, model) | {
        "registration": asdict(house),
        "changes": changes,
        "recent_days": days,
        "reports": reports,
    }


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
