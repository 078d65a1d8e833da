"""Parts of pages that are the same until the data changes: rendered once, then read from the cache.

A key must say everything the part depends on: `reading.data_key` for the data, the role or unit where what is shown
differs by person, the filter where there is one. What differs from request to request (CSRF token, messages, the
address bar) has no place in a fragment.
"""

import hashlib
from collections.abc import Callable

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe


def fragment(name: str, key: str, render: Callable[[], str]) -> SafeString:
    """The HTML that `render` gives, kept under `name` and `key` until the cache forgets it.

    `render` is called on a miss only and returns HTML that is already escaped (what a template renders). A key may be
    of any length: what a person typed into a filter can stand in it.
    """
    cache_key = f"fragment:{name}:{hashlib.sha256(key.encode()).hexdigest()}"
    html = cache.get(cache_key)
    if html is None:
        html = str(render())
        cache.set(cache_key, html)
    return mark_safe(html)  # noqa: S308 - what a template rendered
