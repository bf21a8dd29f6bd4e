"""A house: one metered site with solar, as it was registered."""

import hashlib
import math
from dataclasses import asdict, dataclass

from sunsift.domain.errors import InvalidHouseError

# A house behind three phases of 80 A cannot draw more than this. [kW]
LARGEST_IMPORT_KW = 60.0
# Nameplates are often wrong and systems get extended without notice, so an export counts as
# impossible only far above the registered capacity.
LARGEST_EXPORT_PER_KWP = 3.0
LARGEST_EXPORT_MARGIN_KW = 2.0
LARGEST_BATTERY_KW = 10.0
# It is part of keys, which stores want short.
LONGEST_REGION = 100


def veiled(house_id: str) -> str:
    """Return what logs may say of a house at the level of information and above: how its name ends.

    At most three characters and a third of them: enough to recognise a house, not to look its people up.
    """
    return "…" + house_id[len(house_id) - min(3, len(house_id) // 3) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The registration of one metered site.

    house_id: the retailer's name for the meter (in Australia the NMI).
    capacity_kwp: nameplate capacity of the panels [kWp].
    latitude, longitude: position, north and east positive [degrees].
    utc_offset_hours: local STANDARD time minus UTC, the same all year [hours].
    azimuth: direction the panels face, clockwise from north [degrees]; None if unknown.
    tilt: angle of the panels from horizontal [degrees]; None if unknown.
    export_limit_kw: the most the site may export [kW]; None if unlimited or unknown.
    battery: whether a battery is behind the meter.
    region: name of the weather region, at most 100 characters, empty if not given.
    """

    house_id: str
    capacity_kwp: float
    latitude: float
    longitude: float
    utc_offset_hours: float
    azimuth: float | None = None
    tilt: float | None = None
    export_limit_kw: float | None = None
    battery: bool = False
    region: str = ""

    def __post_init__(self) -> None:
        if not self.house_id or len(self.house_id) > 64 or not self.house_id.isprintable():
            raise InvalidHouseError("house_id must be 1 to 64 printable characters")
        if len(self.region) > LONGEST_REGION:
            raise InvalidHouseError(f"region must be at most {LONGEST_REGION} characters")
        self._within("capacity_kwp", self.capacity_kwp, 0.1, 1000.0)
        self._within("latitude", self.latitude, -90.0, 90.0)
        self._within("longitude", self.longitude, -180.0, 180.0)
        self._within("utc_offset_hours", self.utc_offset_hours, -12.0, 14.0)
        self._within("azimuth", self.azimuth, 0.0, 360.0)
        self._within("tilt", self.tilt, 0.0, 90.0)
        self._within("export_limit_kw", self.export_limit_kw, 0.0, 1000.0)

    def _within(self, name: str, value: float | None, low: float, high: float) -> None:
        if value is not None and not (math.isfinite(value) and low <= value <= high):
            raise InvalidHouseError(
                f"house {self.house_id}: {name} is {value}, must lie in {low:g} to {high:g}"
            )

    @property
    def weather_region(self) -> str:
        """The region whose sunlight the house shares: as registered, or else its place to a degree."""
        return self.region or f"{round(self.latitude)},{round(self.longitude)}"

    def largest_export_wh(self, interval_minutes: int) -> float:
        """Return the most that the site could export within one interval [Wh]."""
        power_kw = LARGEST_EXPORT_PER_KWP * self.capacity_kwp + LARGEST_EXPORT_MARGIN_KW
        if self.battery:
            power_kw += LARGEST_BATTERY_KW
        return min(power_kw, LARGEST_IMPORT_KW) * interval_minutes / 60.0 * 1000.0

    def digest(self) -> bytes:
        """Return 16 bytes that change when any registered value changes."""
        text = repr(sorted(asdict(self).items()))
        return hashlib.blake2b(text.encode(), digest_size=16).digest()
