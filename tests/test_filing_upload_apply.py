"""Carrying a filled-in 季度填报表 out: each row by itself, once, never over somebody else's text; for a unit by the office under both names."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tasks.errors import WorkflowError
from tasks.filingbook.layout import SHEET
from tasks.models import FilingUpload, ProgressUpdate, SourceFile, StatusChange, UpdateDraft
from tasks.rules import PeriodState, Status
from tasks.services.filing import save_draft, submit_update
from tasks.services.filing_uploads import Entry, apply_upload, discard_upload
from tasks.services.review import return_update
from tests.amending import correct, issued, quick
from tests.conftest import World
from tests.factories import open_quarter
from tests.filingbooks import Book, downloaded, post_book, uploaded
from tests.pages import read
from tests.test_filing_upload_reading import cells
from units.models import User

__all__ = ["issued", "quick"]
Login = Callable[[User | None], Client]


@pytest.fixture
def book(world: World) -> Book:
    return downloaded(world.cast.reporter, world.q1, world.fgj)


@pytest.fixture
def client(world: World, login: Login) -> Client:
    return login(world.cast.reporter)


def upload_by(client: Client, world: World, book: Book | bytes) -> str:
    """Upload; the address of the preview."""
    answer = post_book(client, world.q1, world.fgj, book if isinstance(book, bytes) else book.save())
    assert answer.status_code == 302, html_of(answer)
    return answer.headers["Location"]


def ticks(client: Client, address: str) -> list[str]:
    """The rows that the preview offers, as it names them."""
    html = client.get(address).content.decode()
    return re.findall(r'name="row" value="([^"]+)"', html)


def press(client: Client, address: str, action: str, rows: list[str] | None = None) -> Any:
    """One of the two buttons, with the rows that are ticked by the page or `rows`."""
    return client.post(address, {"action": action, "row": ticks(client, address) if rows is None else rows})


def html_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def filing(world: World, duty: Any = None) -> ProgressUpdate:
    return ProgressUpdate.objects.get(assignment=duty or world.support, period=world.q1)


def online(world: World, user: User, **values: Any) -> ProgressUpdate:
    """Somebody saves measure 1 on the screen."""
    found = ProgressUpdate.objects.filter(assignment=world.support, period=world.q1).first()
    return save_draft(
        assignment=world.support,
        period=world.q1,
        actor=user,
        values=world.values(**values),
        base_version=found.version if found else 0,
    )


def complete(book: Book) -> Book:
    return book.put(1, self_status="按序时推进", progress_text="检查12次。").put(
        2, self_status="推进中", percent=0.3, progress_text="完成勘察。"
    )


def test_drafts_are_saved_and_nothing_is_handed_in(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    assert not ProgressUpdate.objects.exists(), "a preview files nothing"
    answer = press(client, address, "draft")
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    one, two = filing(world), filing(world, world.terminal)
    assert (one.status, one.progress_text, one.self_status) == (Status.DRAFT, "检查12次。", "on_schedule")
    assert (two.status, two.percent, two.written_by) == (Status.DRAFT, 30, world.cast.reporter)
    assert set(one.authors.all()) == {world.cast.reporter}
    assert not StatusChange.objects.exists()
    text = html_of(client.get(address))
    assert "已存为草稿 2 项，尚未提交" in text
    upload = FilingUpload.objects.get()
    assert upload.applied_at is not None
    assert {told["result"] for told in upload.outcome.values()} == {"saved"}


def test_what_is_complete_is_handed_in_and_the_rest_kept_as_a_draft_and_said(
    world: World, client: Client, book: Book
):
    book.put(1, self_status="按序时推进", progress_text="检查12次。")
    book.put(2, self_status="已完成", percent=1, progress_text="全部完成。")
    address = upload_by(client, world, book)
    text = html_of(client.get(address))
    assert "直接提交（1 项）" in text
    assert "自评为“已完成”须上传佐证材料。" in text
    press(client, address, "submit")
    assert filing(world).status == Status.SUBMITTED
    assert filing(world, world.terminal).status == Status.DRAFT
    assert filing(world, world.terminal).progress_text == "全部完成。"
    text = html_of(client.get(address))
    assert "已提交 1 项，等待区生态办审核" in text
    assert "1 项因内容不全未能提交" in text
    assert "须上传佐证材料" in text
    assert StatusChange.objects.get().actor == world.cast.reporter


def test_only_ticked_rows_go(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    first, _ = ticks(client, address)
    press(client, address, "submit", [first])
    assert ProgressUpdate.objects.count() == 1
    assert "未勾选，未写入" in html_of(client.get(address))


def test_no_row_ticked_is_said_and_the_upload_waits_on(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    for rows in ([], ["999-0"], ["x"], ["5-7"]):
        answer = press(client, address, "draft", rows)
        assert answer.status_code == 422
        assert "没有勾选可写入的措施" in html_of(answer)
    assert press(client, address, "", None).status_code == 422
    assert not ProgressUpdate.objects.exists()
    assert FilingUpload.objects.get().applied_at is None


def test_it_is_carried_out_once(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    rows = ticks(client, address)
    press(client, address, "submit", rows)
    before = list(ProgressUpdate.objects.values_list("pk", "version", "status"))
    answer = press(client, address, "submit", rows)
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    upload = FilingUpload.objects.get()
    entry = Entry(5, world.support, {"progress_text": "再来一次"}, filing(world).version)
    assert (
        apply_upload(upload_id=upload.pk, actor=world.cast.reporter, submit=False, entries=[entry]).outcome
        == upload.outcome
    )
    assert list(ProgressUpdate.objects.values_list("pk", "version", "status")) == before
    assert StatusChange.objects.count() == 2


def test_a_conflict_is_never_written_and_goes_on_in_the_form_with_both_texts(
    world: World, client: Client, book: Book
):
    online(world, world.cast.approver, progress_text="李国强写的。", next_steps="")
    book.put(1, progress_text="表中写的。", problems="表中的问题。").put(
        2, self_status="未启动", percent=0, progress_text="无"
    )
    address = upload_by(client, world, book)
    html = client.get(address).content.decode()
    (mark,) = re.findall(r'name="online" value="([^"]+)"', html)
    assert press(client, address, "submit", [*ticks(client, address), mark]).status_code == 302
    assert filing(world).progress_text == "李国强写的。"
    assert filing(world, world.terminal).status == Status.SUBMITTED
    assert "线上已由李国强于" in html_of(client.get(address))
    # A new upload of the same file: the conflict goes on in the form.
    address = upload_by(client, world, book)
    (mark,) = re.findall(r'name="online" value="([^"]+)"', client.get(address).content.decode())
    answer = client.post(address, {"online": mark})
    assert f"/filing/{world.support.pk}/{world.q1.pk}/?restore=" in answer.headers["Location"]
    page = client.get(answer.headers["Location"])
    (form,) = [
        form
        for form in read(page.content.decode())[0]
        if "base_version" in form.fields and "progress_text" in form.fields
    ]
    assert form.fields["progress_text"].strip() == "表中写的。"
    answer = client.post(f"/filing/{world.support.pk}/{world.q1.pk}/", form.fields | {"action": "save"})
    assert answer.status_code == 409
    assert "李国强写的。" in html_of(answer)
    assert "表中写的。" in html_of(answer)
    # The state that the person left alone took over the other's.
    assert "您未改动，已填入现有内容" in html_of(answer)
    assert {draft.user for draft in UpdateDraft.objects.all()} == {world.cast.reporter}


def test_somebody_writes_between_the_preview_and_the_button(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    rows = ticks(client, address)
    online(world, world.cast.approver, progress_text="李国强刚写的。")
    press(client, address, "submit", rows)
    assert filing(world).progress_text == "李国强刚写的。"
    assert filing(world).status == Status.DRAFT
    assert filing(world, world.terminal).status == Status.SUBMITTED
    text = html_of(client.get(address))
    assert "线上已改，未写入" in text
    assert "线上已由李国强于" in text


def test_a_filing_that_stands_otherwise_than_it_was_shown_is_not_written_even_where_it_would_fit(
    world: World, client: Client, book: Book
):
    """Shown with the person's own earlier text; somebody put the old one back: the sheet fits that, but nobody has seen it."""
    press(client, upload_by(client, world, book.put(1, progress_text="第一稿。")), "draft")
    address = upload_by(client, world, book.put(1, progress_text="第二稿。"))
    rows = ticks(client, address)
    online(world, world.cast.approver, progress_text="", self_status="", next_steps="")
    assert press(client, address, "draft", rows).status_code == 422
    assert filing(world).progress_text == ""


