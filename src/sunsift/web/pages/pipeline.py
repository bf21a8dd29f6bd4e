"""The Pipeline page: what waits where, how far behind it is, what each step did last."""

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse

from sunsift.tokens import Scope
from sunsift.views.cache import Kept
from sunsift.views.pipeline import Pipeline, pipeline_of
from sunsift.web.access import Caller, needs
from sunsift.web.context import TheWeb, Web
from sunsift.web.pages import quarantine
from sunsift.web.pages.inbox import InboxDepth, inbox_depth
from sunsift.web.pages.look import ENVIRONMENT, page
from sunsift.web.pages.quarantine import Chosen, chosen_of, listed
from sunsift.web.pages.throughput import throughput_figure

# Several parts of several open pages ask at once, right after something changed.
KEPT_SECONDS: Final = 1.0

CARD: Final = ("learnt_from", "periods", "performance_error")

router = APIRouter(include_in_schema=False)
Looking = Annotated[Caller, Depends(needs(Scope.READ))]
ChosenOf = Annotated[Chosen, Depends(chosen_of)]


class Part(StrEnum):
    """The parts of the page that are brought up to date while it is open."""

    TILES = "tiles"
    STEPS = "steps"
    QUARANTINE = "quarantine"
    JUDGING = "judging"


def hours(value: float) -> str:
    """Write a duration [hours] in the unit that suits it."""
    if value < 1 / 60:
        return "under a minute"
    if value < 2:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h" if value < 48 else f"{value / 24:,.0f} days"


def add_to(app: FastAPI) -> None:
    """Serve the page."""
    ENVIRONMENT.filters["hours"] = hours
    app.state.pipeline = Kept[tuple[Pipeline, InboxDepth | None]](KEPT_SECONDS)
    app.include_router(router)
    app.include_router(quarantine.router)


@router.get("/pipeline")
def pipeline(request: Request, web: TheWeb, caller: Looking, chosen: ChosenOf) -> HTMLResponse:
    """Show the whole page."""
    facts = _facts(request, web, caller, chosen, *Part)
    return page(request, "pipeline.html", here="pipeline", **facts)


@router.get("/live/pipeline/{part}")
def pipeline_part(
    request: Request, web: TheWeb, caller: Looking, chosen: ChosenOf, part: Part
) -> HTMLResponse:
    """Show one part of the page as it is now."""
    return page(request, f"pipeline_{part}.html", **_facts(request, web, caller, chosen, part))


@router.get("/pipeline.json")
def figures(request: Request, web: TheWeb, caller: Looking) -> JSONResponse:
    """Return the charts of the page."""
    found, _ = _now(request, web)
    return JSONResponse({"figures": {"throughput": throughput_figure(found.recent, _minute(web))}})


def _now(request: Request, web: Web) -> tuple[Pipeline, InboxDepth | None]:
    kept: Kept[tuple[Pipeline, InboxDepth | None]] = request.app.state.pipeline

    def look() -> tuple[Pipeline, InboxDepth | None]:
        depth = inbox_depth(web.settings)
        with web.pool.borrow() as parts:
            return pipeline_of(parts, None), depth

    return kept.get("now", look)


def _minute(web: Web) -> int:
    with web.pool.borrow() as parts:
        return int(parts.clock.now().timestamp()) // 60


def _facts(request: Request, web: Web, caller: Caller, chosen: Chosen, *wanted: Part) -> dict[str, Any]:
    """Return what the templates of these parts show."""
    found, depth = _now(request, web)
    facts: dict[str, Any] = {
        "pipeline": found,
        "inbox": depth,
        "chosen": chosen,
        "may_manage": Scope.MANAGE in caller.scopes,
        "card": {name: found.judging.card.get(name) for name in CARD},
    }
    with web.pool.borrow() as parts:
        # Never kept: whoever clicked a button sees what it did.
        facts["waiting"] = parts.records.waiting()
        if Part.QUARANTINE in wanted:
            facts["codes"] = parts.records.quarantine_codes()
            facts["messages"] = listed(parts.records, chosen)
    return facts
