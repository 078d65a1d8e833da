"""A filled-in 季度填报表 against what stands: what it would change is shown cell by cell, what cannot go says why, nothing is overwritten."""

import re
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.test import Client

from tasks.filingbook.compared import ComparedRow, Comparison, State
from tasks.filingbook.comparing import compare
from tasks.models import FilingUpload, ProgressUpdate, SourceFile
from tasks.rules import Kind, PeriodState, Status
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft, withdraw_update
from tasks.services.review import return_update
from tests.conftest import World
from tests.factories import MeasureFactory, open_quarter, unit_party
from tests.filingbooks import Book, downloaded, post_book, uploaded
from tests.stage import picture
from units.models import User

Login = Callable[[User | None], Client]


@pytest.fixture
def book(world: World) -> Book:
    """区发改局's workbook of the first quarter: measures 1 (常态化, support) and 2 (有终点)."""
    return downloaded(world.cast.reporter, world.q1, world.fgj)


def compared(world: World, book: Book | bytes, user: User | None = None) -> Comparison:
    user = user or world.cast.reporter
    kept = uploaded(user, world.q1, world.fgj, book)
    return compare(FilingUpload.objects.select_related("period__plan", "unit").get(pk=kept.pk), user)


def row_of(comparison: Comparison, number: int) -> ComparedRow:
    return next(row for row in comparison.rows if row.number == number)


def told(row: ComparedRow) -> dict[str, tuple[str, str]]:
    """Label of a field → what stands, what the sheet says."""
    return {change.label: (change.old, change.new) for change in row.changes}


def said(row: ComparedRow) -> list[tuple[str, str]]:
    return [(fault.label, fault.message) for fault in row.faults]


def draft(world: World, user: User | None = None, **values: Any) -> ProgressUpdate:
    """A draft on measure 1, saved online."""
    found = ProgressUpdate.objects.filter(assignment=world.support, period=world.q1).first()
    return save_draft(
        assignment=world.support,
        period=world.q1,
        actor=user or world.cast.reporter,
        values=world.values(**values),
        base_version=found.version if found else 0,
    )


def html_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


# --- what changes -------------------------------------------------------------------------------------------


def test_a_workbook_as_it_was_downloaded_changes_nothing(world: World, book: Book):
    draft(world, progress_text="草稿文字。", next_steps="")
    world.file(world.terminal, progress_text="已交的文字。")
    comparison = compared(world, downloaded(world.cast.reporter, world.q1, world.fgj))
    assert [row.state for row in comparison.rows] == [State.UNCHANGED, State.UNCHANGED]
    assert comparison.faults == []
    assert comparison.absent == []


def test_changes_are_shown_field_by_field_with_both_texts(world: World):
    draft(world, progress_text="检查12次。", problems="人手不足。")
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    book.put(1, progress_text="检查15次。", problems=None, self_status="部分完成")
    row = row_of(compared(world, book), 1)
    assert row.state == State.CHANGED
    assert told(row) == {
        "自评状态": ("按序时推进", "部分完成"),
        "工作进展": ("检查12次。", "检查15次。"),
        "存在问题": ("人手不足。", ""),
    }
    assert [change.is_cleared for change in row.changes] == [False, False, True]
    assert row.values == {"self_status": "partial", "progress_text": "检查15次。", "problems": ""}
    assert row.missing == {}


@pytest.mark.parametrize("word", ["推进中", " 推 进 中 ", "推进中\n"])
def test_states_are_known_by_their_words(world: World, book: Book, word: str):
    book.put(2, self_status=word, percent=0.25, progress_text="进展")
    assert row_of(compared(world, book), 2).values["self_status"] == "in_progress"


@pytest.mark.parametrize(
    ("typed", "percent"),
    [
        (62.5, "62.5"),
        (0.625, "62.5"),
        ("62.5%", "62.5"),
        ("６２。５％", "62.5"),
        (1, "100"),
        ("100", "100"),
        (0, "0"),
    ],
)
def test_percentages_however_they_are_typed(world: World, book: Book, typed: Any, percent: str):
    # As Excel does with a cell whose format is a percentage: what is below 1 was typed with its sign.
    cell = book.cell(2, "percent")
    cell.value = typed
    if typed == 62.5:
        cell.number_format = "General"
    row = row_of(compared(world, book), 2)
    assert row.state == State.CHANGED, said(row)
    assert row.values == {"percent": Decimal(percent)}


