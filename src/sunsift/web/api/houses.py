"""Houses: who is there, what their meters read, what was predicted of them."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from sunsift.domain.house import LONGEST_REGION, House
from sunsift.domain.readings import MISSING, Packet, day_date
from sunsift.domain.times import iso_ms
from sunsift.tokens import Scope
from sunsift.web.api.common import (
    USUAL,
    Cursor,
    Date,
    HouseId,
    Limit,
    Listing,
    Strict,
    cut,
    day_of,
    for_scope,
    house_of,
)
from sunsift.web.context import TheWeb
from sunsift.web.problems import Problem

router = APIRouter(tags=["houses"])
EXAMPLE: Final[dict[str, Any]] = {
    "house_id": "6102000001",
    "capacity_kwp": 6.6,
    "latitude": -33.87,
    "longitude": 151.21,
    "utc_offset_hours": 10.0,
    "export_limit_kw": 5.0,
}


class Registration(Strict):
    """What is registered of a house, without its name."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{k: v for k, v in EXAMPLE.items() if k != "house_id"}]}
    )

    capacity_kwp: float = Field(ge=0.1, le=1000, description="Nameplate capacity of the panels [kWp].")
    latitude: float = Field(ge=-90, le=90, description="North positive [degrees].")
    longitude: float = Field(ge=-180, le=180, description="East positive [degrees].")
    utc_offset_hours: float = Field(
        ge=-12, le=14, description="Local standard time minus UTC, the same all year [hours]."
    )
    azimuth: float | None = Field(
        None, ge=0, le=360, description="Direction the panels face, clockwise from north [degrees]."
    )
    tilt: float | None = Field(None, ge=0, le=90, description="Angle from horizontal [degrees].")
    export_limit_kw: float | None = Field(
        None, ge=0, le=1000, description="The most the site may export [kW]; null if unlimited or unknown."
    )
    battery: bool = Field(False, description="Whether a battery is behind the meter.")
    region: str = Field(
        "", max_length=LONGEST_REGION, description="Weather region; empty for the place to a degree."
    )


class NewHouse(Registration):
    """A house to register."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    house_id: str = Field(
        min_length=1,
        max_length=64,
        description="The retailer's name for the meter, such as the NMI: printable characters.",
        json_schema_extra={"format": "house-id"},
    )


class RegisteredHouse(BaseModel):
    """A registered house."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    house_id: str
    capacity_kwp: float
    latitude: float
    longitude: float
    utc_offset_hours: float
    azimuth: float | None = None
    tilt: float | None = None
    export_limit_kw: float | None = None
    battery: bool
    region: str


class Day(BaseModel):
    """The readings of one day, of which the newest revision counts."""

    date: date
    interval_minutes: int = Field(description="Length of one reading: 5, 15, 30 or 60 [minutes].")
    quality: str = Field(description="A actual, S substituted, F final, E estimated, N null.")
    updated_at: str = Field(description="When the retailer had it so, ISO 8601.")
    import_kwh: list[float | None] = Field(description="Taken from the grid; null where missing [kWh].")
    export_kwh: list[float | None] = Field(description="Given to the grid; null where missing [kWh].")


@router.get("/houses", operation_id="listHouses", **for_scope(Scope.READ))
def list_houses(web: TheWeb, limit: Limit = USUAL, cursor: Cursor = None) -> Listing[RegisteredHouse]:
    """List the registered houses by house_id."""
    with web.pool.borrow() as parts:
        page = parts.records.registered(cursor, limit)
    return Listing(items=[_shown(house) for house in page.rows], next_cursor=page.next)


@router.post("/houses", operation_id="addHouse", status_code=201, **for_scope(Scope.INGEST, 409))
def add_house(web: TheWeb, house: NewHouse) -> RegisteredHouse:
    """Register a new house. Packets that waited in quarantine for it are ingested."""
    registration = House(**house.model_dump())
    with web.pool.borrow() as parts:
        if parts.store.houses([house.house_id]):
            raise Problem(409, f"house {house.house_id} is registered already; change it with PUT")
        parts.register([registration])
    return _shown(registration)


@router.get("/houses/{house_id:name}", operation_id="getHouse", **for_scope(Scope.READ, 404))
def get_house(web: TheWeb, house_id: HouseId) -> RegisteredHouse:
    """Return one registration."""
    with web.pool.borrow() as parts:
        return _shown(house_of(parts, house_id))


@router.put("/houses/{house_id:name}", operation_id="putHouse", **for_scope(Scope.INGEST))
def put_house(web: TheWeb, house_id: HouseId, house: Registration) -> RegisteredHouse:
    """Register a house, or change its registration: it is judged anew then. Twice is once."""
    registration = House(house_id=house_id, **house.model_dump())
    with web.pool.borrow() as parts:
        parts.register([registration])
    return _shown(registration)


@router.get("/houses/{house_id:name}/days", operation_id="listDays", **for_scope(Scope.READ, 404))
def list_days(
    web: TheWeb,
    house_id: HouseId,
    first: Annotated[Date | None, Query(alias="from", description="First day.")] = None,
    last: Annotated[Date | None, Query(alias="to", description="Last day.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Listing[Day]:
    """Return the stored readings of one house, the oldest day first."""
    from_day, to_day = day_of(first), day_of(last)
    with web.pool.borrow() as parts:
        house_of(parts, house_id)
        packets = [
            p
            for p in parts.records.days(house_id)
            if (from_day is None or p.day >= from_day) and (to_day is None or p.day <= to_day)
        ]
    page = cut(packets, lambda packet: [packet.day], [int], cursor, limit)
    return Listing(items=[_day(packet) for packet in page.rows], next_cursor=page.next)


def _shown(house: House) -> RegisteredHouse:
    return RegisteredHouse(**asdict(house))


def _day(packet: Packet) -> Day:
    readings: list[list[Any]] = np.frombuffer(packet.readings, "<u2").reshape(2, -1).tolist()
    imports, exports = ([None if v == MISSING else v / 1000 for v in row] for row in readings)
    return Day(
        date=day_date(packet.day),
        interval_minutes=packet.interval_minutes,
        quality=packet.quality,
        updated_at=iso_ms(packet.updated_at // 1000),
        import_kwh=imports,
        export_kwh=exports,
    )
