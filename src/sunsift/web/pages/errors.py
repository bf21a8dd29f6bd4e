"""What people see when something went wrong: a page in the look of all others."""

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response

from sunsift.web.pages.look import page
from sunsift.web.problems import show_to_people

_TITLES: Final = {
    401: "Log in first",
    403: "That is not allowed",
    404: "Not found",
    422: "That cannot be read",
    429: "Too many requests",
    500: "This page failed",
    503: "The store cannot be reached",
}


def add_to(app: FastAPI) -> None:
    """Show errors of pages as pages."""
    show_to_people(app, _shown)


async def _shown(request: Request, status: int, detail: str) -> Response:
    title = _TITLES.get(status, HTTPStatus(status).phrase)
    said = "" if detail == HTTPStatus(status).phrase else f"{detail[:1].upper()}{detail[1:]}."
    return page(request, "error.html", status_code=status, title=title, detail=said, status=status)
