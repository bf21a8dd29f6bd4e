"""The Fleet page: how many do well, what is lost, who loses most, where and since when."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from sunsift.tokens import Scope
from sunsift.views.fleet import CHANGE_DAYS, FleetNow
from sunsift.views.league import described
from sunsift.web.access import needs
from sunsift.web.context import TheWeb, Web
from sunsift.web.pages.fleet_figures import changes_figure, map_figure
from sunsift.web.pages.league import Asked, asked_of, league_csv, league_page
from sunsift.web.pages.look import figures, house_url, page

router = APIRouter(include_in_schema=False, dependencies=[Depends(needs(Scope.READ))])
AskedOf = Annotated[Asked, Depends(asked_of)]


def _now(request: Request) -> FleetNow:
    kept: FleetNow = request.app.state.fleet_now
    return kept


TheFleet = Annotated[FleetNow, Depends(_now)]


def add_to(app: FastAPI) -> None:
    """Serve the page."""
    app.state.fleet_now = FleetNow()
    app.include_router(router)


class Part(StrEnum):
    """The parts of the page that are brought up to date while it is open."""

    TILES = "tiles"
    LEAGUE = "league"
    REGIONS = "regions"


@router.get("/")
def fleet(request: Request, web: TheWeb, now: TheFleet, asked: AskedOf) -> HTMLResponse:
    """Show the whole page."""
    return page(request, "fleet.html", here="fleet", **_facts(web, now, asked, *Part))


@router.get("/live/fleet/{part}")
def fleet_part(request: Request, web: TheWeb, now: TheFleet, asked: AskedOf, part: Part) -> HTMLResponse:
    """Show one part of the page as it is now."""
    return page(request, f"fleet_{part}.html", **_facts(web, now, asked, part))


@router.get("/fleet.json")
def charts(request: Request, web: TheWeb, now: TheFleet) -> Response:
    """Return the charts of the page."""
    with web.pool.borrow() as parts:
        fleet = now.of(parts.records, web.settings.tariff_per_kwh)
    newest = fleet.newest_day
    changes = None if newest is None else changes_figure(fleet.changes, newest, CHANGE_DAYS)
    return figures(request, changes=changes, map=map_figure(fleet.regions))


@router.get("/league.csv")
def download(web: TheWeb, asked: AskedOf) -> StreamingResponse:
    """Send all houses that the page's filters choose, not only those of one page."""
    return StreamingResponse(
        league_csv(web.pool, asked, web.settings.tariff_per_kwh),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="league.csv"'},
    )


@router.get("/houses")
def find(web: TheWeb, find: str = "") -> RedirectResponse:
    """Go to the house of that name, or to those that have it as a part of theirs."""
    name = find.strip()
    with web.pool.borrow() as parts:
        found = parts.store.houses([name]) if name else {}
    return RedirectResponse(house_url(name) if found else Asked(search=name).url(), 303)


def _facts(web: Web, now: FleetNow, asked: Asked, *wanted: Part) -> dict[str, Any]:
    """Return what the templates of these parts show."""
    with web.pool.borrow() as parts:
        facts: dict[str, Any] = {
            "asked": asked,
            "fleet": now.of(parts.records, web.settings.tariff_per_kwh),
            "currency": web.settings.currency,
            "tariff": web.settings.tariff_per_kwh,
        }
        if Part.LEAGUE in wanted:
            standings, after = league_page(parts.records, asked)
            facts["rows"] = [
                described(standing, parts.model) | {"region": standing.house.weather_region}
                for standing in standings
            ]
            facts["next_after"] = after
    return facts