def test_the_same_workbook_is_filled_in_further_and_uploaded_again(world: World, client: Client, book: Book):
    press(client, upload_by(client, world, book.put(1, progress_text="第一稿。", problems="问题。")), "draft")
    assert filing(world).progress_text == "第一稿。"
    # Put back to what it was when it was downloaded: that is a change, too.
    book.put(1, progress_text="第二稿。", problems=None)
    address = upload_by(client, world, book)
    assert "清空" in html_of(client.get(address))
    press(client, address, "draft")
    assert (filing(world).progress_text, filing(world).problems) == ("第二稿。", "")
    # Changed online since, while the sheet says what it said: the sheet gives way.
    online(world, world.cast.approver, progress_text="李国强改的。")
    text = html_of(client.get(upload_by(client, world, book)))
    assert "将写入0 项" in text.replace("将写入 0 项", "将写入0 项")
    assert "本行未改动，不写入" in text
    assert filing(world).progress_text == "李国强改的。"


def test_an_earlier_text_typed_again_into_a_fresh_workbook_is_a_change(
    world: World, client: Client, book: Book
):
    press(client, upload_by(client, world, book.put(1, progress_text="第一稿。")), "draft")
    online(world, world.cast.approver, progress_text="李国强改的。", self_status="", next_steps="")
    fresh = downloaded(world.cast.reporter, world.q1, world.fgj).put(1, progress_text="第一稿。")
    press(client, upload_by(client, world, fresh), "draft")
    assert filing(world).progress_text == "第一稿。"