def test_a_fraction_without_its_sign_is_asked_about(world: World, book: Book):
    book.put(2, percent="0.6")
    row = row_of(compared(world, book), 2)
    assert row.state == State.REFUSED
    assert said(row) == [("完成比例", "“0.6”是指 60% 还是 0.6%？请写明百分号，或填 0 至 100 的数。")]


@pytest.mark.parametrize(
    ("number", "values", "column", "message"),
    [
        (2, {"percent": "一半"}, "完成比例", "请填写数字，如 60 或 62.5。"),
        (2, {"percent": 1.2}, "完成比例", "请填写 0 至 100 之间的数字。"),
        (2, {"percent": "62.55"}, "完成比例", "最多保留 1 位小数。"),
        (2, {"self_status": "按序时推进"}, "自评状态", "可选：未启动、推进中、已完成、滞后。"),
        (1, {"self_status": "快好了"}, "自评状态", "“快好了”不是本项可选的自评状态"),
        (1, {"progress_text": "长" * 3001}, "工作进展", "超过 3000 字"),
        (1, {"no_work": "也许"}, "本季度无相关工作", "请填“是”或留空"),
        (1, {"progress_text": "=1+1"}, "工作进展", "单元格是公式"),
        (1, {"progress_text": "#N/A"}, "工作进展", "公式出错（#N/A）"),
    ],
)
def test_what_cannot_go_says_why_beside_its_cell(
    world: World, book: Book, number: int, values: dict[str, Any], column: str, message: str
):
    book.put(number, **values)
    row = row_of(compared(world, book), number)
    assert row.state == State.REFUSED
    ((label, text),) = said(row)
    assert label == column
    assert message in text


def test_one_wrong_cell_keeps_the_whole_row_back_and_the_other_cells_are_shown(world: World, book: Book):
    book.put(2, percent="一半", progress_text="完成一半。")
    row = row_of(compared(world, book), 2)
    assert row.state == State.REFUSED
    assert told(row) == {"工作进展": ("", "完成一半。"), "完成比例": ("", "一半")}
    assert row.values == {}


def test_cells_that_are_not_asked_for_are_said_and_left(world: World, book: Book):
    book.put(1, percent=0.3)
    row = row_of(compared(world, book), 1)
    assert row.state == State.UNCHANGED
    assert row.notes == ["“完成比例”本项不需填写，该格内容未写入。"]
    book.put(1, progress_text="进展")
    row = row_of(compared(world, book), 1)
    assert (row.state, "percent" in row.values) == (State.CHANGED, False)


def test_no_work_is_a_word_in_its_column(world: World, book: Book):
    for word in ("是", "√", True):
        book.put(1, no_work=word)
        row = row_of(compared(world, book), 1)
        assert row.values == {"no_work": True}
        assert row.missing == {}
    book.put(1, progress_text="又写了进展。")
    (note,) = row_of(compared(world, book), 1).notes
    assert "又有进展内容" in note


def test_what_is_missing_to_hand_it_in(world: World, book: Book):
    book.put(2, self_status="已完成", percent=1)
    row = row_of(compared(world, book), 2)
    assert row.state == State.CHANGED
    assert not row.may_submit
    assert set(row.missing) == {"progress_text", "evidence"}
    attach_evidence(assignment=world.terminal, period=world.q1, actor=world.cast.reporter, upload=picture())
    book.put(2, progress_text="已全部完成。")
    assert row_of(compared(world, book), 2).may_submit


def test_a_lower_percent_needs_its_reason_in_the_sheet(world: World):
    world.approve(world.file(world.terminal, percent=40))
    open_quarter(world.plan, 2)
    book = downloaded(world.cast.reporter, world.q2, world.fgj)
    book.put(2, self_status="推进中", percent=0.3, progress_text="进展")
    kept = uploaded(world.cast.reporter, world.q2, world.fgj, book)
    kept = FilingUpload.objects.select_related("period__plan", "unit").get(pk=kept.pk)
    assert "低于上次通过的 40%" in row_of(compare(kept, world.cast.reporter), 2).missing["decrease_reason"]


