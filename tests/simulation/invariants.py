"""The guarantees, checked when the dust has settled."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from sunsift.domain.rules import Rules
from sunsift.domain.status import Status
from sunsift.parcels import Report
from sunsift.records import Records
from tests.simulation import reference
from tests.simulation.mail import Scenario
from tests.simulation.witness import BrokenError, Witness, change_of

T = TypeVar("T")


def _same(kind: str, what: str, found: Sequence[T], wanted: Sequence[T]) -> None:
    if found != wanted:
        extra = [x for x in found if x not in wanted]
        missing = [x for x in wanted if x not in found]
        raise BrokenError(kind, f"{what}: too much {extra}, missing {missing}")


def check_houses(records: Records, scenario: Scenario) -> None:
    """The newest word on every house holds."""
    wanted = sorted(scenario.final_houses(), key=lambda house: house.house_id)
    _same("houses", "registrations", list(records.houses()), wanted)


def check_packets(records: Records, scenario: Scenario) -> None:
    """Nothing is lost, and every day holds its winning revision, nulls as nulls."""
    found = [packet for house in list(records.houses()) for packet in records.days(house.house_id)]
    _same("packets", "stored days", found, sorted(reference.winners(scenario.packets()).values()))


def check_predictions(records: Records, undisturbed: Records, scenario: Scenario, rules: Rules) -> None:
    """Predictions and statuses do not depend on what happened on the way; missing days stay missing."""
    found = list(records.predictions())
    _same("differs", "predictions", found, list(undisturbed.predictions()))
    periods = [(house_id, p.period_end, p.usable_days) for house_id, p, _ in found]
    _same("nulls", "periods", periods, sorted(reference.ready(reference.winners(scenario.packets()), rules)))


def check_reports(witness: Witness, undisturbed: Records) -> None:
    """The latest report of each house does not depend on what happened on the way either."""
    wanted = {row.house_id: change_of(row) for row in undisturbed.reports()}
    for house in list(undisturbed.houses()):
        latest = witness.latest(house.house_id)
        change = wanted.get(house.house_id)
        if change is None:
            # Corrections took away every verdict: nothing was reported, or that nothing is known.
            if latest is not None and latest.status is not Status.UNKNOWN:
                raise BrokenError("differs", f"the latest report should be unknown: {latest}")
        elif latest is None or change_of(latest) != change:
            raise BrokenError(
                "lost", f"{house.house_id} should be reported as {change}; its latest is {latest}"
            )


def change_key(report: Report) -> str:
    """Return the key of the report in the store, whatever a sender made of it."""
    return report.key.partition(".")[0]


def check_heard(heard: Sequence[Report], witness: Witness, records: Records) -> None:
    """The retailer heard every report in order, each change under one key that never changes.

    Or it was given up, after all the time that it has; then it may be heard later, when somebody asks for it.
    """
    first: dict[str, Report] = {}
    for report in heard:
        if first.setdefault(report.key, report) != report:
            raise BrokenError("key", f"one key for two reports: {first[report.key]} and {report}")
    told = Counter(change_key(report) for report in first.values())
    if repeated := [key for key, count in told.items() if count > 1]:
        raise BrokenError("twice", f"told under several keys: {repeated}")
    written = {row.key: row for row in witness.created}
    if strangers := told.keys() - written.keys():
        raise BrokenError("stranger", f"told, but not in the store: {strangers}")
    given_up = witness.postman.given_up
    for house_id in {row.house_id for row in witness.created}:
        wanted = [row.key for row in witness.created if row.house_id == house_id and row.key not in given_up]
        reports = [change_key(report) for report in first.values() if report.house_id == house_id]
        found = [key for key in reports if key not in given_up]
        _same("lost", f"reports heard of {house_id}", found, wanted)
    _check_ends(heard, witness, records)


def _check_ends(heard: Sequence[Report], witness: Witness, records: Records) -> None:
    """What was given up stays so, unless it was heard; what was asked for again was heard again."""
    given_up = {row.key for row in records.reports() if row.given_up_at}
    told = {change_key(report) for report in heard}
    if silent := witness.postman.given_up - given_up - told:
        raise BrokenError("lost", f"given up, then taken for delivered: {silent}")
    for key, length in witness.postman.again.items():
        if key not in given_up and key not in {change_key(report) for report in heard[length:]}:
            raise BrokenError("lost", f"asked for again, and not heard: {key}")


def check_quarantine(records: Records, scenario: Scenario) -> None:
    """Every unusable message is kept once, whole, under the right word; nothing else is."""
    found = sorted((q.body, q.code) for q in records.quarantine())
    _same("quarantine", "messages", found, sorted({(x.body, x.code) for x in scenario.letters if x.code}))
