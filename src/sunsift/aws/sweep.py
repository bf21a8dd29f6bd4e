"""Every hour: find in the store what hints have lost."""

from typing import Any

from sunsift.aws.environment import STORE
from sunsift.aws.observe import Event, observed
from sunsift.aws.parts import parts_for

NEEDS = (STORE,)


@observed("sweep")
def handler(event: Event, context: Any) -> dict[str, int]:
    """Run the step once."""
    return {"found": parts_for(NEEDS).steps.sweep()}
