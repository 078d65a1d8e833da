"""The bounds within which a hostile file has to be answered."""

import re
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

STATUS = Path("/proc/self/status")
MEMORY, SECONDS = 1 << 30, 60


@pytest.fixture
def bounded() -> Iterator[None]:
    """A test of a hostile file may take a gigabyte more than the process has, and a minute of the processor: then it is ended.

    Limits rather than a look at the peak afterwards, which is that of whatever ran in this process before.
    """
    data = int(re.search(r"^VmData:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)[1]) << 10
    before = resource.getrlimit(resource.RLIMIT_DATA)
    handler = signal.signal(signal.SIGPROF, _took_too_long)
    resource.setrlimit(resource.RLIMIT_DATA, (data + MEMORY, before[1]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _took_too_long(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} seconds of processor time")
