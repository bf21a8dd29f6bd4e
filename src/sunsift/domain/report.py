"""The name of a report: the same for the same change, however often it is sent."""

import hashlib

from sunsift.domain.status import Change


def report_key(house_id: str, change: Change, told_before: int) -> str:
    """Return 32 hexadecimal digits that name one change of one house.

    told_before: how often exactly this change was reported already. It is 0 unless a correction took
    the change back and a later one restored it: the retailer must hear of that again, and would take a
    known key for a repetition.
    """
    text = f"{house_id}\n{change.as_of}\n{change.previous}\n{change.status}\n{told_before}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
