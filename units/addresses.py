"""The address a request came from. A forwarded address is believed from a configured proxy only."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address: REMOTE_ADDR, or behind TRUSTED_PROXIES the right-most untrusted X-Forwarded-For."""
    remote = request.META.get("REMOTE_ADDR", "")
    if not _trusted(remote):
        return remote or None
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    for hop in reversed(hops):
        try:
            ip_address(hop)
        except ValueError:
            break
        if not _trusted(hop):
            return hop
    return remote or None


def _trusted(address: str) -> bool:
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.TRUSTED_PROXY_NETWORKS)
