"""The description of the API: what FastAPI finds, and what holds for all routes."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sunsift import __version__
from sunsift.web.api import router
from sunsift.web.problems import MEDIA_TYPE

TAGS: Final = {
    "packets": "Readings in.",
    "houses": "Which houses there are, and what their meters read.",
    "verdicts": "How their panels do: predictions and statuses.",
    "reports": "What the retailer was told.",
    "quarantine": "Messages that could not be used.",
    "feedback": "What visits found.",
    "fleet": "All of it in figures.",
}
WORDS: Final = {
    400: "The body is no text, or nested beyond reason.",
    401: "No token, or none that holds.",
    403: "The token lacks the scope.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "It is there already.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    422: "Something in the request cannot be used.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "The store cannot be used now; `Retry-After` says when to try again.",
}
_FOR_ALL: Final = (401, 403, 422, 429, 503)
_WITH_BODY: Final = (400, 408, 413)
_PROBLEM: Final = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "examples": ["Not Found"]},
        "status": {"type": "integer", "examples": [404]},
        "detail": {"type": "string", "examples": ["house 6102000001 is not registered"]},
        "code": {"type": "string", "description": "What is wrong with a packet, in one word."},
        "errors": {
            "type": "array",
            "description": "What is wrong with which field.",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
DESCRIPTION: Final = """Sunsift tells from net meter data how rooftop panels do.

Show a token as `Authorization: Bearer sunsift_...`; `sunsift token create` makes one. Listings are read a
page at a time: ask again with `cursor` set to `next_cursor` until that is null. Energy is in kWh, power in
kW, days are of local standard time, moments ISO 8601 in UTC.
"""


def describe(app: FastAPI) -> None:
    """Have a server tell this description."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description()
        return app.openapi_schema

    setattr(app, "openapi", described)  # noqa: B010 - as FastAPI's documentation does, past its type


def _description() -> dict[str, Any]:
    found = get_openapi(
        title="Sunsift",
        version=__version__,
        description=DESCRIPTION,
        routes=router.routes,
        tags=[{"name": name, "description": words} for name, words in TAGS.items()],
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for operations in found["paths"].values():
        for operation in operations.values():
            _complete(operation)
    return found


def _complete(operation: dict[str, Any]) -> None:
    """Document the errors of an operation: its own, and those that all have."""
    responses = operation["responses"]
    own = [int(status) for status in responses if int(status) >= 400]
    with_token = _FOR_ALL if "security" in operation else (429, 503)
    with_body = _WITH_BODY if "requestBody" in operation else ()
    for status in sorted({*own, *with_token, *with_body}):
        responses[str(status)] = {
            "description": WORDS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
