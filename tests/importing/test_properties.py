"""What holds for every input: no printed character is lost, a written plan is read back, nothing but the reader's own errors."""

import re
import zipfile
from io import BytesIO

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.importing.deadlines import parse_deadline
from tasks.importing.errors import ImportFailure
from tasks.importing.parties import mend_units, pieces, split_parties
from tasks.importing.reading import Source, read_plan
from tasks.importing.wording import items, mend, plain
from tests.importing.builders import UP, Grid, excel, text, word

LONG = settings(max_examples=300, deadline=None)
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Signs that mean something to the reader come up often enough to meet each other.
SIGNS = '区市县局委办中心街道各等牵头配合单位负责、，；。：（）()\n ,;:/和及12．.一二①年月日底前至—\t"|'
cells = st.text(st.sampled_from(SIGNS) | st.characters(codec="utf-8"), max_size=60)
words = st.text(st.sampled_from("生态环境保护大气水土壤治理污染防督察执法管控扬尘"), min_size=4, max_size=20)
units = st.lists(
    st.sampled_from(
        [
            "区发改局",
            "区住建局",
            "生态环境分局",
            "各街道",
            "区委宣传部",
            "市公安局",
            "各县（市、区）政府",
            "国网供电公司",
        ]
    ),
    min_size=1,
    max_size=5,
    unique=True,
)
deadlines = st.sampled_from(
    ["2024年12月底前", "6月底前", "长期坚持", "全年", "2023—2024年底前", "按上级要求"]
)


@LONG
@given(cells)
def test_splitting_a_cell_loses_no_character(cell: str) -> None:
    assert "".join(piece.text for piece in pieces(cell)) == cell


@LONG
@given(cells)
def test_every_party_is_printed_in_the_cell(cell: str) -> None:
    whole = re.sub(r"\s", "", plain(cell))
    for party in split_parties(cell):
        assert party.printed
        assert party.printed in whole


@LONG
@given(units)
def test_units_joined_by_signs_are_split_again(names: list[str]) -> None:
    for sign in ("、", "，", "；", "\n", ",", "、\n"):
        assert [party.printed for party in split_parties(sign.join(names))] == names


@LONG
@given(cells)
def test_mending_keeps_every_sign_but_blanks_and_commas(cell: str) -> None:
    def bare(value: str) -> str:
        return re.sub(r"\s", "", plain(value)).replace("，", ",")

    assert bare(mend(cell)) == bare(cell)
    assert bare(mend_units(cell)) == bare(cell)
    assert mend(mend(cell)) == mend(cell)


@LONG
@given(cells)
def test_a_cell_is_cut_into_items_without_loss(cell: str) -> None:
    mended = mend(cell)
    rest = mended
    for marker, item in items(mended):
        if marker is not None:
            assert marker.label in rest
        assert item in rest
        rest = rest[rest.index(item) + len(item) :]


@LONG
@given(cells, st.none() | st.integers(2000, 2050))
def test_a_deadline_is_read_or_left(cell: str, year: int | None) -> None:
    deadline = parse_deadline(cell, year)
    assert (deadline.kind == "date") == (deadline.starts is None and deadline.ends is not None)
    if deadline.kind == "range":
        assert deadline.starts is not None
        assert deadline.ends is not None
        assert deadline.starts <= deadline.ends


@st.composite
def plans(draw: st.DrawFn) -> tuple[Grid, list[tuple[str, list[tuple[str, str, str]]]]]:
    """A table with merged tasks, and what it says: title → (text, units, deadline) of its measures."""
    tasks = draw(
        st.lists(
            st.tuples(words, st.lists(st.tuples(words, units, deadlines), min_size=1, max_size=3)),
            min_size=1,
            max_size=4,
        )
    )
    grid: list[list[str]] = [["序号", "目标任务", "工作措施", "责任单位", "完成时限"]]
    told: list[tuple[str, list[tuple[str, str, str]]]] = []
    for number, (title, measures) in enumerate(tasks, 1):
        # Two tasks of one name are one task to any reader of the table.
        title = f"{title}第{'一二三四五六七八'[number - 1]}类"
        own: list[tuple[str, str, str]] = []
        for place, (measure, names, deadline) in enumerate(measures):
            first = [str(number), title] if place == 0 else [UP, UP]
            row = [measure + "。", "、".join(names), deadline]
            grid.append([*first, *row])
            own.append((row[0], row[1], row[2]))
        told.append((title, own))
    return grid, told


@SLOW
@given(plans(), st.sampled_from(["word", "excel", "text"]))
def test_a_written_table_is_read_back(
    plan: tuple[Grid, list[tuple[str, list[tuple[str, str, str]]]]], kind: str
) -> None:
    grid, told = plan
    data = word(grid) if kind == "word" else excel(("表", grid)) if kind == "excel" else text(grid)
    reading = read_plan(Source(data), year=2024)
    assert [
        (task.title, [(measure.text, measure.units_text, measure.deadline_text) for measure in task.measures])
        for task in reading.tasks
    ] == told
    assert [task.number for task in reading.tasks] == list(range(1, len(told) + 1))


def attempt(data: bytes | str) -> None:
    try:
        reading = read_plan(Source(data))
    except ImportFailure as failure:
        assert re.search("[\u4e00-\u9fff]", str(failure))  # noqa: PT017 (either is right, no other error is)
    else:
        assert reading.measures


@LONG
@given(st.binary(max_size=400))
def test_any_bytes_give_a_plan_or_an_answer(data: bytes) -> None:
    attempt(data)


@LONG
@given(st.lists(st.lists(cells, min_size=1, max_size=6), max_size=8), st.booleans())
def test_any_text_gives_a_plan_or_an_answer(rows: list[list[str]], headed: bool) -> None:
    head = [["序号", "目标任务", "工作措施", "责任单位", "完成时限"]] if headed else []
    attempt("\n".join("\t".join(row) for row in [*head, *rows]))


@SLOW
@given(st.sampled_from(["word", "excel"]), st.data())
def test_a_damaged_file_gives_a_plan_or_an_answer(kind: str, data: st.DataObject) -> None:
    grid = [["任务", "措施", "责任单位"], ["甲任务", "乙措施。", "区住建局"]]
    whole = word(grid) if kind == "word" else excel(("表", grid))
    source = zipfile.ZipFile(BytesIO(whole))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            part = bytearray(source.read(name))
            if (
                name.endswith(("document.xml", "sheet1.xml", "styles.xml", "numbering.xml", "workbook.xml"))
                and part
            ):
                for _ in range(data.draw(st.integers(0, 3))):
                    part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
            target.writestr(name, bytes(part))
    attempt(stream.getvalue())
    # Its length differs from run to run: it holds the time.
    attempt(whole[: len(whole) * data.draw(st.integers(0, 1000)) // 1000])