def test_a_kind_that_changed_since_does_not_refuse_what_nobody_touched(world: World):
    save_draft(
        assignment=world.terminal,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(percent=30, self_status="in_progress"),
        base_version=0,
    )
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    world.measures[1].kind = Kind.ONGOING
    world.measures[1].save()
    row = row_of(compared(world, book), 2)
    assert (row.state, row.faults) == (State.UNCHANGED, [])
    book.put(2, next_steps="改了下一步。")
    row = row_of(compared(world, book), 2)
    assert (row.state, row.values) == (State.CHANGED, {"next_steps": "改了下一步。"})


# --- changed online meanwhile -------------------------------------------------------------------------------


def test_a_row_that_was_changed_online_is_a_conflict_with_both_texts_and_who(world: World, book: Book):
    draft(world, world.cast.approver, progress_text="李国强写的。")
    book.put(1, progress_text="表中写的。")
    row = row_of(compared(world, book), 1)
    assert row.state == State.CONFLICT
    assert told(row)["工作进展"] == ("李国强写的。", "表中写的。")
    assert row.values == {}
    assert row.why_conflict.startswith("线上已由李国强于")


def test_a_row_that_nobody_touched_gives_way_and_says_so(world: World, book: Book):
    draft(world, world.cast.approver, progress_text="李国强写的。")
    row = row_of(compared(world, book), 1)
    assert row.state == State.UNCHANGED
    (note,) = row.notes
    assert "李国强" in note
    assert "本行未改动，不写入" in note


def test_the_same_text_online_is_no_conflict(world: World, book: Book):
    draft(world, world.cast.approver, progress_text="一样的话。", next_steps="", self_status="")
    book.put(1, progress_text="一样的话。")
    row = row_of(compared(world, book), 1)
    assert (row.state, row.changes) == (State.UNCHANGED, [])


def test_a_filing_that_only_changed_hands_is_no_conflict(world: World):
    """Downloaded as a draft, handed in online as it stood, returned: the workbook still fits."""
    first = draft(world)
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    update = world.file(world.support)
    assert update.version > first.version
    return_update(
        update_id=update.pk, actor=world.cast.office, version=update.version, reason="请写明检查次数。"
    )
    book.put(1, progress_text="检查12次，整改5处。")
    row = row_of(compared(world, book), 1)
    assert row.state == State.CHANGED
    assert row.base_version == ProgressUpdate.objects.get(pk=update.pk).version


def test_a_key_without_marks_goes_by_the_version_alone(world: World, book: Book):
    text = book.cell(1, "key").value
    book.put(1, key=text.partition("#")[0], progress_text="表中写的。")
    assert row_of(compared(world, book), 1).state == State.CHANGED
    draft(world, world.cast.approver, progress_text="李国强写的。")
    assert row_of(compared(world, book), 1).state == State.CONFLICT


# --- what takes no change -----------------------------------------------------------------------------------


def test_what_is_handed_in_approved_or_of_a_quarter_that_takes_nothing_is_closed(world: World, book: Book):
    book.put(1, progress_text="表中写的。")
    update = world.file(world.support)
    row = row_of(compared(world, book), 1)
    assert row.state == State.CLOSED
    assert "待审核" in said(row)[0][1]
    assert "撤回" in said(row)[0][1]
    world.approve(update)
    assert "通过" in said(row_of(compared(world, book), 1))[0][1]
    world.q1.state = PeriodState.ISSUING
    world.q1.save()
    assert "印发中" in said(row_of(compared(world, book), 1))[0][1]


def test_rows_of_another_unit_pasted_into_the_file_are_refused_without_a_word_of_theirs(
    world: World, book: Book
):
    save_draft(
        assignment=world.lead,
        period=world.q1,
        actor=world.cast.lead,
        values=world.values(progress_text="分局的草稿。"),
        base_version=0,
    )
    theirs = downloaded(world.cast.lead, world.q1, world.sthj)
    book.put(1, key=theirs.cell(1, "key").value, progress_text="贴进来的。")
    comparison = compared(world, book)
    row = next(row for row in comparison.rows if row.state == State.REFUSED)
    assert "不属于区发改局2024年第一季度的填报表" in said(row)[0][1]
    assert (row.page, row.changes, row.values) == (None, [], {})
    assert [duty.measure.number for duty in comparison.absent] == [1]


def test_a_duty_that_was_ended_takes_nothing(world: World, book: Book):
    world.support.last_quarter = 0
    world.support.save()
    book.put(1, progress_text="表中写的。")
    row = next(row for row in compared(world, book).rows if row.state == State.REFUSED)
    assert "没有措施1的责任" in said(row)[0][1]


