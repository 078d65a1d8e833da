"""The address a request came from. A forwarded address is believed from a configured proxy only."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address: REMOTE_ADDR, or behind TRUSTED_PROXIES the right-most untrusted X-Forwarded-For.

    None where there is none: on a Unix socket without a proxy that tells. What is returned is always an address,
    so that it can be stored as one.
    """
    remote = _parse(request.META.get("REMOTE_ADDR", ""))
    if not is_from_proxy(request):
        return str(remote) if remote else None
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        address = _parse(hop.strip())
        if address is None:
            break
        if not _trusted(address):
            return str(address)
    return str(remote) if remote else None


def is_from_proxy(request: HttpRequest) -> bool:
    """Whether the request was handed on by one of TRUSTED_PROXIES, so that its X-Forwarded headers may be believed."""
    raw = request.META.get("REMOTE_ADDR", "")
    return _trusted(_parse(raw)) if raw else "unix" in settings.TRUSTED_PROXIES


def _parse(text: str) -> Address | None:
    """The address in one spelling: ::ffff:10.0.0.1 is 10.0.0.1, and the zone of a link-local one is dropped."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted(address: Address | None) -> bool:
    return address is not None and any(address in network for network in settings.TRUSTED_PROXY_NETWORKS)
