"""The page on reports, compared with what is sent."""

import re
from dataclasses import replace

import pytest

from sunsift.adapters.report_body import report_body
from sunsift.steps import deliver
from tests.contract.suites.sender import REPORTS, words
from tests.docs.pages import ROOT, blocks, directed
from tests.docs.test_claims import names, rows

PAGE = ROOT / "docs/reports.md"
HOUR_MS = 3_600_000


def test_every_field_is_listed() -> None:
    body = report_body(REPORTS[0], words)
    listed = [name for field, _ in rows("docs/reports.md", "What it says") for name in names(field)]
    assert listed == [*(name for name in body if name != "data"), *body["data"]]


def test_the_receiver_is_the_example() -> None:
    [shown] = [block.text for block in blocks(PAGE) if directed(block, "file") == "receiver.py"]
    assert shown == (ROOT / "examples/receiver.py").read_text("utf-8")


def test_the_schedule_is_the_one_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "MOST_JITTER", 0.0)
    now, found = 0, []
    for attempt in range(1, 11):
        report = replace(REPORTS[0], attempt=attempt, first_tried=0)
        now += deliver.retry_after_ms(report, now)
        found.append(now / HOUR_MS)
    [told] = re.findall(r"^\| attempt .*?^\| from", PAGE.read_text("utf-8"), re.M | re.S)
    listed = [
        float(number) * (1 if "hour" in unit else 1 / 60)
        for numbers, unit in re.findall(r"((?:[\d.]+, )*[\d.]+) (minutes?|hours?)", told)
        for number in numbers.split(", ")
    ]
    assert found == pytest.approx(listed, rel=0.07)
    assert deliver.retry_after_ms(report, now) == 6 * HOUR_MS
