"""Which addresses reports may be sent to: a receiver's name must not lead into our own network."""

import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from sunsift.domain.errors import SunsiftError

# Assigned for the public; whatever else there is of IPv6 leads nowhere, or inwards.
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
# Addresses of IPv4 in the clothes of IPv6, which routers translate (RFC 6052).
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
# Whatever Python says of them, and it says something else in each version.
_RESERVED: Final = (
    IPv4Network("192.0.0.0/24"),  # protocols', and the metadata of a cloud
    IPv4Network("192.88.99.0/24"),  # relays that lead anywhere (RFC 7526)
    IPv4Network("168.63.129.16/32"),  # by number a public one; machines of a cloud find their host there
    IPv6Network("2001::/23"),  # protocols', Teredo among them
    IPv6Network("3fff::/20"),  # for documentation
)


class UnreachableError(SunsiftError):
    """A receiver cannot be talked to; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """One address that a name stands for. family, address: as sockets want them."""

    family: int
    address: tuple[str, int]


def places(host: str, port: int, *, private: bool, timeout_seconds: float) -> list[Place]:
    """Look up a name, and return the addresses to connect to: connect to these, and look up nothing again.

    host: a name, or an address in any notation that the system knows. private: whether they may lie in our
    own network. Errors: UnreachableError without an address, after the time, or if any is forbidden.
    """
    found = [Place(family, (text, port)) for family, text in _look_up(host, port, timeout_seconds)]
    if not private:
        for place in found:
            if not is_public(place.address[0]):
                raise UnreachableError(
                    f"{host} is the private address {place.address[0]}; "
                    "set SUNSIFT_PRIVATE_RECEIVERS=yes if reports may go there"
                )
    return found


def is_public(text: str) -> bool:
    """Say whether an address is on the open Internet: no network's own, no machine's, no group's."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(str(inner))
        if address not in _PUBLIC_IPV6:
            return False
    reserved = any(address in network for network in _RESERVED if network.version == address.version)
    return address.is_global and not address.is_multicast and not reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the address of IPv4 that a packet to this one ends at, if it does."""
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _look_up(host: str, port: int, timeout_seconds: float) -> list[tuple[int, str]]:
    """Ask the system, which may take longer than we have: nothing can end its question, so a thread asks."""
    found: list[tuple[int, str]] = []
    missing: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # no such name, or one that cannot be one
            missing.append(error)
        else:
            found.extend((int(family), str(where[0])) for family, _, _, _, where in answers)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(0.0, timeout_seconds))
    if asking.is_alive():
        raise UnreachableError(f"the name {host} was not found in time")
    if missing or not found:
        raise UnreachableError(f"there is no host {host}")
    return found
