"""Which addresses a language model service may have: any on this machine or in the network, except
those of cloud metadata services, which give a machine its keys.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from iib_core.errors import InvalidRequest

_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)
# Metadata addresses that are not link-local.
_METADATA = {
    ipaddress.ip_address(address) for address in ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")
}


def require_usable(url: str) -> None:
    """Raise InvalidRequest for a URL that no service can have. Asks no name server."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
        is_usable = (
            url.isprintable()
            and " " not in url
            and parts.scheme in ("http", "https")
            and parts.port != 0
            and _HOST.fullmatch(host)
        )
    except ValueError:
        is_usable = False
    if not is_usable:
        raise InvalidRequest("openai_base_url: give an address such as http://127.0.0.1:11434/v1.")
    for address in _find(parts.hostname or "", socket.AI_NUMERICHOST):
        require_allowed(address)


def require_allowed_host(host: str) -> None:
    """Raise InvalidRequest if the host name resolves to a forbidden address."""
    for address in _find(host, 0):
        require_allowed(address)


def require_allowed(address: str) -> None:
    """Raise InvalidRequest for a numeric address that no service may have."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_link_local or ip in _METADATA:
        raise InvalidRequest(
            "openai_base_url: this address is reserved for services of the network itself: give another one."
        )


def _find(host: str, flags: int) -> set[str]:
    """Numeric addresses of a host, whose spelling may be an unusual one; none if it cannot be
    resolved.
    """
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None, flags=flags)}
    except (OSError, UnicodeError):
        return set()
