"""Packets in: one by one, or many at once."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from sunsift.domain.errors import UnusableMessageError
from sunsift.formats.cloud_event import from_binary_headers, is_binary
from sunsift.formats.message import decode
from sunsift.tokens import Scope
from sunsift.web.api.bodies import EVENT, EVENTS, JSON, LINES, messages_in, read, type_of
from sunsift.web.api.common import for_scope
from sunsift.web.api.intake import Taken, take_in
from sunsift.web.api.message_shapes import BULK, ONE
from sunsift.web.context import TheWeb, Web
from sunsift.web.problems import Problem

router = APIRouter(prefix="/packets", tags=["packets"])


@router.post(
    "", operation_id="addPacket", status_code=202, **for_scope(Scope.INGEST, 408, 413, 415, body=ONE)
)
async def add_packet(web: TheWeb, request: Request) -> Taken:
    """Store one house's readings of one day. 202 says that they are on the disk.

    What is no packet is refused and not kept (422). A packet that its house's registration does not allow is
    kept in quarantine, as `problems` says: one of an unknown house is ingested once that is registered.
    """
    type_of(request, JSON, EVENT)
    body = await read(request, web.limits.body_bytes)
    if is_binary(request.headers):
        body = from_binary_headers(request.headers, body)
    return await run_in_threadpool(_take_one, web, body)


@router.post(
    "/bulk",
    operation_id="addPackets",
    status_code=202,
    **for_scope(Scope.INGEST, 408, 413, 415, body=BULK),
)
async def add_packets(web: TheWeb, request: Request) -> Taken:
    """Store many packets: a JSON array, JSON lines or a batch of CloudEvents, packed with gzip or not.

    What cannot be used is kept in quarantine and named in `problems`; the others go on.
    """
    media = type_of(request, JSON, *LINES, EVENTS)
    async with request.app.state.bulks:
        body = await read(request, web.limits.bulk_bytes)
        return await run_in_threadpool(_take_many, web, body, media)


def _take_one(web: Web, body: bytes) -> Taken:
    with web.pool.borrow() as parts:
        [message] = decode([body], parts.clock.now())
        if isinstance(message, UnusableMessageError):
            raise Problem(422, message.reason, code=message.code)
        return take_in(parts, [body])


def _take_many(web: Web, body: bytes, media: str) -> Taken:
    messages = messages_in(body, media)
    with web.pool.borrow() as parts:
        return take_in(parts, messages)
