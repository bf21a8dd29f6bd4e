"""Times as people and files write them."""

from datetime import UTC, datetime


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970 of a time that knows its zone."""
    return round(moment.timestamp() * 1000)


def iso_ms(milliseconds: int) -> str:
    """Write milliseconds since 1970 as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
