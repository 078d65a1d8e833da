"""更正: the edition that comes of an amendment, and who reads what meanwhile."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from reports.amended import open_correction
from reports.models import Bulletin
from reports.reading import figures_for
from reports.renderers.process import RenderError
from reports.services import issuing
from reports.services.drafts import rewrite_draft, undecided_key, undecided_updates
from reports.services.issuing import issue_bulletin
from tasks.errors import WorkflowError
from tasks.models import Amendment, ReportingPeriod
from tasks.rules import PeriodState, Progress
from tasks.services.amendments import open_amendment
from tasks.services.evidence import attach_evidence, detach_evidence
from tasks.services.filing import last_approved_percent, withdraw_update
from tests.amending import REASON, correct, data_of, issued, quick, update_of
from tests.archive_parts import issue
from tests.conftest import World
from tests.factories import open_quarter
from tests.stage import picture
from units.models import User

__all__ = ["issued", "quick"]
Login = Callable[[User | None], Client]


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
