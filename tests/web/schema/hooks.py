"""What Schemathesis cannot know of the API: how houses may be called, and that cursors are not made up."""

from typing import Any

import schemathesis
from hypothesis import strategies as st

# All that Python calls printable: no control characters, no odd spaces, nothing unassigned.
_PRINTABLE = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"))
schemathesis.openapi.format("house-id", st.text(_PRINTABLE, min_size=1, max_size=64))


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Leave cursors out: only the answer before says one, and any other is refused."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            known = operation.get("parameters", [])
            operation["parameters"] = [parameter for parameter in known if parameter["name"] != "cursor"]
