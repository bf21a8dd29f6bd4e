"""How pages are made from templates, and what every template can use."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from sunsift import __version__
from sunsift.domain.readings import day_date
from sunsift.web.pages.assets import PLOTLY_URL

_HERE: Final = Path(__file__).parent.parent
NOTHING: Final = "\N{EN DASH}"


def house_url(house_id: str) -> str:
    """Return the address of a house's page; house ids may hold any printable character."""
    return f"/houses/{quote(house_id, safe='')}"


def number(value: float | None, decimals: int = 0) -> str:
    """Write a number with thousands separated; a dash for None."""
    return NOTHING if value is None else f"{value:,.{decimals}f}"


def percent(share: float | None, decimals: int = 0) -> str:
    """Write a share [1] in percent; a dash for None."""
    return NOTHING if share is None else f"{100 * share:.{decimals}f} %"


def day(days: int | None) -> str:
    """Write a day [days since 1970-01-01] as ISO 8601; a dash for None."""
    return NOTHING if days is None else day_date(days).isoformat()


def moment(text: str | None) -> str:
    """Write a stored time, ISO 8601 in UTC, to the minute; a dash for None."""
    if not text:
        return NOTHING
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def money(value: float | None, currency: str) -> str:
    """Write an amount in a currency that may be without name; a dash for None."""
    return NOTHING if value is None else f"{value:,.0f} {currency}".rstrip()


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=number, percent=percent, day=day, moment=moment, money=money, house_url=house_url
    )
    environment.globals.update(version=__version__, plotly_url=PLOTLY_URL)
    return environment


ENVIRONMENT: Final = _environment()


def figures(request: Request, **named: Mapping[str, Any] | None) -> Response:
    """Return charts as `charts.js` reads them, packed if the browser knows how: a year is 270 kB, then 55.

    Nothing secret is in them whose length could tell something.
    """
    content = json.dumps({"figures": named}, allow_nan=False, separators=(",", ":")).encode()
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type="application/json", headers=headers)


def page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """Return a page made from a template.

    Every template finds `request`, `csrf_token` (empty where no form needs one), `here` (the entry of the
    navigation that is marked) and `signed_out` (nobody is logged in: without navigation).
    """
    shared = {
        "request": request,
        "csrf_token": getattr(request.state, "csrf_token", ""),
        "here": "",
        "signed_out": False,
    }
    text = ENVIRONMENT.get_template(template).render(shared | context)
    return HTMLResponse(text, status_code=status_code)
