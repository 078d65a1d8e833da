"""What a decision does and what it refuses: 核定, reasons, whose filing it is, and who was first."""

from decimal import Decimal
from typing import Any

import pytest

from tasks.errors import BadCorrection, Overtaken, WorkflowError
from tasks.models import ProgressUpdate
from tasks.rules import Kind, Progress, Status
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft, submit_update, withdraw_update
from tasks.services.periods import begin_issuing
from tasks.services.review import (
    Correction,
    approve_many,
    approve_update,
    may_decide,
    reopen_update,
    return_update,
)
from tests.conftest import World
from tests.stage import picture


def send_back(world: World, update: ProgressUpdate, reason: str = "请补充检查数量。") -> ProgressUpdate:
    return return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason=reason)


# --- 核定 ------------------------------------------------------------------------------------------


def test_a_correction_is_kept_beside_what_the_unit_said(world: World):
    update = world.file(world.terminal, percent=Decimal(60))
    world.approve(
        update, correction=Correction(percent=Decimal("45.5"), note="两处未完工。"), comment="已现场核实"
    )
    update.refresh_from_db()
    assert (update.percent, update.approved_percent, update.final_percent) == (
        60,
        Decimal("45.5"),
        Decimal("45.5"),
    )
    assert (update.self_status, update.approved_status, update.final_status) == (
        "in_progress",
        "",
        "in_progress",
    )
    change = update.changes.get(to_status=Status.APPROVED)
    assert change.comment == "已现场核实"
    assert change.snapshot["percent"] == "60.0"
    assert change.snapshot["approved_percent"] == "45.5"
    assert change.snapshot["approval_note"] == "两处未完工。"


def test_what_equals_the_self_rating_is_no_correction_of_it(world: World):
    update = world.file(world.terminal, percent=Decimal(60))
    world.approve(
        update,
        correction=Correction(percent=Decimal(50), status=Progress.IN_PROGRESS, note="一处未完工。"),
    )
    update.refresh_from_db()
    assert (update.approved_percent, update.approved_status) == (50, "")


@pytest.mark.parametrize(
    ("correction", "says"),
    [
        (Correction(percent=Decimal(40)), "核定说明"),
        (Correction(percent=Decimal(40), note="　 "), "核定说明"),
        (Correction(percent=Decimal(60), note="同意"), "与单位自评相同"),
        (Correction(percent=Decimal(100), note="已完工"), "应当一致"),
        (Correction(status=Progress.DONE, note="已完工"), "应当一致"),
        (Correction(status=Progress.NOT_STARTED, note="未进场"), "完成比例应为 0"),
        (Correction(status=Progress.ON_SCHEDULE, note="按序时"), "不适用于本措施"),
        (Correction(status="bogus", note="?"), "不适用于本措施"),
        (Correction(percent=Decimal("100.1"), note="多"), "0 至 100"),
        (Correction(percent=Decimal("NaN"), note="?"), "0 至 100"),
        (Correction(percent=Decimal(-1), note="少"), "0 至 100"),
    ],
)
def test_a_correction_obeys_the_rules_of_the_figures(world: World, correction: Correction, says: str):
    update = world.file(world.terminal, percent=Decimal(60))
    with pytest.raises(BadCorrection, match=says):
        world.approve(update, correction=correction)
    update.refresh_from_db()
    assert (update.status, update.approved_percent, update.approved_status) == (Status.SUBMITTED, None, "")


def test_done_is_corrected_in_both_figures_together(world: World):
    update = world.file(world.terminal, percent=Decimal(60))
    world.approve(update, correction=Correction(percent=Decimal(100), status=Progress.DONE, note="已完工。"))
    update.refresh_from_db()
    assert (update.final_percent, update.final_status) == (100, Progress.DONE)


