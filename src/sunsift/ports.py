"""The few doors through which the steps reach the outside world.

Each adapter stands behind one of these; each door has one contract suite that runs on every adapter.

Two kinds of time pass through here. WALL time (`Clock.now`) is only written down for people to read.
STEADY time (`Store.steady`, whole milliseconds) decides when something is due: it never goes back and
never leaps, because it advances only when somebody asks, and by no more than they allow. Clocks may jump.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sunsift.domain.feedback import Feedback
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.parcels import (
    Activity,
    Erasure,
    Message,
    OpenDays,
    Outcome,
    Quarantined,
    Refused,
    Registered,
    Report,
    Saved,
    Unsent,
    Which,
    Work,
)

WAKE = "wake"
"""Topic channel: take messages from the inbox."""
PREDICT = "predict"
"""Topic channel: predict the house that the message names."""
DELIVER = "deliver"
"""Topic channel: send the reports that are due."""


class Clock(Protocol):
    """Tells wall time."""

    def now(self) -> datetime:
        """Return the time, in UTC and aware of it."""
        ...


class Inbox(Protocol):
    """Where packets arrive."""

    batch: int
    """The most messages that one wake-up takes."""

    def depth(self) -> int:
        """Return about how many messages wait."""
        ...

    def receive(self, limit: int) -> Sequence[Message]:
        """Take up to `limit` messages; others do not see them for a while."""
        ...

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove messages for good; whatever is not deleted comes again."""
        ...


class Topic(Protocol):
    """Hints for other workers. A hint may be lost, doubled, late and out of order."""

    def publish(self, channel: str, bodies: Sequence[str]) -> None:
        """Send hints to whoever works on the channel."""
        ...


class Coordinator(Protocol):
    """Hints about houses: who is quiet, who is being worked on. May be lost at any moment.

    All times are steady milliseconds; every operation is atomic.
    """

    def touch(self, arrived: dict[str, int]) -> None:
        """Restart the quiet clock of houses; an earlier time than the known one changes nothing."""
        ...

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Take up to `limit` houses whose last packet arrived at or before `arrived_by`.

        Nobody else is given them until `until`; if they are not forgotten by then, they come again.
        Houses under a lease are left out until it ends.
        """
        ...

    def forget(self, settled: dict[str, int]) -> None:
        """Stop the quiet clocks of settled houses, except those touched after the given arrivals."""
        ...

    def waiting(self) -> int:
        """Return how many houses have a running quiet clock."""
        ...

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take leases for the holder `token` until `until`; return the houses that nobody else held."""
        ...

    def release(self, house_ids: Sequence[str], token: str) -> None:
        """Give back the leases that `token` still holds."""
        ...


