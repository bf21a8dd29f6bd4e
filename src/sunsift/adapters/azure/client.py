"""Reaching an Azure Storage Queue: address, credentials, patience, and what to say of trouble."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sunsift.domain.errors import MissingExtraError, SettingsError, SunsiftError

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.storage.queue import QueueClient

CONNECTION_STRING: Final = "SUNSIFT_AZURE_CONNECTION_STRING"
SAS: Final = "SUNSIFT_AZURE_SAS"
CONNECTION_SECONDS, READ_SECONDS = 5, 10
RETRIES, SECONDS_BETWEEN_RETRIES = 3, 1
_URL: Final = re.compile(r"azure://([a-z0-9]{3,24})/([a-z0-9](?:-?[a-z0-9]){2,62})")
_SIGNATURE: Final = re.compile(r"\bsig=[^&\s'\"]*", re.IGNORECASE)


def queue_client(url: str, environment: Mapping[str, str]) -> "QueueClient":
    """Return a client of the queue azure://ACCOUNT/QUEUE. Nothing is called yet.

    Credentials come from the environment alone: SUNSIFT_AZURE_CONNECTION_STRING, else SUNSIFT_AZURE_SAS, else
    whatever identity Azure gives this machine or person. An inbox needs the permissions read, update and
    process; an outbox add.
    Errors: SettingsError, MissingExtraError.
    """
    # Neither the address nor any credential is repeated: someone may have put a signature into either.
    if not (match := _URL.fullmatch(url)):
        raise SettingsError(
            "a queue of Azure is named azure://ACCOUNT/QUEUE, with nothing else in it; "
            f"credentials belong into {CONNECTION_STRING} or {SAS}"
        )
    account, queue = match.groups()
    try:
        from azure.storage.queue import LinearRetry
    except ImportError as error:
        raise _missing("azure-storage-queue") from error
    _keep_signatures_out_of_logs()
    how = {
        "connection_timeout": CONNECTION_SECONDS,
        "read_timeout": READ_SECONDS,
        "retry_policy": LinearRetry(
            backoff=SECONDS_BETWEEN_RETRIES, retry_total=RETRIES, random_jitter_range=SECONDS_BETWEEN_RETRIES
        ),
        # It hides what is secret, but two records a call are too many for the level "info".
        "http_logging_level": logging.DEBUG,
    }
    if connection_string := environment.get(CONNECTION_STRING):
        return _by_connection_string(connection_string, account, queue, how)
    return _by_host(environment.get(SAS, ""), account, queue, how)


def _by_connection_string(text: str, account: str, queue: str, how: dict[str, Any]) -> "QueueClient":
    from azure.storage.queue import QueueClient

    try:
        client = QueueClient.from_connection_string(text.strip(), queue, **how)
    except (ValueError, TypeError):
        client = None
    if client is None:
        raise SettingsError(
            f"{CONNECTION_STRING} cannot be read: copy it whole from the storage account's access keys"
        )
    if client.account_name not in (account, None):
        raise SettingsError(
            f"{CONNECTION_STRING} is for the account {client.account_name}, but the queue is in {account}"
        )
    return client


def _by_host(sas: str, account: str, queue: str, how: dict[str, Any]) -> "QueueClient":
    from azure.core.credentials import AzureSasCredential
    from azure.storage.queue import QueueClient

    host = f"https://{account}.queue.core.windows.net"
    if not sas:
        try:
            from azure.identity import DefaultAzureCredential
        except ImportError as error:
            raise _missing("azure-identity") from error
        return QueueClient(host, queue, credential=DefaultAzureCredential(), **how)
    token = sas.strip().lstrip("?")
    if "sig=" not in token or "://" in token:
        raise SettingsError(f"{SAS} is no SAS token: it looks like sv=...&sp=rup&se=...&sig=...")
    return QueueClient(host, queue, credential=AzureSasCredential(token), **how)


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(f"queues of Azure need the package {package}: pip install 'sunsift[azure]'")


class _SignatureFilter(logging.Filter):
    """Takes the signature out of addresses. Every request with a SAS token has it in its query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "sig=" in (text := record.getMessage()).lower():
            record.msg, record.args = _SIGNATURE.sub("sig=HIDDEN", text), ()
        return True


_SIGNATURE_FILTER: Final = _SignatureFilter()


def _keep_signatures_out_of_logs() -> None:
    # Azure's own records hide them; those of urllib3 below do not. A filter is added once, however often.
    for name in ("urllib3.connectionpool", "urllib3.poolmanager"):
        logging.getLogger(name).addFilter(_SIGNATURE_FILTER)


def queue_name(client: "QueueClient") -> str:
    """Return how people know a queue."""
    return f"{client.account_name}/{client.queue_name}"


@contextmanager
def azure_trouble(client: "QueueClient") -> Iterator[None]:
    """Turn Azure's errors into a SunsiftError that says what to do, and that holds no secret."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        # Its text may hold an address with a signature: it is neither repeated nor kept as the cause.
        raise SunsiftError(_explain(error, queue_name(client))) from None


def _explain(error: "AzureError", name: str) -> str:
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

    status = getattr(error, "status_code", None)
    code = error_code(error)
    if status == 404:
        return f"there is no queue {name} in Azure ({code}): create it, or correct its name"
    if status in (401, 403):
        return (
            f"Azure refuses the credentials for the queue {name} ({code}): see that they have not expired, "
            "and that they allow read, update and process on an inbox, add on an outbox"
        )
    if isinstance(error, ClientAuthenticationError):
        return (
            f"there are no usable credentials for the queue {name} of Azure: set {CONNECTION_STRING} "
            f"or {SAS}, or give this machine a managed identity"
        )
    if isinstance(error, HttpResponseError):
        return f"Azure cannot serve the queue {name} now ({status}, {code}); it is tried again"
    return (
        f"the queue {name} of Azure cannot be reached ({type(error).__name__}): "
        "look at the network and at the account's name; it is tried again"
    )


def error_code(error: "AzureError") -> str:
    """Return Azure's word for what went wrong, such as QueueNotFound; else the name of the error."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or type(error).__name__)
