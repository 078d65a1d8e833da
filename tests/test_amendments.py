"""更正: what an amendment opens, what stays shut, and how it is given up."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from reports.models import Bulletin, BulletinStatus
from reports.services import issuing
from reports.services.editions import cancel_correction, start_correction
from tasks.errors import WorkflowError
from tasks.models import Amendment, Assignment, Evidence, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.rules import AMENDABLE, AMENDING, Kind, PeriodState, Progress, Status, can_transition
from tasks.services.amendments import REASON_MAX
from tasks.services.duties import set_duty_quarters
from tasks.services.evidence import attach_evidence, detach_evidence
from tasks.services.filing import autosave, save_draft, withdraw_update
from tasks.services.periods import close_period, open_period, set_period_dates
from tasks.services.plans import set_measure
from tasks.services.review import approve_update, reopen_update, return_update
from tasks.services.summaries import set_measure_summary
from tests.amending import REASON, correct, data_of, issued, quick, update_of
from tests.archive_parts import issue
from tests.conftest import World
from tests.factories import open_quarter
from tests.stage import picture

__all__ = ["issued", "quick"]


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
