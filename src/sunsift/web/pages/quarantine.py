"""The part of the Pipeline page on unusable messages: list, look, try again, throw away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sunsift.exports import body_as_text
from sunsift.parcels import Quarantined
from sunsift.records import Page, Pages
from sunsift.tokens import Scope
from sunsift.web.access import Caller, needs
from sunsift.web.context import TheWeb
from sunsift.web.pages.look import page
from sunsift.wiring import Sunsift

ROWS: Final = 25
SHOWN_CHARACTERS: Final = 100_000
# One click does so many at most, in steps of a batch: a browser does not wait for ever.
MOST_AT_ONCE: Final = 5000
BATCH: Final = 500

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants to see, as it stands in the address; empty for everything, from the newest on.

    told: what the last click did, in counts by name.
    """

    code: str = ""
    after: str = ""
    told: tuple[tuple[str, int], ...] = ()

    def url(self, path: str = "/pipeline", **changes: str) -> str:
        """Return the address with something changed. A change of the code starts at its beginning."""
        asked = {"code": self.code, "after": "" if "code" in changes else self.after} | changes
        query = urlencode({name: value for name, value in asked.items() if value != ""})
        return f"{path}?{query}" if query else path


def chosen_of(
    code: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=1000)] = "",
    accepted: Annotated[int | None, Query(ge=0)] = None,
    stay: Annotated[int | None, Query(ge=0)] = None,
    discarded: Annotated[int | None, Query(ge=0)] = None,
) -> Chosen:
    """Read the address."""
    counts = {"accepted": accepted, "stay": stay, "discarded": discarded}
    return Chosen(code, after, tuple((name, n) for name, n in counts.items() if n is not None))


def listed(records: Pages, chosen: Chosen) -> Page[Quarantined]:
    """Return the messages to show, the newest first."""
    return records.quarantine_page(chosen.code or None, None, chosen.after or None, ROWS)


@router.get("/pipeline/quarantine/{message_id:path}")
def message(
    request: Request, web: TheWeb, message_id: str, caller: Annotated[Caller, Depends(needs(Scope.READ))]
) -> HTMLResponse:
    """Show one message whole."""
    with web.pool.borrow() as parts:
        found = parts.store.quarantined([message_id])
    if not found:
        raise HTTPException(404, "This message is not in quarantine (any more).")
    text, encoding = body_as_text(found[0].body)
    return page(
        request,
        "quarantined.html",
        here="pipeline",
        message=found[0],
        text=text[:SHOWN_CHARACTERS],
        left_out=max(0, len(text) - SHOWN_CHARACTERS),
        encoding=encoding,
        may_manage=Scope.MANAGE in caller.scopes,
    )


@router.post("/pipeline/quarantine", dependencies=[Depends(needs(Scope.MANAGE))])
def act(
    request: Request,
    web: TheWeb,
    action: Annotated[Literal["redrive", "discard"], Form()],
    id: Annotated[list[str] | None, Form()] = None,
    everything: Annotated[bool, Form()] = False,
    code: Annotated[str, Form(max_length=64)] = "",
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Try messages again, or throw them away: those that are named, or everything of a code.

    Who throws everything away is asked once more.
    """
    with web.pool.borrow() as parts:
        ids = _of_code(parts.records, code) if everything else (id or [])
        if everything and action == "discard" and not sure:
            return page(request, "quarantine_sure.html", here="pipeline", code=code, count=len(ids))
        told = _redriven(parts, ids) if action == "redrive" else {"discarded": parts.store.discard(ids)}
    return RedirectResponse(_told(code, told) + "#quarantine", 303)


def _told(code: str, counts: dict[str, int]) -> str:
    return Chosen(code).url(**{name: str(count) for name, count in counts.items()})


def _of_code(records: Pages, code: str) -> list[str]:
    ids: list[str] = []
    after = None
    while len(ids) < MOST_AT_ONCE:
        found = records.quarantine_page(code or None, None, after, BATCH)
        ids += [message.id for message in found.rows]
        after = found.next
        if after is None:
            break
    return ids[:MOST_AT_ONCE]


def _redriven(parts: Sunsift, ids: Sequence[str]) -> dict[str, int]:
    accepted = stay = 0
    for first in range(0, len(ids), BATCH):
        found = parts.store.quarantined(ids[first : first + BATCH])
        saved = parts.redrive(found).saved
        accepted += len(found) - saved.quarantined
        stay += saved.quarantined
    return {"accepted": accepted, "stay": stay}
