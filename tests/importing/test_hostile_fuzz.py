"""Packages damaged at random: a plan or an answer in Chinese, and nothing else, whether they are read or marked."""

import re
import zipfile
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.importing.errors import ImportFailure
from tasks.importing.excel import read_sheets
from tasks.importing.grid import CellPlace
from tasks.importing.limits import FILING
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import Mark
from tasks.importing.reading import Source, read_plan
from tasks.importing.vetting import vetted
from tests.importing.builders import UP, excel, word
from tests.importing.test_marking import elaborate

FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GRID = [
    ["序号", "目标任务", "工作措施", "责任单位", "完成时限"],
    ["1", "治理扬尘", "加强管控。", "", "6月底前"],
    [UP, UP, "加强保洁。", "区住建局", "按要求"],
]


def _marked(data: bytes, name: str, sheet: str) -> bytes:
    return mark(data, name, [Mark("甲。", CellPlace(2, 3, sheet=sheet)), Mark("乙。")])[0]


WORD, EXCEL = word("2025年计划", GRID), excel(("清单", GRID))
# With comments, charts, protection and a list as well.
SEEDS = {
    "word": WORD,
    "excel": EXCEL,
    "marked word": _marked(WORD, "a.docx", ""),
    "marked excel": _marked(elaborate(), "a.xlsx", "清单"),
}
seeds = pytest.mark.parametrize("seed", SEEDS)


def attempt(data: bytes) -> None:
    """Read it, mark what was read or a guess, and read that again."""
    marks = [Mark("甲。", CellPlace(2, 3, sheet="清单")), Mark("乙。", CellPlace(900, 90))]
    try:
        marks += [Mark.of(problem) for problem in read_plan(Source(data)).problems]
    except ImportFailure as failure:
        answered(failure)
    try:
        out, _ = mark(data, "a", marks)
        read_plan(Source(out))
    except ImportFailure as failure:
        answered(failure)
    try:
        list(read_sheets(vetted(data, FILING)))
    except ImportFailure as failure:
        answered(failure)


def answered(failure: ImportFailure) -> None:
    assert re.search("[\u4e00-\u9fff]", str(failure))
    assert "Error" not in str(failure)


def packed(parts: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, part in parts.items():
            target.writestr(name, part)
    return stream.getvalue()


def parts_of(seed: str) -> dict[str, bytes]:
    source = zipfile.ZipFile(BytesIO(SEEDS[seed]))
    return {name: source.read(name) for name in source.namelist()}


@seeds
@FUZZ
@given(data=st.data())
def test_bytes_of_the_zip_flipped(seed: str, data: st.DataObject) -> None:
    whole = bytearray(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, 999_999)) % len(whole)] = data.draw(st.integers(0, 255))
    attempt(bytes(whole))


@seeds
@FUZZ
@given(data=st.data())
def test_bytes_of_parts_flipped(seed: str, data: st.DataObject) -> None:
    parts = parts_of(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(parts)))
        part = bytearray(parts[name])
        if part:
            part[data.draw(st.integers(0, 999_999)) % len(part)] = data.draw(st.integers(0, 255))
        parts[name] = bytes(part)
    attempt(packed(parts))


@seeds
@FUZZ
@given(data=st.data())
def test_parts_dropped_swapped_and_doubled(seed: str, data: st.DataObject) -> None:
    parts = parts_of(seed)
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.sampled_from(sorted(parts))) for _ in range(2))
        match data.draw(st.sampled_from(["drop", "swap", "copy", "empty"])):
            case "drop":
                if len(parts) > 1:
                    del parts[one]
            case "swap":
                parts[one], parts[other] = parts[other], parts[one]
            case "copy":
                parts[one] = parts[other]
            case _:
                parts[one] = b""
    attempt(packed(parts))


# What numbers, references and words of a format are replaced with.
_VALUES = ("", "-1", "0", "99999999999", "x", "A1:XFD1048576", "restart", "true", "rId1", "../x", "文")


@seeds
@FUZZ
@given(data=st.data())
def test_attributes_that_say_something_else(seed: str, data: st.DataObject) -> None:
    parts = parts_of(seed)
    names = sorted(
        name for name in parts if name.endswith((".xml", ".rels", ".vml")) and b'="' in parts[name]
    )
    for _ in range(data.draw(st.integers(1, 5))):
        name = data.draw(st.sampled_from(names))
        places = [match.span(1) for match in re.finditer(rb'="([^"]*)"', parts[name])]
        start, end = places[data.draw(st.integers(0, 999_999)) % len(places)]
        value = data.draw(st.sampled_from(_VALUES)).encode()
        parts[name] = parts[name][:start] + value + parts[name][end:]
    attempt(packed(parts))