def test_ongoing_measures_are_corrected_by_status_only(world: World):
    assert world.support.measure.kind == Kind.ONGOING
    update = world.file(world.support)
    with pytest.raises(BadCorrection, match="不核定比例"):
        world.approve(update, correction=Correction(percent=Decimal(10), note="?"))
    with pytest.raises(BadCorrection, match="不适用"):
        # Finished only in the last quarter.
        world.approve(update, correction=Correction(status=Progress.DONE, note="完成"))
    world.approve(update, correction=Correction(status=Progress.PARTIAL, note="覆盖不全。"))
    update.refresh_from_db()
    assert update.final_status == Progress.PARTIAL


def test_no_work_is_not_corrected_but_returned(world: World):
    update = world.file(world.support, no_work=True)
    with pytest.raises(BadCorrection, match="无相关工作"):
        world.approve(update, correction=Correction(status=Progress.LAGGING, note="应有工作。"))
    assert send_back(world, update).status == Status.RETURNED


def test_a_new_round_starts_without_the_correction_of_the_old_one(world: World):
    update = world.file(world.terminal, percent=Decimal(60))
    update = world.approve(update, correction=Correction(percent=Decimal(50), note="一处未完工。"))
    update = reopen_update(
        update_id=update.pk, actor=world.cast.office, version=update.version, reason="单位提出异议。"
    )
    update = world.file(world.terminal, percent=Decimal(55))
    assert (update.approved_percent, update.approval_note, update.decided_by) == (None, "", None)


# --- reasons, rounds, issued quarters ---------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_returning_and_reopening_need_a_reason(world: World, reason: str):
    update = world.file(world.support)
    with pytest.raises(WorkflowError, match="退回原因"):
        send_back(world, update, reason)
    update = world.approve(update)
    with pytest.raises(WorkflowError, match="退回原因"):
        reopen_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason=reason)
    update.refresh_from_db()
    assert update.status == Status.APPROVED


def test_the_thread_names_everybody_and_every_reason(world: World):
    update = send_back(world, world.file(world.support), "请补充检查数量。")
    update = world.file(world.support, progress_text="检查15家次。")
    update = world.approve(update)
    update = reopen_update(
        update_id=update.pk, actor=world.cast.colleague, version=update.version, reason="与分局口径不一致。"
    )
    rows = [(c.from_status, c.to_status, c.actor_name, c.actor_unit, c.comment) for c in update.changes.all()]
    assert rows == [
        ("draft", "submitted", "张敏", "区发改局", ""),
        ("submitted", "returned", "周启明", "区生态办", "请补充检查数量。"),
        ("returned", "submitted", "张敏", "区发改局", ""),
        ("submitted", "approved", "周启明", "区生态办", ""),
        ("approved", "returned", "吴倩", "区生态办", "与分局口径不一致。"),
    ]
    assert update.returns == 2


def test_a_returned_one_is_not_returned_again_and_an_approved_one_only_reopened(world: World):
    update = send_back(world, world.file(world.support))
    with pytest.raises(Overtaken, match=r"您本人.*退回"):
        send_back(world, update)
    approved = world.approve(world.file(world.terminal))
    with pytest.raises(Overtaken, match="审核通过"):
        # Going from 通过 to 退回 is an arrow of the table, but the one that is called reopening.
        send_back(world, approved)
    assert approved.changes.count() == 2


@pytest.mark.parametrize("decide", [approve_update, return_update, reopen_update])
def test_nothing_is_decided_in_a_quarter_that_is_being_issued(world: World, decide: Any):
    update = world.file(world.support)
    if decide is reopen_update:
        update = world.approve(update)
    more = {} if decide is approve_update else {"reason": "改"}
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    with pytest.raises(WorkflowError, match="印发中"):
        decide(update_id=update.pk, actor=world.cast.office, version=update.version, **more)


# --- nobody decides on what they had a hand in -------------------------------------------------------


def proxy(world: World) -> ProgressUpdate:
    """Filed for 区发改局 by the office."""
    return world.file(world.support, actor=world.cast.office)


