"""Evidence of a whole fleet at once, as the steps of production would measure it day by day."""

from collections.abc import Mapping, Sequence

from sunsift.domain.evidence import Evidence, measure_evidence, stack_evidence
from sunsift.domain.sunlight import NO_SENSOR, measure_profiles, sampled
from sunsift.lab.record import Record

# The profiles of closed region days: region, then day [days since 1970-01-01].
Profiles = Mapping[str, Mapping[int, bytes]]


def fleet_evidence(records: Sequence[Record]) -> list[Evidence]:
    """Return the evidence of each record, in their order, under the sunlight that they sense together.

    records: one a house. Result: as many rows as a record has days, missing ones included.
    """
    profiles = fleet_profiles(records)
    return [evidence_under(record, profiles) for record in records]


def fleet_profiles(records: Sequence[Record]) -> Profiles:
    """Close the region days of all records at once; records: one a house."""
    regions: dict[str, dict[str, Record]] = {}
    for record in records:
        regions.setdefault(record.house.weather_region, {})[record.house.house_id] = record
    return {region: _closed(together) for region, together in regions.items()}


def evidence_under(record: Record, profiles: Profiles) -> Evidence:
    """Return the evidence of a record under profiles that are closed, whichever houses they came from.

    A day without a profile is one that nobody measured the sunlight of.
    """
    packets = record.packets()
    known = profiles.get(record.house.weather_region, {})
    rows = measure_evidence(record.house, packets, [known.get(packet.day, NO_SENSOR) for packet in packets])
    return stack_evidence([(packet.day, row) for packet, row in zip(packets, rows, strict=True)])


def _closed(together: Mapping[str, Record]) -> dict[int, bytes]:
    """Return the profile of each day of one region; together: its records by house."""
    sample = [together[house_id] for house_id in sampled(together)]
    return measure_profiles(
        [record.house for record in sample], [packet for record in sample for packet in record.packets()]
    )
