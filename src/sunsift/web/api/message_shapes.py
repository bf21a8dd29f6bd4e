"""How messages look, for the description of the API; `sunsift.formats` decides what is read."""

from typing import Any, Final

from sunsift.web.api.bodies import EVENT, EVENTS, JSON, LINES
from sunsift.web.api.houses import EXAMPLE, NewHouse

Shape = dict[str, Any]
_READINGS: Final[Shape] = {
    "type": "array",
    "items": {"type": ["number", "null"], "minimum": 0},
    "description": "1440 / interval_minutes values [kWh]; null where missing.",
}
_HEAD: Final[Shape] = {
    "schema": {"const": 1},
    "id": {"type": "string", "description": "Names the message, for people."},
    "updated_at": {
        "type": "string",
        "format": "date-time",
        "description": "When the retailer had it so. The latest word counts, whatever comes last.",
    },
}
PACKET: Final[Shape] = {
    "type": "object",
    "title": "Packet",
    "description": "One house's readings of one day.",
    "additionalProperties": False,
    "required": [
        *("schema", "id", "house_id", "date", "interval_minutes", "import_kwh", "export_kwh", "quality"),
        "updated_at",
    ],
    "properties": _HEAD
    | {
        "house_id": {"type": "string", "minLength": 1, "maxLength": 64, "format": "house-id"},
        "date": {"type": "string", "format": "date", "description": "Day of local standard time."},
        "interval_minutes": {"enum": [5, 15, 30, 60]},
        "import_kwh": _READINGS,
        "export_kwh": _READINGS,
        "quality": {
            "enum": ["A", "S", "F", "E", "N"],
            "description": "A actual, S substituted, F final substituted, E estimated, N null.",
        },
        "utc_offset_hours": {
            "type": ["number", "null"],
            "description": "By which standard time the day was cut; by default the registered one [hours].",
        },
    },
}
HOUSE: Final[Shape] = {
    "type": "object",
    "title": "House",
    "description": "A registration, and when it was said.",
    "additionalProperties": False,
    "required": ["schema", "type", "id", "house", "updated_at"],
    "properties": _HEAD | {"type": {"const": "house"}, "house": NewHouse.model_json_schema()},
}
EVENT_OF: Final[Shape] = {
    "type": "object",
    "title": "CloudEvent",
    "description": "A CloudEvent 1.0 in structured mode around a packet or a house.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "type": {"enum": ["sunsift.packet", "sunsift.house"]},
        "datacontenttype": {"enum": [JSON, None]},
        "data": {"anyOf": [PACKET, HOUSE]},
        "data_base64": {"type": ["string", "null"], "format": "byte"},
    },
}
A_PACKET: Final[Shape] = {
    "schema": 1,
    "id": "2026-11-21/6102000001/1",
    "house_id": "6102000001",
    "date": "2026-11-21",
    "interval_minutes": 60,
    "import_kwh": [0.3] * 7 + [0.1] * 9 + [0.4, 0.9, 1.2, 0.8, 0.6, 0.5, 0.4, None],
    "export_kwh": [0.0] * 7 + [0.2, 0.9, 1.6, 2.2, 2.4, 2.3, 1.9, 1.1, 0.3] + [0.0] * 7 + [None],
    "quality": "A",
    "updated_at": "2026-11-22T02:10:00Z",
}
A_HOUSE: Final[Shape] = {
    "schema": 1,
    "type": "house",
    "id": "crm/1",
    "house": EXAMPLE,
    "updated_at": "2026-11-01T00:00:00Z",
}
AN_EVENT: Final[Shape] = {
    "specversion": "1.0",
    "id": "1",
    "source": "/billing",
    "type": "sunsift.packet",
    "datacontenttype": JSON,
    "data": A_PACKET,
}
_ANY: Final[Shape] = {"anyOf": [PACKET, HOUSE, EVENT_OF]}
_EXAMPLES: Final[Shape] = {
    "packet": {"value": A_PACKET},
    "house": {"value": A_HOUSE},
    "event": {"value": AN_EVENT},
}
ONE: Final[Shape] = {
    JSON: {"schema": _ANY, "examples": _EXAMPLES},
    EVENT: {"schema": EVENT_OF, "example": AN_EVENT},
}
# What is no message within an array goes to quarantine, and the others go on: so anything may stand there.
_MANY: Final[Shape] = {"type": "array", "items": {}, "description": "Packets, houses or CloudEvents."}
BULK: Final[Shape] = {
    JSON: {"schema": _MANY, "example": [A_HOUSE, A_PACKET]},
    EVENTS: {"schema": _MANY, "example": [AN_EVENT]},
    LINES[0]: {"schema": {"type": "string", "description": "One JSON object a line."}},
}
