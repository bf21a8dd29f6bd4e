"""The league as the Fleet page shows it: what is asked of it, its rows, and its download."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Query

from sunsift.domain.errors import InvalidCursorError
from sunsift.domain.readings import day_date
from sunsift.domain.status import Status
from sunsift.model import Model
from sunsift.records import Order, Pages, Standing, Wanted
from sunsift.web.pool import Pool

ROWS: Final = 25
ROWS_AT_ONCE: Final = 500
LONGEST_SEARCH: Final = 64

COLUMNS: Final = (
    "house_id",
    "region",
    "capacity_kwp",
    "status",
    "since",
    "performance",
    "performance_se",
    "p_poor",
    "average",
    "lost_kwh",
    "lost_kwh_low",
    "lost_kwh_high",
    "lost_money",
    "period_end",
    "usable_days",
    "reasons",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of the league, as the address says it. after: the cursor; empty for the start."""

    status: str = ""
    region: str = ""
    search: str = ""
    order: str = ""
    after: str = ""

    @property
    def wanted(self) -> Wanted:
        """The same for the records. What nobody knows counts as not asked for."""
        return Wanted(
            status=Status(self.status) if self.status in set(Status) else None,
            region=self.region or None,
            search=self.search,
            order=Order(self.order) if self.order in set(Order) else Order.LOSS,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether some houses are left out on purpose."""
        wanted = self.wanted
        return bool(wanted.status or wanted.region or wanted.search)

    def url(self, path: str = "/", **other: str) -> str:
        """Return the address that asks for the same but for `other`, from the first page on."""
        asked = replace(self, **({"after": ""} | other))
        named = {name: getattr(asked, name) for name in ("status", "region", "search", "order", "after")}
        query = urlencode({name: value for name, value in named.items() if value})
        return f"{path}?{query}" if query else path


def asked_of(
    status: Annotated[str, Query(max_length=16)] = "",
    region: Annotated[str, Query(max_length=200)] = "",
    search: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "",
    order: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[str, Query(max_length=500)] = "",
) -> Asked:
    """Read what the address asks for."""
    return Asked(status, region, search.strip(), order, after)


def league_page(records: Pages, asked: Asked) -> tuple[list[Standing], str | None]:
    """Return the houses of one page and the cursor of the next; from the start if the cursor is no good."""
    try:
        found = records.league(asked.wanted, asked.after or None, ROWS)
    except InvalidCursorError:
        found = records.league(asked.wanted, None, ROWS)
    return list(found.rows), found.next


def league_csv(pool: Pool, asked: Asked, tariff_per_kwh: float) -> Iterator[bytes]:
    """Yield all the houses that are asked for as CSV in UTF-8, some hundred at a time.

    Parts are lent for one portion each, so that a slow download holds up nobody.
    """
    yield _lines([COLUMNS])
    cursor: str | None = None
    while True:
        with pool.borrow() as parts:
            found = parts.records.league(asked.wanted, cursor, ROWS_AT_ONCE)
            yield _lines([_csv_row(standing, parts.model, tariff_per_kwh) for standing in found.rows])
        if found.next is None:
            return
        cursor = found.next


def harmless(text: str) -> str:
    """Return a text that a spreadsheet takes for text, whatever it begins with."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text


def _csv_row(standing: Standing, model: Model, tariff_per_kwh: float) -> list[Any]:
    house, prediction, folded = standing.house, standing.prediction, standing.folded
    row: list[Any] = [harmless(house.house_id), harmless(house.weather_region), house.capacity_kwp]
    if prediction is None or folded is None:
        return [*row, str(Status.UNKNOWN), *[None] * (len(COLUMNS) - 4)]
    score = prediction.score
    since = day_date(folded.change.as_of) if folded.change else None
    return [
        *row,
        str(folded.status),
        since,
        score.performance,
        score.performance_se,
        score.p_poor,
        folded.average,
        score.lost_kwh,
        *score.lost_kwh_range,
        round(score.lost_kwh * tariff_per_kwh, 2) if tariff_per_kwh > 0.0 else None,
        day_date(prediction.period_end),
        prediction.usable_days,
        harmless(" ".join(model.explain(reason) for reason in score.reasons)),
    ]


def _lines(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
