"""The fleet in figures, and whether the server is well."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sunsift import __version__
from sunsift.domain.readings import day_date
from sunsift.domain.status import Status
from sunsift.records import Tally
from sunsift.tokens import Scope
from sunsift.web.api.common import for_scope
from sunsift.web.context import TheWeb

router = APIRouter(tags=["fleet"])


class Sums(BaseModel):
    """Some houses in figures."""

    houses: int
    lost_kwh: float = Field(description="Lost over the newest period of 30 days of each [kWh].")
    capacity_kwp: float = Field(description="[kWp]")


class Region(BaseModel):
    """The houses of one weather region."""

    region: str
    by_status: dict[Status, Sums]


class Summary(BaseModel):
    """The fleet in figures."""

    houses: int
    by_status: dict[Status, Sums]
    regions: list[Region]
    lost_kwh: float = Field(description="Lost over the newest period of 30 days of each house [kWh].")
    lost_money: float | None = Field(description="That at the tariff of the settings; null without one.")
    currency: str
    newest_day: str | None = Field(description="The newest day with readings of any house.")
    unsettled: int = Field(description="Houses with readings that are not judged yet.")
    undelivered: int = Field(description="Reports that wait to be delivered.")
    given_up: int = Field(description="Reports whose delivery was given up.")
    quarantined: int = Field(description="Messages in quarantine.")


class Health(BaseModel):
    """Whether the server and its store answer."""

    ok: bool
    version: str


@router.get("/summary", operation_id="getSummary", **for_scope(Scope.READ))
def get_summary(web: TheWeb) -> Summary:
    """Return the fleet in figures."""
    with web.pool.borrow() as parts:
        tallies, waiting = parts.records.tallies(), parts.records.waiting()
    lost_kwh = sum(tally.lost_kwh for tally in tallies)
    tariff = web.settings.tariff_per_kwh
    regions: dict[str, list[Tally]] = {}
    for tally in tallies:
        regions.setdefault(tally.region, []).append(tally)
    newest = waiting.newest_day
    return Summary(
        houses=sum(tally.houses for tally in tallies),
        by_status=_by_status(tallies),
        regions=[Region(region=name, by_status=_by_status(of)) for name, of in regions.items()],
        lost_kwh=round(lost_kwh, 1),
        lost_money=round(lost_kwh * tariff, 2) if tariff else None,
        currency=web.settings.currency,
        newest_day=None if newest is None else day_date(newest).isoformat(),
        unsettled=waiting.unsettled,
        undelivered=waiting.undelivered,
        given_up=waiting.given_up,
        quarantined=waiting.quarantined,
    )


@router.get("/health", operation_id="getHealth")
def get_health(web: TheWeb) -> Health:
    """Say whether server and store answer. Needs no token, and says no more."""
    with web.pool.borrow() as parts:
        parts.store.houses(())
    return Health(ok=True, version=__version__)


def _by_status(tallies: list[Tally]) -> dict[Status, Sums]:
    found = {}
    for status in Status:
        of = [tally for tally in tallies if tally.status == status]
        found[status] = Sums(
            houses=sum(tally.houses for tally in of),
            lost_kwh=round(sum(tally.lost_kwh for tally in of), 1),
            capacity_kwp=round(sum(tally.capacity_kwp for tally in of), 1),
        )
    return found
