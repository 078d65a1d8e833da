"""更正: what an amendment opens and what stays shut, who reads what meanwhile, and the edition that comes of it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from reports.amended import open_correction
from reports.models import Bulletin, BulletinStatus
from reports.reading import figures_for
from reports.renderers.process import RenderError
from reports.services import issuing
from reports.services.drafts import rewrite_draft, undecided_key, undecided_updates
from reports.services.editions import cancel_correction, start_correction
from reports.services.issuing import issue_bulletin
from tasks.errors import WorkflowError
from tasks.models import Amendment, Assignment, Evidence, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.rules import AMENDABLE, AMENDING, Kind, PeriodState, Progress, Status, can_transition
from tasks.services.amendments import REASON_MAX, open_amendment
from tasks.services.duties import set_duty_quarters
from tasks.services.evidence import attach_evidence, detach_evidence
from tasks.services.filing import autosave, last_approved_percent, save_draft, withdraw_update
from tasks.services.periods import close_period, open_period, set_period_dates
from tasks.services.plans import set_measure
from tasks.services.review import approve_update, reopen_update, return_update
from tasks.services.summaries import set_measure_summary
from tests.archive_parts import issue, quick_files
from tests.conftest import World
from tests.factories import open_quarter
from tests.stage import picture
from units.models import User

Login = Callable[[User | None], Client]
REASON = "区发改局第2项措施的完成比例误报为25%"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_files(monkeypatch)


@pytest.fixture
def issued(world: World, quick: None) -> World:
    """Measure 1 and 区发改局 on 2 approved, a street waiting, the other one missing; then the quarter is issued."""
    attach_evidence(assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture())
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    world.approve(world.file(world.terminal, percent=Decimal(25), progress_text="改造管网2公里。"))
    world.approve(world.file(world.lead, overall_text="总体进展良好。"))
    world.file(world.street_duties[0])
    issue_bulletin(period_id=world.q1.pk, actor=world.cast.office)
    world.q1.refresh_from_db()
    return world


def update_of(world: World, duty: Assignment) -> ProgressUpdate:
    return ProgressUpdate.objects.get(assignment=duty, period=world.q1)


def correct(world: World, *duties: Assignment, reason: str = REASON) -> Bulletin:
    return start_correction(
        period_id=world.q1.pk,
        actor=world.cast.office,
        reason=reason,
        update_ids=[update_of(world, duty).pk for duty in duties],
    )


def data_of(world: World, edition: int) -> dict[str, Any]:
    return Bulletin.objects.values_list("data", flat=True).get(period=world.q1, edition=edition) or {}


# --- opening ----------------------------------------------------------------------------------------


def test_the_named_filings_are_returned_with_the_reason_and_the_quarter_stays_issued(issued: World) -> None:
    draft = correct(issued, issued.terminal)
    update = update_of(issued, issued.terminal)
    assert (update.status, update.returns, update.is_late) == (Status.RETURNED, 0, False)
    change = update.changes.latest("pk")
    assert (change.from_status, change.to_status, change.comment) == (
        "approved",
        "returned",
        f"更正：{REASON}",
    )
    assert update_of(issued, issued.support).status == Status.APPROVED
    assert ReportingPeriod.objects.get(pk=issued.q1.pk).state == PeriodState.ISSUED
    assert (draft.edition, draft.status) == (2, BulletinStatus.DRAFT)
    assert Bulletin.objects.current().get(period=issued.q1).edition == 1


def test_the_draft_takes_over_words_and_names_what_it_supersedes_but_no_number_or_date(issued: World) -> None:
    first = Bulletin.objects.get(period=issued.q1)
    draft = correct(issued, issued.terminal, reason="完成比例误报为25%。")
    day = timezone.localdate()
    assert draft.body[0]["text"] == (
        f"经核实，{day.year}年{day.month}月{day.day}日印发的《{first.plain_title}》有误：完成比例误报为25%。"
        "现对区发改局（第2项措施）的进展情况予以更正，重新通报如下，原通报同时作废。"
    )
    assert draft.body[1:] == first.body
    assert draft.generated == first.generated
    assert draft.plain_title == first.plain_title + "（更正）"
    assert (draft.signatory, draft.document_number, draft.signed_on) == (first.signatory, "", None)


def test_no_filing_need_be_named(issued: World) -> None:
    draft = correct(issued)
    assert draft.body[0]["text"].endswith("现予以更正，重新通报如下，原通报同时作废。")
    second = issue(issued)
    assert second.edition == 2
    assert data_of(issued, 2)["figures"] == data_of(issued, 1)["figures"]
    for part in ("appendix", "matrix", "charts", "texts", "plan", "undecided"):
        assert data_of(issued, 2)[part] == data_of(issued, 1)[part], part


@pytest.mark.parametrize("reason", ["", "   ", "误" * (REASON_MAX + 1)])
def test_a_reason_must_be_given_and_be_short(issued: World, reason: str) -> None:
    with pytest.raises(WorkflowError, match="更正原因"):
        correct(issued, issued.terminal, reason=reason)
    assert not Amendment.objects.exists()


def test_only_the_office_corrects_only_what_is_issued_and_one_at_a_time(issued: World) -> None:
    for who in (issued.cast.reporter, issued.cast.leader, issued.cast.admin):
        with pytest.raises(WorkflowError, match="只有区生态办"):
            start_correction(period_id=issued.q1.pk, actor=who, reason=REASON)
    with pytest.raises(WorkflowError, match="尚未印发"):
        start_correction(period_id=issued.q2.pk, actor=issued.cast.office, reason=REASON)
    correct(issued)
    with pytest.raises(WorkflowError, match="已有更正"):
        correct(issued, issued.terminal)


def test_only_handed_in_filings_of_the_quarter_can_be_named(issued: World) -> None:
    open_quarter(issued.plan, 2)
    other = issued.file(issued.support, period=issued.q2)
    with pytest.raises(WorkflowError, match="不属于本季度"):
        start_correction(
            period_id=issued.q1.pk, actor=issued.cast.office, reason=REASON, update_ids=[other.pk]
        )
    draft = ProgressUpdate.objects.create(assignment=issued.street_duties[1], period=issued.q1)
    with pytest.raises(WorkflowError, match="草稿"):
        start_correction(
            period_id=issued.q1.pk, actor=issued.cast.office, reason=REASON, update_ids=[draft.pk]
        )
    assert Bulletin.objects.filter(period=issued.q1).count() == 1


def test_nobody_reopens_what_they_had_a_part_in(world: World, quick: None) -> None:
    filed = world.file(world.support, actor=world.cast.office)
    approve_update(update_id=filed.pk, actor=world.cast.colleague, version=filed.version)
    issue(world)
    with pytest.raises(WorkflowError, match="请由其他同志"):
        correct(world, world.support)
    start_correction(period_id=world.q1.pk, actor=world.cast.colleague, reason=REASON, update_ids=[filed.pk])


def test_a_filing_whose_measure_changed_its_kind_since_cannot_be_mended_as_another(issued: World) -> None:
    issued.measures[1].kind = Kind.ONGOING
    issued.measures[1].save()
    with pytest.raises(WorkflowError, match="现已改为“常态化”"):
        correct(issued, issued.terminal)
    assert update_of(issued, issued.terminal).status == Status.APPROVED


def test_the_kind_stays_while_a_filing_is_being_mended(issued: World) -> None:
    correct(issued, issued.terminal)
    with pytest.raises(WorkflowError, match="不能改变类型"):
        set_measure(
            measure_id=issued.measures[1].pk,
            actor=issued.cast.office,
            kind=Kind.ONGOING,
            kind_confirmed=True,
            expected=(None, None, None, None),
            unasked_part="",
            indicator="",
            indicator_unit="",
            indicator_target=None,
        )


# --- what is open and what is not -------------------------------------------------------------------


def test_a_named_filing_goes_the_usual_way_and_nobody_decides_on_their_own(issued: World) -> None:
    correct(issued, issued.terminal)
    version = update_of(issued, issued.terminal).version
    values = issued.values(
        percent=Decimal(40), self_status=Progress.IN_PROGRESS, progress_text="改造管网4公里。"
    )
    autosave(
        assignment=issued.terminal,
        period=issued.q1,
        actor=issued.cast.reporter,
        tab="a",
        payload={"progress_text": "改"},
        base_version=version,
    )
    save_draft(
        assignment=issued.terminal,
        period=issued.q1,
        actor=issued.cast.reporter,
        values=values,
        base_version=version,
    )
    file = attach_evidence(
        assignment=issued.terminal, period=issued.q1, actor=issued.cast.reporter, upload=picture()
    )
    detach_evidence(evidence_id=file.pk, actor=issued.cast.reporter)
    update = issued.file(issued.terminal, percent=Decimal(40))
    withdraw_update(update_id=update.pk, actor=issued.cast.reporter)
    update = issued.file(issued.terminal, percent=Decimal(40))
    # It was handed in in time, and stays so however often it is mended.
    assert (update.is_late, update.first_submitted_at) == (
        False,
        update.changes.filter(to_status=Status.SUBMITTED).earliest("pk").at,
    )
    back = return_update(update_id=update.pk, actor=issued.cast.office, version=update.version, reason="再核")
    proxy = issued.file(issued.terminal, actor=issued.cast.office, percent=Decimal(41))
    assert (back.returns, proxy.is_proxy) == (1, True)
    with pytest.raises(WorkflowError, match="由其他同志审核"):
        approve_update(update_id=proxy.pk, actor=issued.cast.office, version=proxy.version)
    approve_update(update_id=proxy.pk, actor=issued.cast.colleague, version=proxy.version)


def test_one_handed_in_late_stays_late_and_one_in_time_stays_in_time(world: World, quick: None) -> None:
    due = timezone.make_aware(
        timezone.datetime(world.q1.due_on.year, world.q1.due_on.month, world.q1.due_on.day, 12)  # type: ignore[attr-defined]
    )
    for duty, days in ((world.terminal, -1), (world.support, 1)):
        update = world.approve(world.file(duty))
        ProgressUpdate.objects.filter(pk=update.pk).update(
            is_late=days > 0, first_submitted_at=due + timedelta(days=days), submitted_at=due
        )
    issue(world)
    correct(world, world.terminal, world.support)
    mended = [world.file(duty) for duty in (world.terminal, world.support)]
    assert [update.is_late for update in mended] == [False, True]
    for update in mended:
        withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    assert [world.file(duty).is_late for duty in (world.terminal, world.support)] == [False, True]


def refusals(world: World, duty: Assignment) -> dict[str, Callable[[], Any]]:
    """Everything that one could try on a filing of the issued quarter, by name."""
    update = ProgressUpdate.objects.filter(assignment=duty, period=world.q1).first()
    office, reporter = world.cast.office, world.user_of(duty.unit)
    at: dict[str, Any] = {"assignment": duty, "period": world.q1, "actor": reporter}
    version = update.version if update else 0
    tried: dict[str, Callable[[], Any]] = {
        "file": lambda: world.file(duty),
        "file by the office": lambda: world.file(duty, actor=office),
        "save": lambda: save_draft(**at, values=world.values(), base_version=version),
        "autosave": lambda: autosave(**at, tab="a", payload={}, base_version=version),
        "attach": lambda: attach_evidence(**at, upload=picture()),
    }
    if update:
        decided = {"update_id": update.pk, "actor": office, "version": version}
        tried |= {
            "withdraw": lambda: withdraw_update(update_id=update.pk, actor=reporter),
            "approve": lambda: approve_update(**decided),
            "return": lambda: return_update(**decided, reason="改"),
            "reopen": lambda: reopen_update(**decided, reason="改"),
        }
        file = update.evidence.first()
        if file:
            tried["detach"] = lambda: detach_evidence(evidence_id=file.pk, actor=reporter)
    return tried


def quarter_refusals(world: World) -> dict[str, Callable[[], Any]]:
    office, q1 = world.cast.office, world.q1
    return {
        "summary": lambda: set_measure_summary(
            measure=world.measures[1], period=q1, actor=office, text="新的总体进展"
        ),
        "dates": lambda: set_period_dates(
            period_id=q1.pk, actor=office, opens_on=q1.opens_on, due_on=q1.due_on + timedelta(days=9)
        ),
        "open": lambda: open_period(period_id=q1.pk, actor=office),
        "close": lambda: close_period(period_id=q1.pk, actor=office),
        "end a duty": lambda: set_duty_quarters(
            assignment_id=world.terminal.pk, actor=office, first_quarter=2, last_quarter=4
        ),
    }


def refused(tried: dict[str, Callable[[], Any]]) -> set[str]:
    """The names of those that were refused."""
    names = set()
    for name, call in tried.items():
        try:
            call()
        except WorkflowError:
            names.add(name)
    return names


@pytest.mark.parametrize("duty", ["support", "lead", "street_filed", "street_missing"])
def test_everything_else_of_the_quarter_stays_refused(issued: World, duty: str) -> None:
    correct(issued, issued.terminal)
    duties = {"street_filed": issued.street_duties[0], "street_missing": issued.street_duties[1]}
    tried = refusals(issued, duties.get(duty) or getattr(issued, duty))
    before = StatusChange.objects.count(), Evidence.objects.count()
    assert refused(tried) == set(tried)
    assert (StatusChange.objects.count(), Evidence.objects.count()) == before


def test_the_quarter_itself_stays_refused(issued: World) -> None:
    correct(issued, issued.terminal)
    tried = quarter_refusals(issued)
    assert refused(tried) == set(tried)


def test_what_was_named_is_shut_again_once_the_edition_is_issued_or_is_being_made(
    issued: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(issued, issued.terminal)
    issued.approve(issued.file(issued.terminal, percent=Decimal(40)))
    shut = []

    def render(document: dict[str, Any], formats: list[str], **_: Any) -> dict[str, bytes]:
        tried = refusals(issued, issued.terminal)
        shut.append(refused(tried) == set(tried))
        return {name: name.encode() for name in formats}

    monkeypatch.setattr(issuing, "render_files", render)
    issue(issued)
    tried = refusals(issued, issued.terminal)
    shut.append(refused(tried) == set(tried))
    assert shut == [True, True]


def test_the_extra_steps_are_an_amendments_alone(issued: World) -> None:
    office = issued.cast.office.role
    own = [step for step in AMENDING if not can_transition(*step, office)]
    assert set(own) == {
        ("unreviewed", "returned"),
        ("unmended", "returned"),
        ("returned", "approved"),
        ("returned", "unreviewed"),
        ("draft", "unmended"),
    }
    assert all(can_transition(*step, office, amending=True) for step in AMENDING)
    assert not any(
        can_transition(*step, role, amending=True) for step in AMENDING for role in ("reporter", "admin")
    )
    assert {Status.APPROVED, Status.UNREVIEWED, Status.UNMENDED} == AMENDABLE


# --- giving up --------------------------------------------------------------------------------------


def state_of(update: ProgressUpdate) -> dict[str, Any]:
    skip = {"version"}
    return {
        field.name: getattr(update, field.attname) for field in update._meta.fields if field.name not in skip
    }


def test_a_correction_is_given_up_without_a_trace_but_the_record(world: World, quick: None) -> None:
    world.approve(world.file(world.terminal))
    world.file(world.street_duties[0])
    sent_back = world.file(world.street_duties[1])
    return_update(update_id=sent_back.pk, actor=world.cast.colleague, version=sent_back.version, reason="改")
    issue(world)
    duties = [world.terminal, *world.street_duties]
    before = [state_of(update_of(world, duty)) for duty in duties]
    assert [row["status"] for row in before] == ["approved", "unreviewed", "unmended"]
    correct(world, *duties)
    cancel_correction(period_id=world.q1.pk, actor=world.cast.office)
    assert [state_of(update_of(world, duty)) for duty in duties] == before
    assert Bulletin.objects.get(period=world.q1).edition == 1
    amendment = Amendment.objects.get()
    assert amendment.cancelled
    assert not amendment.is_open
    assert [change.comment for change in StatusChange.objects.order_by("-pk")[:3]] == [
        "更正撤销，恢复原状态"
    ] * 3
    # And another one may be opened.
    assert correct(world, world.terminal).edition == 2


@pytest.mark.parametrize("change", ["save", "submit", "attach", "detach"])
def test_once_a_named_filing_has_changed_the_office_must_see_it_through(issued: World, change: str) -> None:
    correct(issued, issued.support)
    at: dict[str, Any] = {
        "assignment": issued.support,
        "period": issued.q1,
        "actor": issued.cast.reporter,
    }
    update = update_of(issued, issued.support)
    if change == "save":
        save_draft(**at, values=issued.values(progress_text="改"), base_version=update.version)
    elif change == "submit":
        issued.file(issued.support)
    elif change == "attach":
        attach_evidence(**at, upload=picture("另一张.png", "red"))
    else:
        file = update.evidence.get()
        detach_evidence(evidence_id=file.pk, actor=issued.cast.reporter)
    with pytest.raises(WorkflowError, match="不能撤销"):
        cancel_correction(period_id=issued.q1.pk, actor=issued.cast.office)
    assert Amendment.objects.get().is_open


def test_nothing_is_given_up_where_nothing_is_open(issued: World) -> None:
    with pytest.raises(WorkflowError, match="没有正在办理的更正"):
        cancel_correction(period_id=issued.q1.pk, actor=issued.cast.office)


def test_a_closed_amendment_is_kept_by_its_model_too(issued: World) -> None:
    correct(issued)
    amendment = Amendment.objects.get()
    with pytest.raises(TypeError):
        amendment.delete()
    issue(issued)
    amendment.refresh_from_db()
    amendment.reason = "别的"
    for change in (
        amendment.save,
        amendment.delete,
        Amendment.objects.all().delete,
        lambda: Amendment.objects.update(reason="别的"),
    ):
        with pytest.raises(TypeError, match="只增不改"):
            change()


# --- the edition ------------------------------------------------------------------------------------


def test_the_new_edition_has_the_mended_figures_and_texts_and_all_else_as_it_was(issued: World) -> None:
    correct(issued, issued.terminal)
    issued.approve(issued.file(issued.terminal, percent=Decimal(40), progress_text="改造管网4公里。"))
    second = issue(issued)
    first, data = data_of(issued, 1), data_of(issued, 2)
    assert (second.edition, second.amendment) == (2, Amendment.objects.get(closed_at__isnull=False))
    old = Bulletin.objects.get(period=issued.q1, edition=1)
    assert data["edition"] == {
        "number": 2,
        "reason": REASON,
        "supersedes": {
            "number": 1,
            "title": old.plain_title,
            "document_number": "",
            "issued_on": first["head"]["signed_on"],
            "sha256": old.files.get(format="pdf").sha256,
        },
        "corrected": [{"measure": 2, "unit": "区发改局"}],
    }
    rows = [{row["number"]: row for row in document["appendix"]["rows"]} for document in (first, data)]
    assert rows[0][1] == rows[1][1]
    assert rows[0][3] == rows[1][3]
    assert "区发改局：改造管网4公里。" in rows[1][2]["progress"]
    # 区发改局 40, the streets 0 and 0: (40 + 0) / 2.
    assert (rows[0][2]["value"][0], rows[1][2]["value"][0]) == ("12.5%", "20%")
    texts = [
        {row["assignment_id"]: row for row in document["texts"]["filings"]} for document in (first, data)
    ]
    assert texts[0][issued.support.pk] == texts[1][issued.support.pk]
    assert first["matrix"]["rows"][0]["cells"][0] == data["matrix"]["rows"][0]["cells"][0]
    assert figures_for(issued.q1, timezone.now()).measure(2).figure.percent == Decimal(20)


def test_what_is_not_approved_by_then_is_asked_about_and_recorded(issued: World) -> None:
    """Waiting, sent back and not mended, taken back and not handed in again."""
    duties = [issued.terminal, issued.support, issued.lead]
    correct(issued, *duties)
    issued.file(issued.terminal, percent=Decimal(40))
    taken_back = issued.file(issued.lead)
    withdraw_update(update_id=taken_back.pk, actor=issued.cast.lead)
    undecided = undecided_updates(issued.q1)
    assert [(row.assignment_id, row.status) for row in undecided] == [
        (issued.support.pk, "returned"),
        (issued.lead.pk, "draft"),
        (issued.terminal.pk, "submitted"),
    ]
    with pytest.raises(WorkflowError, match="核对下方最新清单"):
        issue_bulletin(
            period_id=issued.q1.pk,
            actor=issued.cast.office,
            version=Bulletin.objects.get(edition=2).version,
            undecided="",
        )
    issue_bulletin(
        period_id=issued.q1.pk,
        actor=issued.cast.office,
        version=Bulletin.objects.get(edition=2).version,
        undecided=undecided_key(undecided),
    )
    assert [update_of(issued, duty).status for duty in duties] == ["unreviewed", "unmended", "unmended"]
    assert data_of(issued, 2)["undecided"] == [
        {"measure": 1, "unit": "生态环境分局", "status": "退回未改"},
        {"measure": 1, "unit": "区发改局", "status": "退回未改"},
        {"measure": 2, "unit": "区发改局", "status": "已报未审"},
        {"measure": 2, "unit": "香炉礁街道", "status": "已报未审"},
    ]
    figures = data_of(issued, 2)["figures"]
    assert figures["filings"] == {"missing": 1, "unmended": 2, "unreviewed": 2}
    assert figures["figure"]["percent"] == "0.0"


def test_a_rendering_that_fails_gives_the_draft_back_and_the_first_edition_still_counts(
    issued: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(issued, issued.terminal)

    def fail(*_: Any, **__: Any) -> dict[str, bytes]:
        raise RenderError("生成中止。")

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "render_files", fail)
        with pytest.raises(WorkflowError, match="已退回草稿"):
            issue(issued)
    assert ReportingPeriod.objects.get(pk=issued.q1.pk).state == PeriodState.ISSUED
    assert Bulletin.objects.get(edition=2).is_draft
    assert Bulletin.objects.current().get(period=issued.q1).edition == 1
    # And its filings are open again.
    issued.approve(issued.file(issued.terminal, percent=Decimal(40)))
    assert issue(issued).edition == 2


def test_a_third_edition_corrects_the_second(issued: World) -> None:
    correct(issued, issued.terminal)
    issued.approve(issued.file(issued.terminal, percent=Decimal(40)))
    issue(issued)
    draft = correct(issued, issued.support, reason="区发改局第1项措施漏报存在问题")
    assert [("重新通报如下" in block["text"]) for block in draft.body].count(True) == 1
    assert draft.plain_title.count("（更正）") == 1
    assert "（更正）》有误：区发改局第1项措施漏报存在问题。" in draft.body[0]["text"]
    issued.approve(issued.file(issued.support, self_status=Progress.PARTIAL))
    third = issue(issued)
    data = data_of(issued, 3)
    assert (third.edition, data["edition"]["supersedes"]["number"]) == (3, 2)
    assert data["edition"]["corrected"] == [{"measure": 1, "unit": "区发改局"}]
    rows = {row["number"]: row for row in data["appendix"]["rows"]}
    assert rows[2]["value"][0] == "20%"


def test_writing_the_text_anew_keeps_saying_what_is_superseded(issued: World) -> None:
    draft = correct(issued, issued.terminal)
    issued.approve(issued.file(issued.terminal, percent=Decimal(90), progress_text="改造管网9公里。"))
    anew = rewrite_draft(period_id=issued.q1.pk, actor=issued.cast.office, base_version=draft.version)
    assert anew.body[0] == draft.body[0]
    assert anew.body[1]["text"] == draft.body[1]["text"]
    assert anew.body[2:] != draft.body[2:]
    assert anew.generated != draft.generated


# --- what was changed since does not reach it -------------------------------------------------------


def test_a_correction_knows_nothing_of_what_became_of_the_plan_since(issued: World) -> None:
    correct(issued, issued.terminal, issued.support)
    issued.approve(issued.file(issued.terminal, percent=Decimal(40), progress_text="改造管网4公里。"))
    issued.approve(issued.file(issued.support, self_status=Progress.PARTIAL))
    for measure in issued.measures:
        measure.text, measure.units_text, measure.expected_q1 = "改了措施", "改了单位", 90
        measure.save()
    for unit in (issued.fgj, issued.sthj, *issued.streets):
        unit.name, unit.order = f"改名{unit.pk}", 100 - unit.order
        unit.save()
    issued.plan.title, issued.plan.yellow_from, issued.plan.red_from = "改了计划", 1, 2
    issued.plan.save()
    task = issued.tasks[0]
    task.title = "改了任务"
    task.save()
    issue(issued)
    text = str(
        {
            key: data_of(issued, 2)[key]
            for key in ("appendix", "matrix", "charts", "figures", "plan", "edition")
        }
    )
    assert "改了" not in text
    assert "改名" not in text
    first, second = data_of(issued, 1)["figures"], data_of(issued, 2)["figures"]
    assert [row["name"] for row in second["units"]] == [row["name"] for row in first["units"]]
    lead, support = (
        [row["parties"][place]["duties"][0] for row in (first["measures"][0], second["measures"][0])]
        for place in (0, 1)
    )
    assert lead[0] == lead[1]
    # 部分完成 counts 20 less than the 序时进度 of the issue, which was 25.
    assert [row["figure"]["percent"] for row in support] == ["25.0", "5.0"]
    assert second["measures"][0]["figure"]["expected"] == "25.0"
    assert second["measures"][1]["figure"] == {
        "percent": "20.0", "expected": "25.0", "light": "green", "label": "按序时推进"
    }  # fmt: skip


# --- meanwhile --------------------------------------------------------------------------------------


def test_a_later_quarter_loses_nothing_while_an_earlier_one_is_corrected(issued: World) -> None:
    open_quarter(issued.plan, 2)
    issued.q2.refresh_from_db()

    def later() -> tuple[Any, Any]:
        issued.plan.refresh_from_db()
        issued.q2.plan = issued.plan
        figures = figures_for(issued.q2, timezone.now())
        return figures.measure(2).figure.percent, last_approved_percent(issued.terminal, issued.q2)

    before = later()
    assert before == (Decimal("12.5"), Decimal(25))
    correct(issued, issued.terminal)
    assert later() == before
    update = issued.file(issued.terminal, percent=Decimal(40))
    assert later() == before
    withdraw_update(update_id=update.pk, actor=issued.cast.reporter)
    assert later() == before
    issued.approve(issued.file(issued.terminal, percent=Decimal(40)))
    assert later() == before
    issue(issued)
    assert later() == (Decimal("20.0"), Decimal(40))


def test_a_later_bulletin_compares_with_the_edition_that_counts_and_keeps_what_it_printed(
    issued: World,
) -> None:
    open_quarter(issued.plan, 2)
    issued.q2.refresh_from_db()
    issue_bulletin(period_id=issued.q2.pk, actor=issued.cast.office)
    printed = Bulletin.objects.get(period=issued.q2).data
    correct(issued, issued.terminal)
    issued.approve(issued.file(issued.terminal, percent=Decimal(40)))
    issue(issued)
    assert Bulletin.objects.get(period=issued.q2).data == printed
    issued.q1.plan.refresh_from_db()
    assert figures_for(issued.q1, timezone.now()).measure(2).figure.percent == Decimal(20)


def test_everybody_else_reads_what_was_issued_until_the_next_edition(issued: World, login: Login) -> None:
    page = f"/{issued.plan.code}/q1/measures/2/"
    update = update_of(issued, issued.terminal)
    pages = [f"/updates/{update.pk}/", page]
    correct(issued, issued.terminal)

    def told(user: User) -> list[tuple[int, bool, bool]]:
        answers = [login(user).get(address) for address in pages]
        return [
            (
                answer.status_code,
                "改造管网2公里" in (text := answer.content.decode()),
                "改造管网4公里" in text,
            )
            for answer in answers
        ]

    as_issued = [(200, True, False)] * 2
    cast = issued.cast
    assert told(cast.leader) == told(cast.admin) == as_issued
    handed_in = issued.file(issued.terminal, percent=Decimal(40), progress_text="改造管网4公里。")
    assert told(cast.leader) == told(cast.admin) == as_issued
    # Those who work on it see, where they do, what is to come; the quarter's own page is as issued for them, too.
    assert told(cast.office) == told(cast.reporter) == [(200, True, True), (200, True, False)]
    withdraw_update(update_id=handed_in.pk, actor=cast.reporter)
    assert told(cast.leader) == told(cast.office) == as_issued
    issued.approve(issued.file(issued.terminal, percent=Decimal(40), progress_text="改造管网4公里。"))
    assert told(cast.leader) == as_issued
    issue(issued)
    assert told(cast.leader) == [(200, False, True)] * 2


def test_what_a_unit_took_back_is_its_own_again_by_every_way_in(issued: World, login: Login) -> None:
    """Its filing counts as issued; the new text is a draft like any other."""
    correct(issued, issued.support)
    withdraw_update(
        update_id=issued.file(issued.support, progress_text="尚未定稿的文字").pk, actor=issued.cast.reporter
    )
    update = update_of(issued, issued.support)
    open_quarter(issued.plan, 2)
    later = issued.file(issued.support, period=issued.q2)
    pages = [
        f"/updates/{update.pk}/",
        f"/review/{update.pk}/",
        f"/review/{later.pk}/",
        f"/filing/{issued.support.pk}/{issued.q1.pk}/",
        f"/{issued.plan.code}/q1/measures/1/",
        f"/{issued.plan.code}/q1/desk/",
        f"/{issued.plan.code}/q1/review/?status=all",
        f"/{issued.plan.code}/q1/bulletin/",
        f"/admin/tasks/progressupdate/{update.pk}/change/",
        f"/admin/tasks/statuschange/?q={update.pk}",
    ]
    for who in ("office", "colleague", "lead", "leader", "admin"):
        client = login(getattr(issued.cast, who))
        for page in pages:
            assert "尚未定稿的文字" not in client.get(page).content.decode(), (who, page)
    own = login(issued.cast.reporter).get(pages[3]).content.decode()
    assert "尚未定稿的文字" in own


def test_files_of_a_mended_filing_are_not_read_before_the_edition(issued: World, login: Login) -> None:
    correct(issued, issued.support)
    old = update_of(issued, issued.support).evidence.get()
    new = attach_evidence(
        assignment=issued.support,
        period=issued.q1,
        actor=issued.cast.reporter,
        upload=picture("新.png", "red"),
    )
    detach_evidence(evidence_id=old.pk, actor=issued.cast.reporter)
    filed = issued.file(issued.support)
    leader = login(issued.cast.leader)

    def answers() -> list[int]:
        return [leader.get(f"/evidence/{file.pk}/").status_code for file in (old, new)]

    assert answers() == [200, 404]
    issued.approve(filed)
    assert answers() == [200, 404]
    issue(issued)
    assert answers() == [404, 200]


def test_opening_alone_is_tasks_affair_and_leaves_figures_as_they_are(issued: World) -> None:
    before = figures_for(issued.q1, timezone.now())
    open_amendment(
        period_id=issued.q1.pk,
        actor=issued.cast.office,
        reason=REASON,
        update_ids=[update_of(issued, issued.terminal).pk],
    )
    issued.plan.refresh_from_db()
    period = ReportingPeriod.objects.select_related("plan").get(pk=issued.q1.pk)
    assert figures_for(period, timezone.now()) == before
    assert open_correction(period) is None