def test_a_returned_filing_is_mended_in_the_same_workbook(world: World, client: Client, book: Book):
    press(client, upload_by(client, world, complete(book)), "submit")
    update = filing(world)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    book.put(1, progress_text="检查12次，整改5处。")
    address = upload_by(client, world, book)
    press(client, address, "submit")
    assert (filing(world).status, filing(world).progress_text) == (Status.SUBMITTED, "检查12次，整改5处。")


def test_a_draft_that_says_the_same_can_be_handed_in_but_only_if_ticked(
    world: World, client: Client, book: Book
):
    press(client, upload_by(client, world, complete(book)), "draft")
    address = upload_by(client, world, book)
    html = client.get(address).content.decode()
    assert "与线上草稿一致、尚未提交" in html
    assert " checked" not in html
    rows = ticks(client, address)
    press(client, address, "submit", rows[:1])
    assert [row.status for row in ProgressUpdate.objects.order_by("assignment__measure__number")] == [
        Status.SUBMITTED,
        Status.DRAFT,
    ]


def test_the_quarter_closes_meanwhile(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    rows = ticks(client, address)
    world.q1.state = PeriodState.ISSUING
    world.q1.save()
    answer = press(client, address, "submit", rows)
    assert answer.status_code == 409
    assert "现在没有可以写入的措施" in html_of(answer)
    assert "2024年第一季度印发中，不能填报" in html_of(answer)
    assert "检查12次。" in html_of(answer), "what was typed is still in sight"
    assert not ProgressUpdate.objects.exists()
    assert FilingUpload.objects.get().applied_at is None


def test_where_nothing_could_be_written_the_upload_waits_on(world: World, book: Book):
    upload = uploaded(world.cast.reporter, world.q1, world.fgj, complete(book))
    online(world, world.cast.approver, progress_text="李国强写的。")
    entry = Entry(5, world.support, {"progress_text": "表中写的。"}, 0)
    with pytest.raises(WorkflowError, match="没有写入任何内容。措施1：本填报已由李国强修改"):
        apply_upload(upload_id=upload.pk, actor=world.cast.reporter, submit=False, entries=[entry])
    upload.refresh_from_db()
    assert (upload.applied_at, upload.outcome) == (None, {})
    assert filing(world).progress_text == "李国强写的。"


def test_a_row_that_was_overtaken_in_the_last_moment_takes_no_other_with_it(world: World, book: Book):
    upload = uploaded(world.cast.reporter, world.q1, world.fgj, complete(book))
    online(world, world.cast.approver, progress_text="李国强写的。")
    values = {"progress_text": "表中写的。"}
    entries = [Entry(5, world.support, values, 0), Entry(6, world.terminal, values, 0)]
    outcome = apply_upload(
        upload_id=upload.pk, actor=world.cast.reporter, submit=True, entries=entries
    ).outcome
    assert [outcome[row]["result"] for row in ("5", "6")] == ["overtaken", "incomplete"]
    assert "李国强" in outcome["5"]["message"]
    assert "请选择自评状态" in outcome["6"]["message"]
    assert filing(world).progress_text == "李国强写的。"
    assert filing(world, world.terminal).progress_text == "表中写的。"


# --- for a unit ---------------------------------------------------------------------------------------------


def test_the_office_files_for_a_unit_under_both_names(world: World, login: Login):
    office = login(world.cast.office)
    address = upload_by(office, world, complete(downloaded(world.cast.office, world.q1, world.fgj)))
    assert "您正以区生态办身份为区发改局代填" in html_of(office.get(address))
    press(office, address, "submit")
    update = filing(world)
    assert (update.status, update.is_proxy) == (Status.SUBMITTED, True)
    assert (update.submitted_by, update.assignment.unit) == (world.cast.office, world.fgj)
    change = StatusChange.objects.filter(update=update).get()
    assert (change.actor, change.is_proxy) == (world.cast.office, True)
    assert "须由其他同志审核" in html_of(office.get(address))


def test_the_unit_begins_while_the_office_looks_at_its_preview(world: World, login: Login):
    office = login(world.cast.office)
    address = upload_by(office, world, complete(downloaded(world.cast.office, world.q1, world.fgj)))
    rows = ticks(office, address)
    online(world, world.cast.reporter, progress_text="单位的草稿文字。")
    press(office, address, "submit", rows)
    assert filing(world).progress_text == "单位的草稿文字。"
    assert not filing(world).is_proxy
    text = html_of(office.get(address))
    assert "正在填写" in text
    assert "单位的草稿文字。" not in text


def test_after_the_last_day_it_is_late_and_said_before_and_after(world: World, client: Client, book: Book):
    open_quarter(world.plan, 1, days_left=-3)
    address = upload_by(client, world, complete(book))
    assert "提交后标记为“逾期报送”" in html_of(client.get(address))
    press(client, address, "submit")
    assert filing(world).is_late
    assert "逾期报送。" in html_of(client.get(address))


def test_a_correction_of_an_issued_quarter_takes_the_filing_that_it_names_and_no_other(
    issued: World, login: Login
):
    world = issued
    client = login(world.cast.reporter)
    form = "上传填好的季度填报表"
    assert form not in html_of(client.get("/2024/q1/workbench/"))
    correct(world, world.support)
    assert form in html_of(client.get("/2024/q1/workbench/"))
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    book.put(1, progress_text="更正后的进展。").put(2, progress_text="不在更正之列。")
    address = upload_by(client, world, book)
    assert "不能写入1 项" in html_of(client.get(address))
    press(client, address, "submit")
    assert (filing(world).status, filing(world).progress_text) == (Status.SUBMITTED, "更正后的进展。")
    assert filing(world, world.terminal).progress_text == "改造管网2公里。"
    assert "2024年第一季度已印发，不能填报" in html_of(client.get(address))


# --- who may ------------------------------------------------------------------------------------------------


def test_nobody_but_the_uploader_sees_carries_out_or_drops_it(
    world: World, client: Client, login: Login, book: Book
):
    address = upload_by(client, world, complete(book))
    rows = ticks(client, address)
    pk = FilingUpload.objects.get().pk
    for who in ("approver", "lead", "office", "colleague"):
        other = login(getattr(world.cast, who))
        assert other.get(address).status_code == 404
        assert press(other, address, "draft", rows).status_code == 404
        assert other.get(f"{address}marked.xlsx").status_code == 404
        assert other.post(f"{address}discard/").status_code == 404
        with pytest.raises(WorkflowError, match="已被放弃"):
            apply_upload(upload_id=pk, actor=getattr(world.cast, who), submit=False, entries=[])
    assert not ProgressUpdate.objects.exists()
    world.cast.reporter.unit = world.zjj
    world.cast.reporter.save()
    assert client.get(address).status_code == 404, "who has left the unit takes nothing along"


def test_it_can_be_dropped_until_it_is_carried_out(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    assert "尚未写入" in html_of(client.get("/2024/q1/workbench/"))
    assert client.get(f"{address}discard/").status_code == 405
    assert client.post(f"{address}discard/").headers["Location"] == "/2024/q1/workbench/"
    assert client.get(address).status_code == 404
    assert not SourceFile.objects.exists()
    address = upload_by(client, world, book)
    press(client, address, "draft")
    assert client.post(f"{address}discard/").headers["Location"] == address
    with pytest.raises(WorkflowError, match="已写入，不能放弃"):
        discard_upload(upload_id=FilingUpload.objects.get().pk, actor=world.cast.reporter)


# --- the file back ------------------------------------------------------------------------------------------


def test_the_file_comes_back_with_its_faults_marked(world: World, client: Client, book: Book):
    online(world, world.cast.approver, progress_text="李国强写的。")
    book.put(1, progress_text="表中写的。").put(2, percent="一半")
    address = upload_by(client, world, book)
    answer = client.get(f"{address}marked.xlsx")
    assert answer.status_code == 200
    assert "%E5%B7%B2%E6%A0%87%E6%B3%A8" in answer.headers["Content-Disposition"], "已标注"
    data = b"".join(answer) if answer.streaming else answer.content
    sheet = load_workbook(BytesIO(data))[SHEET]
    place = book.columns
    wrong = sheet.cell(book.row(2), place["percent"])
    assert wrong.value == "一半"
    assert "请填写数字" in wrong.comment.text
    both = sheet.cell(book.row(1), place["progress_text"])
    assert "李国强写的。" in both.comment.text
    # Mended in the marked file, it is read as any other.
    marked = Book(data)
    marked.put(2, percent=0.5, self_status="推进中", progress_text="完成一半。")
    address = upload_by(client, world, marked)
    press(client, address, "submit")
    assert filing(world, world.terminal).status == Status.SUBMITTED


# --- whatever is typed --------------------------------------------------------------------------------------

FILLABLE = [
    "no_work",
    "self_status",
    "percent",
    "progress_text",
    "problems",
    "next_steps",
    "overall_text",
    "key",
    "number",
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.sampled_from(FILLABLE), cells), max_size=6))
def test_no_filing_changes_otherwise_than_it_was_shown(
    world: World, login: Login, typed: list[tuple[int, str, Any]]
):
    """Any cells: never a fault, and what stands afterwards is what the preview showed, or what stood before."""
    StatusChange.objects.all()._raw_delete("default")
    ProgressUpdate.authors.through.objects.all().delete()
    ProgressUpdate.objects.all().delete()
    FilingUpload.objects.all().delete()
    actor = world.cast.reporter
    before = online(world, actor, progress_text="原有文字。", problems="原有问题。")
    book = downloaded(actor, world.q1, world.fgj)
    rows = {1: book.row(1), 2: book.row(2)}
    place = book.columns
    for number, name, value in typed:
        if name in place and value != "":
            book.sheet.cell(rows[number], place[name]).value = value
    client = login(actor)
    answer = post_book(client, world.q1, world.fgj, book.save())
    if answer.status_code != 302:
        assert answer.status_code in (413, 422)
        return
    address = answer.headers["Location"]
    page = client.get(address)
    assert page.status_code == 200
    assert client.get(f"{address}marked.xlsx").status_code in (200, 302)
    comparison = page.context["comparison"]
    shown = {row.number: row.values for row in comparison.changed}
    marks = [row.mark for row in comparison.rows]
    assert client.post(address, {"action": "draft", "row": marks}).status_code in (302, 409, 422)
    stands = ProgressUpdate.objects.get(pk=before.pk)
    for name in ("progress_text", "problems", "next_steps", "self_status", "no_work"):
        expected = shown.get(1, {}).get(name, getattr(before, name))
        assert getattr(stands, name) == expected, name
    other = ProgressUpdate.objects.filter(assignment=world.terminal).first()
    assert (other is None) == (2 not in shown)
    assert set(ProgressUpdate.objects.values_list("assignment", flat=True)) <= {
        world.support.pk,
        world.terminal.pk,
    }


def test_a_submission_on_the_screen_is_not_undone_by_a_sheet(world: World, client: Client, book: Book):
    address = upload_by(client, world, complete(book))
    rows = ticks(client, address)
    submit_update(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.approver,
        values=world.values(progress_text="线上提交的。"),
        base_version=0,
    )
    press(client, address, "draft", rows)
    assert (filing(world).status, filing(world).progress_text) == (Status.SUBMITTED, "线上提交的。")
    assert "当前为“待审核”" in html_of(client.get(address))
