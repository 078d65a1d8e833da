"""The collector rests while it is asked to, and is afterwards as it was."""

import gc
import threading
from collections.abc import Iterator

import pytest

from tasks.importing.errors import ImportFailure
from tasks.importing.reading import Source, read_plan
from xigang_eco.resting import collector_at_rest


@pytest.fixture(autouse=True)
def _awake() -> Iterator[None]:
    was = gc.isenabled()
    gc.enable()
    yield
    if not was:
        gc.disable()


def test_it_rests_within_the_block_alone() -> None:
    with collector_at_rest():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_wakes_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), collector_at_rest():
        _ = 1 / 0
    assert gc.isenabled()
    with pytest.raises(ImportFailure):
        read_plan(Source(b"PK nothing"))
    assert gc.isenabled()


def test_whoever_had_it_at_rest_finds_it_so() -> None:
    gc.disable()
    with collector_at_rest():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_it_rests_until_the_last_of_several_has_done() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collector_at_rest():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with collector_at_rest():
        thread.start()
        assert inside.wait(10)
    assert not gc.isenabled()
    leave.set()
    thread.join(10)
    assert gc.isenabled()
