"""Forgetting one house, as privacy law asks."""

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sunsift.erasure import erase_house
from sunsift.tokens import Scope
from sunsift.web.api.common import HouseId, for_scope
from sunsift.web.context import TheWeb

router = APIRouter(tags=["houses"])


class Certificate(BaseModel):
    """What was removed of one house, and what was found afterwards."""

    house_id: str
    erased_at: str = Field(description="ISO 8601.")
    removed: dict[str, int] = Field(description="Rows by table.")
    files: dict[str, int] = Field(description="Lines by file of the data folder.")
    left: list[str] = Field(description="Places that name it still, each with what to do.")


@router.delete("/houses/{house_id:name}", operation_id="eraseHouse", **for_scope(Scope.MANAGE))
def erase(web: TheWeb, house_id: HouseId) -> Certificate:
    """Erase everything of one house, registered or not. It cannot be undone; doing it twice is doing it once.

    Packets of it that come later are dropped, until it is registered again.
    """
    with web.pool.borrow() as parts:
        found = erase_house(parts, web.settings, house_id)
    return Certificate(**asdict(found))