def test_the_office_neither_sees_nor_overwrites_what_the_unit_has_begun(world: World):
    book = downloaded(world.cast.office, world.q1, world.fgj)
    draft(world, progress_text="单位还在写的草稿。")
    book.put(1, progress_text="区生态办代填。").put(
        2, self_status="推进中", percent=0.2, progress_text="代填内容。"
    )
    comparison = compared(world, book, world.cast.office)
    row = row_of(comparison, 1)
    assert row.state == State.CLOSED
    assert "正在填写" in said(row)[0][1]
    assert told(row) == {"工作进展": ("", "区生态办代填。")}
    assert row_of(comparison, 2).state == State.CHANGED


def test_of_what_was_issued_half_mended_the_office_reads_what_was_handed_in(world: World):
    update = world.file(world.support, progress_text="交上来的文字。")
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    draft(world, progress_text="单位改了一半的文字。")
    book = downloaded(world.cast.office, world.q1, world.fgj)
    # As issuing leaves it.
    ProgressUpdate.objects.filter(pk=update.pk).update(status=Status.UNMENDED)
    world.q1.state = PeriodState.ISSUED
    world.q1.save()
    book.put(1, progress_text="区生态办的文字。")
    row = row_of(compared(world, book, world.cast.office), 1)
    assert row.state == State.CLOSED
    assert told(row)["工作进展"] == ("交上来的文字。", "区生态办的文字。")


# --- the file itself ----------------------------------------------------------------------------------------


def test_the_file_is_kept_byte_for_byte_and_a_new_one_takes_its_place(world: World, book: Book):
    first = uploaded(world.cast.reporter, world.q1, world.fgj, book)
    data = book.put(1, progress_text="新的。").save()
    second = uploaded(world.cast.reporter, world.q1, world.fgj, data, name="C:\\报表\\新\u202e填报表.xlsx")
    assert not FilingUpload.objects.filter(pk=first.pk).exists()
    assert SourceFile.objects.count() == 1
    file = second.file
    assert (bytes(file.content), file.size, len(file.sha256)) == (data, len(data), 64)
    assert file.name == "新填报表.xlsx"
    other = uploaded(world.cast.approver, world.q1, world.fgj, book)
    assert FilingUpload.objects.filter(pk__in=[second.pk, other.pk]).count() == 2


def test_somebody_else_s_workbook_or_another_quarter_s_is_named(world: World, login: Login):
    client = login(world.cast.reporter)
    open_quarter(world.plan, 2)
    theirs = downloaded(world.cast.lead, world.q1, world.sthj).save()
    answer = post_book(client, world.q1, world.fgj, theirs, name="<b>分局</b>.xlsx")
    assert answer.status_code == 422
    assert "这是生态环境分局2024年第一季度的填报表，不是区发改局2024年第一季度的" in html_of(answer)
    assert "<b>分局</b>" not in answer.content.decode()
    later = downloaded(world.cast.reporter, world.q2, world.fgj).save()
    answer = post_book(client, world.q1, world.fgj, later)
    assert "这是区发改局2024年第二季度的填报表，不是区发改局2024年第一季度的" in html_of(answer)
    assert not FilingUpload.objects.exists()
    assert not SourceFile.objects.exists()


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        (b"", 422, "请先选择填好的填报表"),
        (b"hello", 422, "不是 Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, 422, "另存为 .xlsx"),
        (b"PK" + b"\0" * 5_300_000, 413, "超过 5 MB"),
    ],
)
def test_files_that_cannot_be_read_say_why(world: World, login: Login, data: bytes, status: int, told: str):
    answer = post_book(login(world.cast.reporter), world.q1, world.fgj, data)
    assert answer.status_code == status
    assert told in html_of(answer) or "文件是空的" in html_of(answer)


