"""Taking messages in: a request is an inbox of its own, and the step `ingest` takes them from it."""

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from pydantic import BaseModel, Field

from sunsift.parcels import Message, Refused, Saved
from sunsift.wiring import Sunsift

log = logging.getLogger(__name__)
BATCH: Final = 2000
MOST_PROBLEMS: Final = 1000


class Trouble(BaseModel):
    """Why one message could not be used. It is in quarantine, whole."""

    index: int = Field(description="Of the message in the request, the first is 0.")
    code: str = Field(description="In one word.", examples=["unknown_house"])
    reason: str = Field(description="For people.")


class Became(BaseModel):
    """What became of messages. All of it is on the disk."""

    accepted: int = Field(description="Packets that were stored.")
    revised: int = Field(description="Of these, those that replaced an earlier revision.")
    duplicate: int = Field(description="Packets that were there already.")
    superseded: int = Field(description="Packets older than what is there.")
    houses: int = Field(description="Registrations that were added or changed.")
    houses_superseded: int = Field(description="Registrations older than what is there.")
    redriven: int = Field(description="Packets that had waited for these registrations, stored now.")
    erased: int = Field(description="Messages of erased houses, which were dropped.")
    quarantined: int = Field(description="Messages that could not be used.")
    problems: list[Trouble] = Field(description=f"Of those, the first {MOST_PROBLEMS:,}.")


class Taken(Became):
    """What became of the messages of a request. All of it is on the disk."""

    id: str = Field(
        description="Names this request in logs, up to the reports that come of it.",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    )


class _Request:
    """The messages of one request, as an inbox."""

    batch = BATCH

    def __init__(self, bodies: Sequence[bytes], name: str) -> None:
        """name: says in the quarantine where a message came from."""
        self.index_of = {f"{name} message {n + 1}": n for n in range(len(bodies))}
        named = zip(self.index_of, bodies, strict=True)
        self._waiting = [Message(body, source, source) for source, body in named]

    def depth(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

    def receive(self, limit: int) -> list[Message]:
        """Return the first messages that wait."""
        return self._waiting[:limit]

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove messages, which are those that were received last."""
        del self._waiting[: len(messages)]


def take_in(parts: Sunsift, bodies: Sequence[bytes]) -> Taken:
    """Ingest messages; what cannot be used goes to quarantine. All is on the disk when this returns."""
    trace = uuid.uuid4().hex
    inbox = _Request(bodies, f"API request {trace}")
    total, problems = Saved(), list[tuple[int, Refused]]()
    while inbox.depth():
        done = parts.ingest(inbox, trace)
        total.add(done.saved)
        problems += [(inbox.index_of[r.source], r) for r in done.refused if r.source in inbox.index_of]
    log.info(
        "took in %d messages: %d accepted, %d quarantined",
        len(bodies),
        total.accepted,
        total.quarantined,
        extra={"trace_id": trace},
    )
    problems.sort(key=lambda problem: problem[0])
    return Taken(id=trace, **told(total, problems))


def told(saved: Saved, problems: Iterable[tuple[int, Refused]]) -> dict[str, Any]:
    """Return the fields of `Became`. problems: refusals, each with its message's index."""
    counts = {count.name: getattr(saved, count.name) for count in fields(saved) if count.name != "arrived"}
    troubles = [Trouble(index=index, code=r.code, reason=r.reason) for index, r in problems]
    return counts | {"problems": troubles[:MOST_PROBLEMS]}
