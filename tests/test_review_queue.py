"""The office's queue: what it lists, how it narrows, several at once, and the way through it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks.models import ProgressUpdate
from tasks.rules import PeriodState, Progress, Status
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft, submit_update, withdraw_update
from tasks.services.periods import begin_issuing, finish_issuing
from tasks.services.review import return_update
from tests.conftest import World
from tests.factories import UnitFactory, unit_party
from tests.stage import picture

QUEUE = "/2024/q1/review/"


def at(update: ProgressUpdate, *, hours_ago: int) -> ProgressUpdate:
    """Move its submission back, so that the order is not that of the rows."""
    update.submitted_at = timezone.now() - timedelta(hours=hours_ago)
    update.save(update_fields=["submitted_at"])
    return update


def send_back(world: World, update: ProgressUpdate) -> ProgressUpdate:
    return return_update(
        update_id=update.pk, actor=world.cast.colleague, version=update.version, reason="请补充。"
    )


def listed(response: Any) -> list[int]:
    """Ids of the filings that a queue page lists, in its order."""
    return [int(pk) for pk in re.findall(r'href="/review/(\d+)/', response.content.decode())]


def three(world: World) -> tuple[ProgressUpdate, ProgressUpdate, ProgressUpdate]:
    """Submitted in this order: the street, 区发改局 on measure 2, 区发改局 on measure 1."""
    return (
        at(world.file(world.street_duties[0]), hours_ago=9),
        at(world.file(world.terminal), hours_ago=6),
        at(world.file(world.support), hours_ago=3),
    )


# --- what it lists --------------------------------------------------------------------------------------


def test_oldest_first_and_only_what_waits(world: World, office: Client):
    first, second, third = three(world)
    world.approve(world.file(world.lead))
    assert listed(office.get(QUEUE)) == [first.pk, second.pk, third.pk]


def test_each_tab_lists_and_counts_its_own(world: World, office: Client):
    first, second, third = three(world)
    send_back(world, first)
    world.approve(second)
    page = office.get(QUEUE)
    assert listed(page) == [third.pk]
    text = page.content.decode()
    for words in ("待审核 1", "已退回 1", "已通过 1", "全部 3"):
        assert words in text
    assert listed(office.get(QUEUE, {"status": "returned"})) == [first.pk]
    assert listed(office.get(QUEUE, {"status": "approved"})) == [second.pk]
    assert set(listed(office.get(QUEUE, {"status": "all"}))) == {first.pk, second.pk, third.pk}


def test_drafts_are_not_in_it_not_even_the_office_s_own(world: World, office: Client):
    for duty, actor in ((world.support, world.cast.reporter), (world.terminal, world.cast.office)):
        save_draft(assignment=duty, period=world.q1, actor=actor, values=world.values(), base_version=0)
    page = office.get(QUEUE, {"status": "all"})
    assert listed(page) == []
    assert "全部 0" in page.content.decode()


def test_the_other_quarter_is_another_queue(world: World, office: Client):
    three(world)
    assert listed(office.get("/2024/q2/review/")) == []
    assert office.get("/2031/q1/review/").status_code == 404


@pytest.mark.parametrize("role", ["reporter", "approver", "lead", "other", "leader", "admin"])
def test_it_is_the_office_s_alone(world: World, login: Any, role: str):
    update = world.file(world.support)
    client = login(getattr(world.cast, role))
    assert client.get(QUEUE).status_code == 403
    assert client.post(QUEUE + "approve/", {"pick": f"{update.pk}:{update.version}"}).status_code == 403
    update.refresh_from_db()
    assert update.status == Status.SUBMITTED


def test_marks_say_what_is_unusual(world: World, office: Client):
    world.q1.due_on = timezone.localdate() - timedelta(days=1)
    world.q1.save(update_fields=["due_on"])
    attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("现场.png")
    )
    send_back(world, world.file(world.support))
    world.file(world.support, progress_text="重报的文字。")
    text = office.get(QUEUE).content.decode()
    for mark in ("逾期报送", "第2次提交", "佐证1个"):
        assert mark in re.sub(r"<option.*?</option>", "", text)
    world.file(world.terminal, actor=world.cast.office, no_work=True)
    text = office.get(QUEUE).content.decode()
    for mark in ("代填", "无相关工作", "本人经手"):
        assert mark in text


# --- how it narrows -------------------------------------------------------------------------------------


def test_filters(world: World, office: Client):
    first, second, third = three(world)
    ProgressUpdate.objects.filter(pk=second.pk).update(is_late=True)
    send_back(world, third)
    third = at(world.file(world.support, progress_text="新建充电桩48个。"), hours_ago=1)

    def found(**parameters: Any) -> list[int]:
        return listed(office.get(QUEUE, parameters))

    assert found(unit="xlj") == [first.pk]
    assert found(unit="fgj") == [second.pk, third.pk]
    assert found(task=1) == [first.pk, second.pk, third.pk]
    assert found(task=2) == []
    assert found(late="1") == [second.pk]
    assert found(late="0") == [first.pk, third.pk]
    assert found(again="1") == [third.pk]
    assert found(again="0") == [first.pk, second.pk]
    assert found(q="充电桩") == [third.pk]
    assert found(q="香炉礁") == [first.pk]
    assert found(q="管网") == [first.pk, second.pk]
    assert found(unit="fgj", q="管网", late="1") == [second.pk]
    assert found(sort="-submitted") == [third.pk, second.pk, first.pk]
    assert found(sort="measure") == [third.pk, first.pk, second.pk]


@pytest.mark.parametrize(
    "parameters",
    [
        {"unit": "nowhere"},
        {"unit": "1' OR 1=1"},
        {"task": "999"},
        {"task": "９９９９９９９９９９９９９９９９９９９９９９"},
        {"late": "perhaps"},
        {"again": "2"},
        {"status": "draft"},
        {"q": "长" * 5000},
    ],
)
def test_a_filter_that_cannot_be_understood_lists_nothing_and_says_so(
    world: World, office: Client, parameters: dict[str, str]
):
    three(world)
    page = office.get(QUEUE, parameters)
    assert page.status_code == 400
    assert listed(page) == []
    assert "筛选条件有误" in page.content.decode()


@pytest.mark.parametrize("column", ["measure", "unit", "submitted"])
def test_every_column_that_sorts_does_so_both_ways(world: World, office: Client, column: str):
    three(world)
    up = listed(office.get(QUEUE, {"sort": column}))
    down = listed(office.get(QUEUE, {"sort": f"-{column}"}))
    assert len(up) == 3
    assert up == down[::-1]


def test_odd_pages_and_sorts_do_no_harm(world: World, office: Client):
    three(world)
    for parameters in ({"page": "99999999999999999999"}, {"page": "x"}, {"sort": "password"}, {"sort": "-"}):
        assert len(listed(office.get(QUEUE, parameters))) == 3


def test_what_a_unit_is_mending_cannot_be_found_by_searching(world: World, office: Client):
    update = send_back(world, world.file(world.support, progress_text="已交的文字。"))
    attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("修改中.png")
    )
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="修改中的秘密。", self_status=Progress.LAGGING),
        base_version=update.version,
    )
    everything = office.get(QUEUE, {"status": "all"}).content.decode()
    assert "滞后" not in everything
    assert "佐证" not in everything
    assert listed(office.get(QUEUE, {"status": "all", "q": "秘密"})) == []
    assert listed(office.get(QUEUE, {"status": "all", "q": "已交的"})) == [update.pk]


def test_an_issued_quarter_is_for_reading(world: World, office: Client):
    first, second, _ = three(world)
    send_back(world, first)
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    finish_issuing(period_id=world.q1.pk, actor=world.cast.office)
    page = office.get(QUEUE)
    text = page.content.decode()
    assert len(listed(page)) == 3
    assert "已报未审" in text
    assert "退回未改" in text
    assert 'name="pick"' not in text
    answer = office.post(QUEUE + "approve/", {"pick": f"{second.pk}:{second.version}"}, follow=True)
    assert "已印发，不能填报或审核" in answer.content.decode()


def test_an_empty_queue_says_what_comes_here(world: World, office: Client):
    assert "没有待审核的填报" in office.get(QUEUE).content.decode()
    three(world)
    assert "可放宽筛选条件" in office.get(QUEUE, {"unit": "sthj"}).content.decode()


# --- several at once --------------------------------------------------------------------------------------


def pick(*updates: ProgressUpdate) -> dict[str, list[str]]:
    return {"pick": [f"{update.pk}:{update.version}" for update in updates]}


def test_several_are_approved_and_every_refusal_is_named(world: World, office: Client):
    first, second, third = three(world)
    own = world.file(world.lead, actor=world.cast.office)
    data = pick(first, second, third, own)
    send_back(world, second)
    answer = office.post(QUEUE + "approve/?unit=fgj", data)
    assert answer.status_code == 302
    assert answer["Location"] == QUEUE + "?unit=fgj"
    text = office.get(answer["Location"]).content.decode()
    assert "已通过 2 件填报" in text
    assert "措施2（区发改局）未通过：本填报已由吴倩" in text
    assert "措施1（生态环境分局）未通过：您参与了本填报" in text
    states = dict(ProgressUpdate.objects.values_list("pk", "status"))
    assert states == {
        first.pk: Status.APPROVED,
        second.pk: Status.RETURNED,
        third.pk: Status.APPROVED,
        own.pk: Status.SUBMITTED,
    }


def test_own_filings_cannot_be_ticked(world: World, office: Client):
    own = world.file(world.lead, actor=world.cast.office)
    other = world.file(world.support)
    text = office.get(QUEUE).content.decode()
    assert f'value="{other.pk}:{other.version}"' in text
    assert f'value="{own.pk}:' not in text
    assert "本人经手，不能审核" in text


def test_ids_of_another_quarter_or_of_drafts_are_left_alone(world: World, office: Client):
    world.q2.state = PeriodState.OPEN
    world.q2.save()
    elsewhere = world.file(world.support, period=world.q2)
    draft = save_draft(
        assignment=world.terminal,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    answer = office.post(QUEUE + "approve/", pick(elsewhere, draft), follow=True)
    assert "2 件不在本季度的审核范围内" in answer.content.decode()
    assert set(ProgressUpdate.objects.values_list("status", flat=True)) == {Status.SUBMITTED, Status.DRAFT}


def test_one_withdrawn_meanwhile_is_named(world: World, office: Client):
    update = world.file(world.support)
    data = pick(update)
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    answer = office.post(QUEUE + "approve/", data, follow=True)
    assert "措施1（区发改局）未通过：填报单位已撤回" in answer.content.decode()


def test_nothing_ticked_and_nonsense_ticked(world: World, office: Client):
    assert "请先勾选" in office.post(QUEUE + "approve/", follow=True).content.decode()
    for bad in ("x", "1", "1:2:3", "-1:2", "1:-2", "٣:1", "9" * 30 + ":1", "\0:1"):
        assert office.post(QUEUE + "approve/", {"pick": bad}).status_code == 400
    assert office.post(QUEUE + "approve/", {"pick": ["1:1"] * 5000}).status_code == 400


# --- the way through it ------------------------------------------------------------------------------------


def links(response: Any) -> dict[str, str]:
    """Word → address of the links to the neighbours and back."""
    text = response.content.decode()
    found = re.findall(r'<a class="btn btn-plain" href="([^"]+)"[^>]*>(上一件|下一件|返回列表)</a>', text)
    return {word: address.replace("&amp;", "&") for address, word in found}


def test_next_and_previous_run_through_the_filter(world: World, office: Client):
    first, second, third = three(world)
    here = links(office.get(f"/review/{second.pk}/"))
    assert here == {
        "上一件": f"/review/{first.pk}/",
        "下一件": f"/review/{third.pk}/",
        "返回列表": QUEUE,
    }
    only = links(office.get(f"/review/{second.pk}/?unit=fgj"))
    assert only == {"下一件": f"/review/{third.pk}/?unit=fgj", "返回列表": QUEUE + "?unit=fgj"}
    backwards = links(office.get(f"/review/{second.pk}/?sort=-submitted"))
    assert backwards["上一件"] == f"/review/{third.pk}/?sort=-submitted"


def test_the_list_s_links_carry_the_filter(world: World, office: Client):
    _, second, _ = three(world)
    text = office.get(QUEUE, {"unit": "fgj", "task": "", "late": "0"}).content.decode()
    assert f'href="/review/{second.pk}/?unit=fgj&amp;late=0"' in text
    assert 'action="/2024/q1/review/approve/?unit=fgj&amp;late=0"' in text


def test_a_decision_goes_on_to_the_next_and_at_the_end_back_to_the_list(world: World, office: Client):
    _, second, third = three(world)

    def approve(update: ProgressUpdate) -> str:
        data = {"version": update.version, "decision": "approve"}
        return office.post(f"/review/{update.pk}/decide/?unit=fgj", data)["Location"]

    assert approve(second) == f"/review/{third.pk}/?unit=fgj"
    assert approve(third) == QUEUE + "?unit=fgj"


def test_a_filing_that_left_the_queue_still_knows_where_to_go_on(world: World, office: Client):
    first, second, third = three(world)
    world.approve(second)
    assert links(office.get(f"/review/{second.pk}/")) == {
        "上一件": f"/review/{first.pk}/",
        "下一件": f"/review/{third.pk}/",
        "返回列表": QUEUE,
    }


# --- what it costs -------------------------------------------------------------------------------------------


def crowd(world: World, number: int) -> list[ProgressUpdate]:
    """Filings of further units on measure 1."""
    return [world.file(unit_party(world.measures[0], UnitFactory())) for _ in range(number)]


def test_the_queue_costs_the_same_for_3_and_for_60(world: World, office: Client):
    crowd(world, 3)
    office.get(QUEUE)
    with CaptureQueriesContext(
        connection,
    ) as few:
        office.get(QUEUE, {"status": "all"})
    for update in crowd(world, 45):
        if update.pk % 3 == 0:
            send_back(world, update)
    crowd(world, 12)
    with CaptureQueriesContext(connection) as many:
        page = office.get(QUEUE, {"status": "all"})
    assert "全部 60" in page.content.decode()
    # One more reads what the returned ones had handed in.
    assert len(many) == len(few) + 1
    assert len(many) <= 16


def test_a_review_costs_the_same_among_3_and_among_60(world: World, office: Client):
    update = crowd(world, 3)[0]
    address = f"/review/{update.pk}/"
    office.get(address)
    with CaptureQueriesContext(connection) as few:
        office.get(address)
    for other in crowd(world, 57):
        if other.pk % 3 == 0:
            send_back(world, other)
    with CaptureQueriesContext(connection) as many:
        page = office.get(address)
    assert page.content.decode().count("tag-submitted") > 30
    assert len(many) == len(few) + 1
    assert len(many) <= 24


def test_resubmitting_does_not_lose_the_place_in_the_queue(world: World, office: Client):
    """A round handed in anew stands at its new time: who waited longer is read first."""
    first, _, _ = three(world)
    first = send_back(world, first)
    submit_update(
        assignment=world.street_duties[0],
        period=world.q1,
        actor=world.cast.street,
        values=world.values(percent=30, self_status=Progress.IN_PROGRESS),
        base_version=first.version,
    )
    assert listed(office.get(QUEUE))[-1] == first.pk