class Store(Protocol):
    """The one place that decides. Every method is one transaction."""

    def steady(self) -> int:
        """Advance steady time by the wall time passed since the last look, and return it [ms].

        It never goes back, and advances by no more than the store was told to allow.
        """
        ...

    def houses(self, house_ids: Iterable[str]) -> dict[str, House]:
        """Return the registered ones of the named houses."""
        ...

    def register(self, registrations: Sequence[House], said_at: Sequence[int] | None = None) -> Registered:
        """Add or change registrations.

        said_at: when each was said [microseconds since 1970]. Of two words on a house the greatest
        (said_at, digest) holds, whatever comes last. None: a person says them now, which wins over all words
        that came before it.

        A changed registration makes the house's predictions and its evidence stale. If it names another
        region, the days of that region that nobody opened before are opened now.
        """
        ...

    def save(self, accepted: Sequence[Packet], refused: Sequence[Refused], trace: str = "") -> Saved:
        """Store winning revisions, mark what they change, and quarantine what was refused.

        trace: 32 hexadecimal digits (a trace id of W3C Trace Context) that name this ingest. They follow the
        houses that it changes to their reports, for whoever reads logs; nothing depends on them.

        Opens the region days of which this is the first packet; a revision takes its day's evidence away.
        Every packet's house must be registered.
        """
        ...

    def unsettled(self, limit: int) -> dict[str, int]:
        """Return houses with changes that no predict has covered, and when they last arrived [ms]."""
        ...

    def closable(self, opened_by: int, limit: int) -> list[OpenDays]:
        """Return region days that were opened at or before `opened_by` and are open, at most `limit`."""
        ...

    def region_packets(self, open_days: OpenDays) -> tuple[list[House], list[Packet]]:
        """Return the houses that a region's sunlight is measured with, and their packets of those days."""
        ...

    def import_feed(self, rows: Sequence[tuple[str, int, bytes]]) -> int:
        """Keep profiles (region, day, profile) from elsewhere, for days that are yet to close; count them."""
        ...

    def feed(self, open_days: OpenDays) -> dict[int, bytes]:
        """Return the imported profiles of a region's days."""
        ...

    def close(self, region: str, profiles: Mapping[int, bytes]) -> int:
        """Close days of a region with their profiles, for good; return how many were still open.

        A day that somebody else closed keeps the profile that it has.
        """
        ...

    def open(self, house_ids: Sequence[str], history_days: int, fold_predictions: int) -> list[Work]:
        """Open houses for predict: read what they need and void every earlier opening.

        history_days: how many days back a prediction sees, its own included. Houses with nothing to
        predict are left out.
        """
        ...

    def commit(self, outcomes: Sequence[Outcome]) -> list[str]:
        """Write outcomes; return the houses whose outcome was refused, because their work is void."""
        ...

    def claim_reports(self, now: int, until: int, limit: int) -> list[Report]:
        """Take reports that are due; others do not get them until `until`.

        Of each house only the oldest report that waits is due. Those that wait longest come first.
        """
        ...

    def acknowledge(self, keys: Sequence[str]) -> None:
        """Note that reports were delivered."""
        ...

    def postpone(self, key: str, until: int, problem: str) -> None:
        """Note why a report was not delivered, and when to try again [steady ms]."""
        ...

    def release(self, keys: Sequence[str], claimed: int) -> None:
        """Give back reports that were claimed at `claimed` [steady ms] and not tried: due at once."""
        ...

    def give_up(self, key: str, problem: str) -> None:
        """Note that a report is sent no more, and why; later reports of its house no longer wait for it."""
        ...

    def replay(self, which: Which) -> int:
        """Make reports due again, under the keys that they have and for their full time; return how many."""
        ...

    def gone(self, target: str) -> str | None:
        """Return what a receiver said when it wanted no more reports; None if it wants them."""
        ...

    def disable(self, target: str, problem: str) -> None:
        """Note that a receiver wants no more reports, and what it said."""
        ...

    def enable(self, target: str) -> bool:
        """Have a receiver back: what waits is due at once, for its full time. Say whether it had left."""
        ...

    def rescore(self, region: str, since: int, *, sunlight: bool) -> int:
        """Make the predictions of a region stale whose period ends on `since` or later; count the houses.

        The next predict judges them anew, and nothing else of these houses. sunlight: open the region's
        closed days from `since` on again, too, and take the evidence of these days away, so that they close
        with what is stored then. On purpose only: no step does this. Doing it twice is doing it once.
        """
        ...

    def note(self, found: Sequence[Feedback]) -> int:
        """Keep what visits found; return how much of it is new, or changes what was said of the same days.

        Errors: UnknownHouseError.
        """
        ...

    def note_activity(self, rows: Sequence[Activity]) -> None:
        """Add to what steps did in each minute; forget what is a week older than these rows.

        For people: the power may fail before it is kept.
        """
        ...

    def erase(self, house_id: str) -> Erasure:
        """Remove everything of one house, registered or not, and remember that without its name.

        Whatever a worker is doing with the house at this moment is void. Doing it again is welcome.
        """
        ...

    def erased(self, house_ids: Iterable[str]) -> dict[str, Erasure]:
        """Return what is remembered of those of the named houses that were ever erased."""
        ...

    def redrivable(self, limit: int, house_ids: Sequence[str] | None = None) -> list[Quarantined]:
        """Return quarantined packets that waited for a registration which is there by now.

        They waited for their house (`unknown_house`), or for it to have the clock of theirs (`clock`).
        house_ids: only of these houses.
        """
        ...

    def quarantined(self, ids: Sequence[str]) -> list[Quarantined]:
        """Return the named quarantined messages."""
        ...

    def discard(self, ids: Sequence[str]) -> int:
        """Remove messages from quarantine; return how many there were."""
        ...


class Sender(Protocol):
    """Carries reports to the retailer."""

    batch: int
    """The most reports that one call is given, so that it ends well within a lease."""
    target: str
    """The receiver as it may be shown and remembered, without secrets."""

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        """Deliver reports; return the keys of those that were not acknowledged, each with the reason."""
        ...
