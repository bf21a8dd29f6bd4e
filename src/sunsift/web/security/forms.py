"""Whether a form comes from our own pages."""

from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection
from starlette.types import Message, Receive

LONGEST_FORM = 64 * 1024
MOST_FIELDS = 2000
FORM_TYPE = "application/x-www-form-urlencoded"


def is_from_elsewhere(connection: HTTPConnection) -> bool:
    """Say whether the browser itself names another origin than ours.

    Hosts are compared, not schemes: behind a proxy that ends TLS, ours is another.
    """
    if connection.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = connection.headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower()
    except ValueError:
        return True


async def read_form(receive: Receive) -> bytes | None:
    """Return the body of a form; None if it is too long, or breaks off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LONGEST_FORM:
            return None
        if not message.get("more_body"):
            return bytes(body)


def field(body: bytes, name: str) -> str:
    """Return a field of a form; empty if it is missing, twice there or unreadable."""
    try:
        values = parse_qs(body.decode("ascii"), max_num_fields=MOST_FIELDS).get(name, [])
    except ValueError:
        return ""
    return values[0] if len(values) == 1 else ""


def once_more(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body that was read already, then goes on."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