def test_who_filed_for_a_unit_does_not_decide_but_a_colleague_does(world: World):
    update = proxy(world)
    for decide in (approve_update, return_update):
        more = {"reason": "改"} if decide is return_update else {}
        with pytest.raises(WorkflowError, match="您参与了本填报"):
            decide(update_id=update.pk, actor=world.cast.office, version=update.version, **more)
    assert not may_decide(update, world.cast.office)
    assert may_decide(update, world.cast.colleague)
    approve_update(update_id=update.pk, actor=world.cast.colleague, version=update.version)
    update.refresh_from_db()
    with pytest.raises(WorkflowError, match="您参与了本填报"):
        reopen_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="改")


def test_who_wrote_an_earlier_round_does_not_decide_on_a_later_one(world: World):
    update = proxy(world)
    update = return_update(
        update_id=update.pk, actor=world.cast.colleague, version=update.version, reason="请单位自报。"
    )
    update = world.file(world.support, progress_text="单位自己的文字。")
    assert update.written_by == world.cast.reporter
    assert not may_decide(update, world.cast.office)


def test_who_only_wrote_the_draft_does_not_decide(world: World):
    draft = save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.office,
        values=world.values(),
        base_version=0,
    )
    update = submit_update(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.colleague,
        values=world.values(),
        base_version=draft.version,
    )
    assert not may_decide(update, world.cast.office)
    assert not may_decide(update, world.cast.colleague)


def test_who_put_a_file_to_it_does_not_decide(world: World):
    attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.office, upload=picture("现场.png")
    )
    update = world.file(world.support, actor=world.cast.colleague)
    assert not may_decide(update, world.cast.office)


def test_only_the_office_decides(world: World):
    update = world.file(world.support)
    for name in ("reporter", "approver", "lead", "other", "leader", "admin"):
        actor = getattr(world.cast, name)
        assert not may_decide(update, actor)
        with pytest.raises(WorkflowError, match="只有区生态办"):
            approve_update(update_id=update.pk, actor=actor, version=update.version)


# --- who was first ------------------------------------------------------------------------------------


def test_the_second_reviewer_is_told_who_decided_what_and_when(world: World):
    update = world.file(world.support)
    seen = update.version
    return_update(update_id=update.pk, actor=world.cast.colleague, version=seen, reason="请补充。")
    with pytest.raises(Overtaken, match=r"已由吴倩于\d+月\d+日\d\d:\d\d退回，您的操作没有执行"):
        approve_update(update_id=update.pk, actor=world.cast.office, version=seen)
    with pytest.raises(Overtaken, match=r"已由您本人.*退回"):
        approve_update(update_id=update.pk, actor=world.cast.colleague, version=seen)
    update.refresh_from_db()
    assert (update.status, update.changes.count()) == (Status.RETURNED, 2)


def test_a_reviewer_is_told_what_the_unit_did_meanwhile(world: World):
    update = world.file(world.support)
    seen = update.version
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    with pytest.raises(Overtaken, match="已撤回"):
        approve_update(update_id=update.pk, actor=world.cast.office, version=seen)
    world.file(world.support, progress_text="换了一份文字。")
    with pytest.raises(Overtaken, match="重新提交"):
        approve_update(update_id=update.pk, actor=world.cast.office, version=seen)


def test_several_at_once_are_decided_one_by_one(world: World):
    good = world.file(world.terminal)
    own = proxy(world)
    gone = world.file(world.street_duties[0])
    seen = gone.version
    return_update(update_id=gone.pk, actor=world.cast.colleague, version=seen, reason="请补充。")
    approved, refused = approve_many(
        updates=[
            (own.pk, own.version),
            (good.pk, good.version),
            (good.pk, good.version),
            (gone.pk, seen),
            (999999, 1),
        ],
        actor=world.cast.office,
    )
    assert [update.pk for update in approved] == [good.pk]
    reasons = dict(refused)
    assert set(reasons) == {own.pk, gone.pk, 999999}
    assert "参与" in reasons[own.pk]
    assert "吴倩" in reasons[gone.pk]
    assert "不存在" in reasons[999999]
    good.refresh_from_db()
    assert good.status == Status.APPROVED
    assert good.changes.filter(to_status=Status.APPROVED).count() == 1
