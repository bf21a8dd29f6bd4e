"""The API under /v1: what programs ask and tell."""

from fastapi import APIRouter

from sunsift.web.api import (
    erasure,
    feedback,
    fleet,
    houses,
    packets,
    predictions,
    quarantine,
    reports,
    statuses,
)
from sunsift.web.paths import API

router = APIRouter(prefix=API)
for _subject in (packets, houses, erasure, predictions, statuses, reports, quarantine, feedback, fleet):
    router.include_router(_subject.router)