@pytest.mark.parametrize(
    ("part", "content", "told"),
    [
        ("xl/vbaProject.bin", b"\0" * 99, "宏"),
        ("xl/sharedStrings.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "实体"),
        ("xl/worksheets/sheet9.xml", b"<a>" + b" " * 45_000_000 + b"</a>", "解压后过大"),
    ],
    ids=["macros", "entities", "bomb"],
)
def test_hostile_workbooks_are_refused_with_a_word(
    world: World, login: Login, book: Book, part: str, content: bytes, told: str
):
    stream = BytesIO()
    with ZipFile(BytesIO(book.save())) as source, ZipFile(stream, "w", ZIP_DEFLATED) as target:
        for item in source.infolist():
            if item.filename != part:
                target.writestr(item, source.read(item))
        target.writestr(part, content)
    answer = post_book(login(world.cast.reporter), world.q1, world.fgj, stream.getvalue())
    assert answer.status_code in (413, 422)
    assert told in html_of(answer)
    assert not FilingUpload.objects.exists()


# --- the page -----------------------------------------------------------------------------------------------


def test_the_preview_counts_and_shows_everything_at_its_place(world: World, login: Login, book: Book):
    third = unit_party(MeasureFactory(task=world.tasks[1], number=4, text="整治扬尘。"), world.fgj)
    fourth = unit_party(MeasureFactory(task=world.tasks[1], number=5, text="清理河道。"), world.fgj)
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    save_draft(
        assignment=third,
        period=world.q1,
        actor=world.cast.approver,
        values=world.values(progress_text="李国强在线上写的。"),
        base_version=0,
    )
    book.put(1, self_status="按序时推进", progress_text="表中的进展。")
    book.put(2, percent="一半")
    book.put(4, progress_text="表中的另一份。")
    client = login(world.cast.reporter)
    answer = post_book(client, world.q1, world.fgj, book.save())
    page = client.get(answer.headers["Location"])
    text = html_of(page)
    for words in ("将写入 1 项", "线上已改 1 项", "不能写入 1 项", "未变化 1 项", f"表中第 {book.row(2)} 行"):
        assert words.replace(" ", "") in text.replace(" ", ""), words
    assert f"一半 第 {book.row(2)} 行：请填写数字" in re.sub("(?<=一半)", " ", text).replace("  ", " ")
    assert "李国强" in text
    assert "李国强在线上写的。" in text
    assert "表中的另一份。" in text
    assert f"/filing/{world.terminal.pk}/{world.q1.pk}/" in page.content.decode()
    assert fourth.measure.number == 5


def test_nothing_changed_and_everything_refused_have_their_own_words(world: World, login: Login, book: Book):
    client = login(world.cast.reporter)
    page = client.get(post_book(client, world.q1, world.fgj, book.save()).headers["Location"])
    assert "填报表中的内容与线上一致，没有需要写入的内容" in html_of(page)
    assert page.content.decode().count("disabled") == 2
    book.put(1, self_status="x").put(2, self_status="x")
    page = client.get(post_book(client, world.q1, world.fgj, book.save()).headers["Location"])
    assert "没有可以写入的内容，请按下列说明处理" in html_of(page)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    world: World, login: Login, django_assert_max_num_queries: Any
):
    def queries(user: User) -> int:
        client = login(user)
        book = downloaded(user, world.q1, world.fgj)
        for number in numbers:
            book.put(number, progress_text="新的进展。", next_steps="继续。")
        address = post_book(client, world.q1, world.fgj, book.save()).headers["Location"]
        with django_assert_max_num_queries(40) as counted:
            assert client.get(address).status_code == 200
        return len(counted)

    update = world.file(world.terminal)
    return_update(update_id=update.pk, actor=world.cast.colleague, version=update.version, reason="请补充。")
    attach_evidence(assignment=world.terminal, period=world.q1, actor=world.cast.reporter, upload=picture())
    for actor in (world.cast.reporter, world.cast.office):
        numbers = [1]
        few = queries(actor)
        for number in range(10, 16):
            if not world.plan.measures.filter(number=number).exists():
                duty = unit_party(MeasureFactory(task=world.tasks[1], number=number), world.fgj)
                returned = world.file(duty)
                return_update(
                    update_id=returned.pk,
                    actor=world.cast.colleague,
                    version=returned.version,
                    reason="请补充。",
                )
        numbers = [1, *range(10, 16)]
        assert queries(actor) == few


def test_withdrawn_meanwhile_it_can_be_written_again(world: World, book: Book):
    update = world.file(world.support, progress_text="交上去的。")
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    book.put(1, progress_text="改过的。")
    assert row_of(compared(world, book), 1).state == State.CLOSED
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    row = row_of(compared(world, book), 1)
    assert row.state == State.CHANGED
    assert ProgressUpdate.objects.get(pk=update.pk).status == Status.DRAFT
