"""One line of the doctor's, and looking at several things at once for no longer than a person waits."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sunsift.domain.errors import SunsiftError

OK, WARNING, MISSING, PROBLEM = "ok", "warning", "missing", "problem"
LONGEST_SECONDS: Final = 5.0
"""Whoever does not answer within this time counts as down."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's. advice: what to do, empty if nothing."""

    check: str
    state: str
    found: str
    advice: str = ""


Look = tuple[str, Callable[[], Iterable[Check]]]


def together(looks: Sequence[Look]) -> list[Check]:
    """Take each look, all at the same time, and return what they found in the order given.

    A look that fails, or takes too long, is a problem by its name; it holds up neither the others nor the
    end of the program.
    """
    found: list[list[Check]] = [[] for _ in looks]
    threads = [
        # Nothing can end a thread that waits for a server; as a daemon it is left behind.
        threading.Thread(target=_look, args=(name, look, mine), daemon=True)
        for (name, look), mine in zip(looks, found, strict=True)
    ]
    until = time.monotonic() + LONGEST_SECONDS
    for thread in threads:
        thread.start()
    for number, thread in enumerate(threads):
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            late = f"no answer within {LONGEST_SECONDS:g} seconds"
            advice = "check that it runs, its address, and what stands between"
            found[number] = [*found[number], Check(looks[number][0], PROBLEM, late, advice)]
    return [check for checks in found for check in checks]


def _look(name: str, look: Callable[[], Iterable[Check]], found: list[Check]) -> None:
    try:
        for check in look():
            found.append(check)  # noqa: PERF402 - one by one, so that a late end loses only itself
    except SunsiftError as error:
        found.append(Check(name, PROBLEM, str(error), "see the text"))
    except Exception as error:  # a server may do anything; the other checks still tell something
        found.append(Check(name, PROBLEM, f"{type(error).__name__}: {error}", "this was not expected"))
