"""Which addresses are on the public internet, and a guard that lets no redirect lead into our own network.

A name may lead anywhere, and elsewhere a moment later. So the guard checks the addresses of a name before connecting,
and the connected address again before a byte is sent: it is the `trace` of httpx's requests.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address of its last four bytes
_TRANSLATED_LOCALLY: Final = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_STARTED: Final = "connection.connect_tcp.started"
_COMPLETE: Final = "connection.connect_tcp.complete"


class InnerAddressError(Exception):
    """The name in a redirect leads to an address that is not on the public internet; nothing was sent there."""


def is_inner(host: str) -> bool:
    """Return whether a host in numbers, in any form that resolvers accept (inet_aton(3)), is not public."""
    try:
        address = ip_address(host)
    except ValueError:
        try:
            address = IPv4Address(socket.inet_aton(host))  # such as 2130706433 or 0x7f.1
        except OSError:
            return False
    return not _is_public(address)


class AddressGuard:
    """Watches the connections of a client of one endpoint; one for all threads.

    The user chose the endpoint, so it may be anywhere. If it `is_inner`, which its own connections show too, the hosts
    that it leads to may be so as well. What the user's proxy connects to is the proxy's business.
    """

    def __init__(self, *, is_inner: bool) -> None:
        self.is_inner = is_inner

    def trace(self, url: str, *, is_endpoint: bool) -> Callable[[str, Mapping[str, Any]], None]:
        """Return the `trace` of one request to the endpoint or to where it led us; it raises InnerAddressError."""
        host = httpx.URL(url).raw_host.decode("ascii")  # as httpcore names whom it connects to, be it not a proxy
        is_direct = False

        def watch(event: str, info: Mapping[str, Any]) -> None:
            nonlocal is_direct
            if event == _STARTED:
                is_direct = info["host"] == host
                if is_direct and not is_endpoint:
                    self.look(host)
            elif event == _COMPLETE and is_direct:
                self._connected(host, info["return_value"], is_endpoint=is_endpoint)

        return watch

    def look(self, host: str) -> None:
        """Raise InnerAddressError if a host that the endpoint led us to has an inner address."""
        if not self.is_inner and any(map(is_inner, _addresses_of(host))):
            raise InnerAddressError(host)

    def _connected(self, host: str, stream: Any, *, is_endpoint: bool) -> None:  # noqa: ANN401 -- httpcore's
        peer = _peer_of(stream)
        if is_endpoint:
            self.is_inner = self.is_inner or is_inner(peer)
        elif is_inner(peer) and not self.is_inner:
            stream.close()
            raise InnerAddressError(host)


def _addresses_of(host: str) -> list[str]:
    """Return all addresses of a name, or none if it has none: the connection will then fail with that reason."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def _peer_of(stream: Any) -> str:  # noqa: ANN401 -- httpcore's
    """Return the address a stream is connected to, or "" if it is lost, so that nothing can be sent on it."""
    try:
        return str(stream.get_extra_info("server_addr")[0])
    except OSError:
        return ""


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is on the public internet; one that embeds another counts as that one."""
    if isinstance(address, IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            carried = IPv4Address(address.packed[-4:])
        if address in _TRANSLATED_LOCALLY:
            return False
        address = carried or address
    return address.is_global and not address.is_multicast
