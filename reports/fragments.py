"""Parts of pages that are the same until the data changes: rendered once, then read from the cache.

A key must say everything the part depends on: `reading.data_key` for the data, `reading.reader_of` where what is shown
differs by person, the filter where there is one. What differs from request to request (CSRF token, messages, the
address bar) has no place in a fragment.
"""

import hashlib
import zlib
from collections.abc import Callable

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe


def fragment(name: str, key: str, render: Callable[[], str]) -> SafeString:
    """The HTML that `render` gives, kept under `name` and `key` until the cache forgets it.

    `render` is called on a miss only and returns HTML that is already escaped (what a template renders). A key may be
    of any length: what a person typed into a filter can stand in it.
    """
    cache_key = f"fragment:{name}:{hashlib.sha256(key.encode()).hexdigest()}"
    packed = cache.get(cache_key)
    if packed is None:
        # A page of 90 kB packs to 15 in a third of a millisecond: old ones, which nobody asks for again, stay small.
        packed = zlib.compress(str(render()).encode(), 1)
        cache.set(cache_key, packed)
    return mark_safe(zlib.decompress(packed).decode())  # noqa: S308 - what a template rendered
