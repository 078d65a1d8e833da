"""Python's collector of cycles at rest, for work that makes many objects at once and no cycles."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
# How many threads want it at rest, and whether it was awake before the first of them.
_wanted = 0
_was_awake = False


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Within the block nothing walks through all objects to look for cycles; what nothing refers to goes at once, as ever.

    The application holds some 300,000 objects, and each quarter more sets off a walk through all of them. For the whole
    process: for blocks of a few seconds at most, which may overlap in several threads.
    """
    global _wanted, _was_awake
    with _lock:
        if not _wanted:
            _was_awake = gc.isenabled()
            gc.disable()
        _wanted += 1
    try:
        yield
    finally:
        with _lock:
            _wanted -= 1
            if not _wanted and _was_awake:
                gc.enable()
