"""What the retailer gets to read, whatever carries it."""

from sunsift.domain.readings import day_date
from sunsift.ports import Report


def report_body(report: Report) -> dict[str, str]:
    """Return the body of a report. `key` is the same on every attempt."""
    return {
        "key": report.key,
        "house_id": report.house_id,
        "status": str(report.status),
        "previous": str(report.previous),
        "as_of": day_date(report.as_of).isoformat(),
        "created_at": report.created_at,
    }
