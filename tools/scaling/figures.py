"""What was measured and what is charged: docs/scale-times.json and docs/prices.csv."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TIMES: Final = ROOT / "docs/scale-times.json"
PRICES: Final = ROOT / "docs/prices.csv"
PRICE_COLUMNS: Final = ["item", "unit", "price_usd", "region", "date", "source"]

Times = Mapping[str, float]
Prices = Mapping[str, float]


def read_times(path: Path = TIMES) -> dict[str, float]:
    """Return the value of every figure by its name; its unit is in the name."""
    return {name: float(entry["value"]) for name, entry in json.loads(path.read_text("utf-8")).items()}


def placeholders(path: Path = TIMES) -> list[str]:
    """Return the names of the figures that nobody has measured on the cloud's parts yet."""
    return [name for name, entry in json.loads(path.read_text("utf-8")).items() if entry["placeholder"]]


def read_price_rows(path: Path = PRICES) -> list[dict[str, str]]:
    """Return the rows of the price list as they are written."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_prices(path: Path = PRICES) -> dict[str, float]:
    """Return what one unit of every item costs [USD]."""
    return {row["item"]: float(row["price_usd"]) for row in read_price_rows(path)}
