"""What every request can ask for."""

import threading
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from sunsift.settings import Settings
from sunsift.web.limits import Limits
from sunsift.web.pool import Pool


@dataclass(frozen=True, slots=True)
class Web:
    """The server's parts.

    open_to_all: whoever reaches the server may do everything; only allowed on a loopback address.
    limits: how much callers may ask.
    stopping: set when the server is told to stop; answers that last have to end then.
    """

    settings: Settings
    pool: Pool
    open_to_all: bool = False
    limits: Limits = field(default_factory=Limits)
    stopping: threading.Event = field(default_factory=threading.Event)


def web_of(request: Request) -> Web:
    """Return the parts of the server that got the request."""
    return cast(Web, request.app.state.web)


TheWeb = Annotated[Web, Depends(web_of)]
