"""The House page: what one house's panels made, what they could have made, and what was said of them."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sunsift.domain.errors import InvalidFeedbackError, UnknownHouseError
from sunsift.domain.feedback import LONGEST_NOTE, Feedback, Found
from sunsift.domain.house import House
from sunsift.domain.readings import day_number
from sunsift.tokens import Scope
from sunsift.views.house import house_picture
from sunsift.views.league import described
from sunsift.web.access import Caller, needs
from sunsift.web.context import TheWeb, Web
from sunsift.web.pages.house_figures import generation_figure, heat_figure
from sunsift.web.pages.look import figures, house_url, page
from sunsift.web.pages.verdict_figure import verdict_figure
from sunsift.wiring import Sunsift

# More than a note may have, so that one that is too long is told so in our own words.
MOST_TYPED: Final = 10 * LONGEST_NOTE


class Part(StrEnum):
    """The parts of the page that are brought up to date while it is open."""

    VERDICT = "verdict"
    STORY = "story"


router = APIRouter(include_in_schema=False)
Reader = Annotated[Caller, Depends(needs(Scope.READ))]
Visitor = Annotated[Caller, Depends(needs(Scope.FEEDBACK))]


@router.get("/houses/{house_id:path}/picture.json")
def picture(request: Request, web: TheWeb, caller: Reader, house_id: str) -> Response:
    """Return the charts of the page."""
    with web.pool.borrow() as parts:
        shown = house_picture(parts.records, parts.model, _house(parts, house_id))
    return figures(
        request,
        heat=heat_figure(shown),
        generation=generation_figure(shown),
        verdict=verdict_figure(shown),
    )


@router.post("/houses/{house_id:path}/feedback")
def note(
    request: Request,
    web: TheWeb,
    caller: Visitor,
    house_id: str,
    found: Annotated[Found, Form()],
    first_day: Annotated[date, Form()],
    last_day: Annotated[date, Form()],
    note: Annotated[str, Form(max_length=MOST_TYPED)] = "",
) -> Response:
    """Keep what a visit found, then show the house again."""
    try:
        told = Feedback(house_id, day_number(first_day), day_number(last_day), found, note.strip())
    except InvalidFeedbackError as error:
        facts = _facts(web, caller, house_id) | {"problem": f"Not noted: {error}."}
        return page(request, "house.html", status_code=422, **facts)
    with web.pool.borrow() as parts:
        parts.store.note([told])
    return RedirectResponse(f"{house_url(house_id)}?noted={found}#feedback", 303)


@router.get("/live/houses/{part}/{house_id:path}")
def fragment(request: Request, web: TheWeb, caller: Reader, part: Part, house_id: str) -> HTMLResponse:
    """Show one part of the page as it is now."""
    return page(request, f"house_{part}.html", **_facts(web, caller, house_id))


@router.get("/houses/{house_id:path}")
def house(request: Request, web: TheWeb, caller: Reader, house_id: str, noted: str = "") -> HTMLResponse:
    """Show the whole page."""
    said = f"Noted: {noted}. Thank you." if noted in set(Found) else ""
    return page(request, "house.html", **_facts(web, caller, house_id) | {"said": said})


def _house(parts: Sunsift, house_id: str) -> House:
    """Return the registration. Errors: UnknownHouseError."""
    found = parts.store.houses([house_id]).get(house_id)
    if found is None:
        raise UnknownHouseError(f"house {house_id} is not registered")
    return found


def _facts(web: Web, caller: Caller, house_id: str) -> dict[str, Any]:
    """Return what the templates of the page show. Errors: UnknownHouseError."""
    with web.pool.borrow() as parts:
        registered = _house(parts, house_id)
        picture = house_picture(parts.records, parts.model, registered)
        today = (parts.clock.now() + timedelta(hours=registered.utc_offset_hours)).date()
        return {
            "house": registered,
            "picture": picture,
            "row": described(picture.standing, parts.model),
            "model_version": parts.model.version,
            "currency": web.settings.currency,
            "tariff": web.settings.tariff_per_kwh,
            "rules": web.settings.rules,
            "may_tell": Scope.FEEDBACK in caller.scopes,
            "today": day_number(today),
            "said": "",
            "problem": "",
        }
