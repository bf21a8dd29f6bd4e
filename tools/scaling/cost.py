"""What a simulated day costs, item by item, at list prices and without free tiers or discounts."""

from typing import Final

from tools.scaling.figures import Prices, Times
from tools.scaling.mail import Mail
from tools.scaling.store import HOT_BYTES_A_HOUSE, cache, database
from tools.scaling.tally import Tally

HOURS: Final = 24
DAYS_A_MONTH: Final = 30.4
# What one packet and one call to SNS move through the NAT gateway, both ways, with headers.
NAT_BYTES_A_PACKET: Final = 2_500
NAT_BYTES_A_PUBLISH: Final = 2_000
OUR_METRICS: Final = 26
LEAST_STORAGE_GB: Final = 50
# A year of packets is kept, and a third more for what updates leave behind.
YEAR_OF_DATA: Final = 365 * 1.33
FIXED: Final = ("PostgreSQL", "Valkey", "NAT gateway", "CloudWatch metrics")


def a_day(
    mail: Mail,
    tally: Tally,
    times: Times,
    prices: Prices,
    *,
    metrics: int = OUR_METRICS,
    hot_bytes: int = HOT_BYTES_A_HOUSE,
) -> dict[str, float]:
    """Return the cost of each item [USD a day]."""
    calls = sum(float(of.sum()) for of in tally.calls.values())
    gb_seconds = sum(tally.gb_seconds(function, times["cold_start_ms"]) for function in tally.calls)
    moved = tally.counts["taken"] * NAT_BYTES_A_PACKET + tally.total("sns") * NAT_BYTES_A_PUBLISH
    server = prices[database(mail.houses, tally, hot_bytes).name] * HOURS
    kept_gb = mail.houses * times["stored_bytes_a_house_day"] * YEAR_OF_DATA / 1e9
    return {
        "Lambda requests": calls * prices["lambda_request"],
        "Lambda GB-seconds": gb_seconds * prices["lambda_gb_second_arm64"],
        "SNS": tally.total("sns") * prices["sns_request"],
        "SQS": tally.total("sqs") * prices["sqs_request"],
        "Azure queue": tally.total("azure") * prices["azure_queue_operation"],
        "CloudWatch logs": calls * times["log_bytes_a_call"] / 1e9 * prices["logs_gb"],
        "NAT traffic": moved / 1e9 * prices["nat_gb"],
        "NAT gateway": HOURS * prices["nat_hour"],
        "CloudWatch metrics": metrics * prices["metric_month"] / DAYS_A_MONTH,
        "PostgreSQL": server + max(LEAST_STORAGE_GB, kept_gb) * prices["rds_gp3_gb_month"] / DAYS_A_MONTH,
        "Valkey": HOURS * prices[cache(mail.houses, tally).name],
    }


def by_use(costs: dict[str, float]) -> float:
    """Return the part of a day's cost that follows the number of packets [USD a day]."""
    return sum(cost for item, cost in costs.items() if item not in FIXED)
