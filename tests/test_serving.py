"""Stored bytes over HTTP: conditional requests and ranges, whatever the headers say."""

import hashlib

import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from xigang_eco.serving import Stored, serve

CONTENT = bytes(range(100))
ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


class Reads(list[tuple[int, int]]):
    """What was asked of the database."""

    def __call__(self, offset: int, length: int) -> bytes:
        self.append((offset, length))
        return CONTENT[offset : offset + length]


def get(reads: Reads | None = None, method: str = "GET", **headers: str) -> HttpResponseBase:
    request = RequestFactory().generic(
        method, "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    stored = Stored(
        ETAG.strip('"'),
        len(CONTENT),
        "application/pdf",
        "二季度通报.pdf",
        Reads() if reads is None else reads,
    )
    return serve(request, stored, inline=False)


def body(answer: HttpResponseBase) -> bytes:
    return answer.content  # type: ignore[attr-defined]


def test_the_whole_names_itself_and_is_kept_by_nobody_in_between() -> None:
    answer = get()
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert answer["Content-Length"] == "100"
    assert answer["ETag"] == ETAG
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E4%BA%8C")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=90-", 90, 99),
        ("bytes=90-999999999999999999", 90, 99),
        ("bytes=-5", 95, 99),
        ("bytes=-500", 0, 99),
    ],
)
def test_a_part_is_sent_alone_and_alone_read(asked: str, first: int, last: int) -> None:
    reads = Reads()
    answer = get(reads, Range=asked)
    assert answer.status_code == 206
    assert body(answer) == CONTENT[first : last + 1]
    assert answer["Content-Range"] == f"bytes {first}-{last}/100"
    assert answer["Content-Length"] == str(last - first + 1)
    assert answer["ETag"] == ETAG
    assert reads == [(first, last - first + 1)]


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_part_that_does_not_exist_is_refused_with_the_size(asked: str) -> None:
    reads = Reads()
    answer = get(reads, Range=asked)
    assert (answer.status_code, body(answer), reads) == (416, b"", [])
    assert answer["Content-Range"] == "bytes */100"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-6", "bytes=9-3", "bytes=-", "bytes=", "lines=1-2", "bytes=a-b", "0-5", "bytes=１-２"],
)
def test_anything_but_one_range_is_answered_with_the_whole(asked: str) -> None:
    answer = get(Range=asked)
    assert (answer.status_code, body(answer)) == (200, CONTENT)


def test_a_part_is_sent_only_to_whoever_has_the_beginning_of_the_same_file() -> None:
    assert get(Range="bytes=0-1", If_Range=ETAG).status_code == 206
    for other in ('"another"', f"W/{ETAG}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert get(Range="bytes=0-1", If_Range=other).status_code == 200


def test_whoever_has_it_is_told_so_and_nothing_is_read() -> None:
    for headers in ({"If_None_Match": ETAG}, {"If_None_Match": "*"}, {"If_None_Match": f'"x", {ETAG}'}):
        reads = Reads()
        answer = get(reads, Range="bytes=0-1", **headers)
        assert (answer.status_code, body(answer), reads) == (304, b"", [])
        assert answer["ETag"] == ETAG
        assert answer["Cache-Control"] == "private, no-cache"
    assert get(If_None_Match='"other"').status_code == 200
    assert get(If_Match='"other"').status_code == 412


def test_a_head_says_how_long_it_is_and_reads_nothing() -> None:
    reads = Reads()
    answer = get(reads, "HEAD", Range="bytes=0-1")
    assert (answer.status_code, answer["Content-Length"], reads) == (200, "100", [])


@given(st.one_of(st.text(max_size=30), st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True)))
def test_whatever_is_asked_the_answer_fits_its_status(asked: str) -> None:
    answer = get(Range=asked.replace("\r", "").replace("\n", ""))
    if answer.status_code == 206:
        span, _, size = answer["Content-Range"].removeprefix("bytes ").partition("/")
        first, last = (int(number) for number in span.split("-"))
        assert size == "100"
        assert body(answer) == CONTENT[first : last + 1] != b""
    else:
        assert (answer.status_code, body(answer)) in ((200, CONTENT), (416, b""))
