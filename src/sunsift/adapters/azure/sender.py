"""Reports to the retailer, by a queue of Azure."""

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sunsift.adapters.azure.client import azure_trouble
from sunsift.adapters.report_body import HELD_BACK, Explain, report_body
from sunsift.domain.errors import SunsiftError
from sunsift.parcels import Report, Unsent

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

NEVER_EXPIRES = -1


class AzureQueueSender:
    """Puts one message a report on the queue: JSON in base64, which is what Azure Functions expect.

    Each waits there until the retailer takes it, however long that is. One may be put there twice, as after
    an answer that got lost: then both have the same `data.key`.
    """

    batch = 32

    def __init__(self, client: "QueueClient", explain: Explain) -> None:
        self.target = f"azure://{client.account_name}/{client.queue_name}"
        self._client = client
        self._explain = explain

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        """Put reports on the queue, one after the other; after one that failed the rest is not tried."""
        for position, report in enumerate(reports):
            body = base64.b64encode(json.dumps(report_body(report, self._explain)).encode()).decode()
            try:
                with azure_trouble(self._client):
                    self._client.send_message(body, time_to_live=NEVER_EXPIRES)
            except SunsiftError as error:
                later = {r.key: HELD_BACK for r in reports[position + 1 :]}
                return {report.key: Unsent(str(error))} | later
        return {}
