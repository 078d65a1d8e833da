"""One filing before a reviewer: what stands beside what, the decision over HTTP, and two reviewers at once."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tasks.models import MeasureSummary, ProgressUpdate
from tasks.rules import PeriodState, Progress, Status
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft, withdraw_update
from tasks.services.review import Correction, return_update
from tests.conftest import World
from tests.stage import picture

QUEUE = "/2024/q1/review/"


def address(update: ProgressUpdate, action: str = "") -> str:
    return f"/review/{update.pk}/{action}"


def shown(client: Client, update: ProgressUpdate) -> str:
    """The page's text, marks of difference left in, other tags out."""
    response = client.get(address(update))
    assert response.status_code == 200
    return plain(response)


def plain(response: Any) -> str:
    text = response.content.decode()
    text = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    return re.sub(r"<(?!/?(?:ins|del)>)[^>]*>", "", text)


def decide(client: Client, update: ProgressUpdate, decision: str, **values: Any) -> Any:
    data = {"version": update.version, "decision": decision, **values}
    return client.post(address(update, "decide/"), data)


def send_back(world: World, update: ProgressUpdate, reason: str = "请写明检查数量。") -> ProgressUpdate:
    return return_update(
        update_id=update.pk, actor=world.cast.colleague, version=update.version, reason=reason
    )


def open_second(world: World) -> None:
    world.q2.state = PeriodState.OPEN
    world.q2.due_on = timezone.localdate() + timedelta(days=5)
    world.q2.opens_on = timezone.localdate() - timedelta(days=5)
    world.q2.save()


# --- what stands beside what --------------------------------------------------------------------------------


def test_this_quarter_the_last_one_the_lead_and_the_other_units(world: World, office: Client):
    world.approve(
        world.file(world.terminal, percent=30, progress_text="一季度开挖管沟。"),
        correction=Correction(percent=Decimal(25), note="一段未回填。"),
    )
    open_second(world)
    update = world.file(world.terminal, period=world.q2, percent=55, progress_text="二季度铺设管道。")
    world.file(world.street_duties[0], period=world.q2, progress_text="街道配合协调居民。")
    text = shown(office, update)
    for words in (
        "二季度铺设管道。",
        "一季度开挖管沟。",
        "街道配合协调居民。",
        "香炉礁街道",
        "日新街道",
        "完成管网改造。",
    ):
        assert words in text
    # 自评 against 序时进度 and against what was approved last, 核定 and not the unit's own.
    assert re.search(r"单位自评\s*推进中 55%", text)
    assert re.search(r"序时进度\s*50%", text)
    assert re.search(r"上次通过\s*推进中 25%\s*（第一季度）", text)


def test_what_the_lead_wrote_stands_beside_a_supporter_s_filing(world: World, office: Client):
    update = world.file(world.support)
    world.file(world.lead, overall_text="全区核算工作总体按计划推进。")
    assert "全区核算工作总体按计划推进。" in shown(office, update)


def test_what_the_office_wrote_on_the_measure_stands_there_without_a_lead(world: World, office: Client):
    update = world.file(world.terminal)
    MeasureSummary.objects.create(
        measure=world.terminal.measure,
        period=world.q1,
        text="管网改造完成三成。",
        written_by=world.cast.colleague,
        written_at=timezone.now(),
    )
    assert "管网改造完成三成。" in shown(office, update)


def test_the_returned_round_stands_beside_with_the_differences_marked(world: World, office: Client):
    send_back(world, world.file(world.support, progress_text="检查12家次，已整改。"))
    update = world.file(world.support, progress_text="检查15家次，已整改，复查合格。")
    text = shown(office, update)
    assert "检查<ins>15</ins>家次，已整改<ins>，复查合格</ins>。" in text
    assert "检查<del>12</del>家次，已整改。" in text
    assert "上次退回原因请写明检查数量。" in re.sub(r"\s", "", text)
    assert "第2次提交" in text


def test_a_round_that_was_withdrawn_is_not_the_returned_one(world: World, office: Client):
    send_back(world, world.file(world.support, progress_text="第一稿。"))
    update = world.file(world.support, progress_text="第二稿。")
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    update = world.file(world.support, progress_text="第三稿。")
    text = shown(office, update)
    assert "<del>一</del>" in text
    assert "<del>二</del>" not in text


def test_a_first_round_is_compared_with_nothing(world: World, office: Client):
    text = shown(office, world.file(world.support))
    assert "<ins>" not in text
    assert "退回前" not in text


def test_evidence_with_previews_and_the_whole_thread(world: World, office: Client):
    file = attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("现场照片.png")
    )
    send_back(world, world.file(world.support, progress_text="第一稿文字。"))
    update = world.file(world.support, progress_text="第二稿文字。")
    html = office.get(address(update)).content.decode()
    assert f'src="/evidence/{file.pk}/preview/"' in html
    assert f'href="/evidence/{file.pk}/?download"' in html
    text = plain(office.get(address(update)))
    steps = re.findall(r"(修改后提交|提交|退回)\s*(?:（第2次提交）)?\s*\n?\s*(区\S+) (\S+) ·", text)
    assert steps == [
        ("修改后提交", "区发改局", "张敏"),
        ("退回", "区生态办", "吴倩"),
        ("提交", "区发改局", "张敏"),
    ]


def test_the_office_does_not_read_what_a_unit_is_mending(world: World, office: Client):
    attached = attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("已交.png")
    )
    update = send_back(world, world.file(world.support, progress_text="已交的文字。"))
    added = attach_evidence(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        upload=picture("修改中.png", "red"),
    )
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="改到一半的文字。", self_status=Progress.LAGGING),
        base_version=update.version,
    )
    for page in (address(update), f"/updates/{update.pk}/"):
        html = office.get(page).content.decode()
        assert "已交的文字。" in html
        assert "已交.png" in html
        assert "改到一半" not in html
        assert "修改中.png" not in html
        assert "滞后" not in html
    assert office.get(f"/evidence/{attached.pk}/").status_code == 200
    assert office.get(f"/evidence/{added.pk}/").status_code == 404


def test_nor_beside_the_filing_of_another_unit(world: World, office: Client):
    """On the page of the lead's filing: the supporter mends what was returned, the lead's own text is there."""
    update = send_back(world, world.file(world.support, progress_text="已交的文字。"))
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="改到一半的文字。"),
        base_version=update.version,
    )
    text = shown(office, world.file(world.lead))
    assert "已交的文字。" in text
    assert "改到一半" not in text


def test_a_draft_of_another_unit_is_only_not_filed(world: World, office: Client):
    save_draft(
        assignment=world.lead,
        period=world.q1,
        actor=world.cast.lead,
        values=world.values(progress_text="分局的草稿。"),
        base_version=0,
    )
    update = world.file(world.support)
    text = shown(office, update)
    assert "分局的草稿" not in text
    assert re.search(r"生态环境分局\s*牵头\s*未报\s*—\s*—", text)


def test_what_the_office_only_began_to_write_for_a_unit_is_not_filed_either(world: World, office: Client):
    save_draft(
        assignment=world.lead,
        period=world.q1,
        actor=world.cast.colleague,
        values=world.values(progress_text="代拟一半。"),
        base_version=0,
    )
    assert "代拟一半" not in shown(office, world.file(world.support))


# --- who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["reporter", "approver", "lead", "other", "leader", "admin"])
def test_only_the_office_opens_and_decides(world: World, login: Any, role: str):
    update = world.file(world.support)
    client = login(getattr(world.cast, role))
    assert client.get(address(update)).status_code == 403
    assert decide(client, update, "approve").status_code == 403
    assert client.post(address(update, "reopen/"), {"version": 1, "reason": "改"}).status_code == 403
    update.refresh_from_db()
    assert update.status == Status.SUBMITTED


def test_a_draft_is_nothing_to_review(world: World, office: Client):
    draft = save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    assert office.get(address(draft)).status_code == 404
    assert decide(office, draft, "approve").status_code == 404
    assert office.get("/review/99999999999999999999/").status_code == 404
    assert office.post("/review/424242/decide/").status_code == 404


def test_who_filed_it_sees_why_they_may_not_decide(world: World, office: Client, colleague: Client):
    update = world.file(world.support, actor=world.cast.office)
    text = shown(office, update)
    assert "您参与了本填报的填写、提交、代填或佐证上传" in text
    assert "退回原因" not in text
    answer = decide(office, update, "approve")
    assert answer.status_code == 409
    assert "您参与了本填报" in plain(answer)
    assert "退回原因" in shown(colleague, update)
    assert decide(colleague, update, "approve").status_code == 302


# --- the decision --------------------------------------------------------------------------------------------


def test_approve_with_figures_and_say_so(world: World, office: Client):
    update = world.file(world.terminal, percent=60)
    answer = decide(
        office, update, "approve", percent="４５．５%", note="一段未完工。", comment="已到现场看过。"
    )
    assert answer.status_code == 302
    update.refresh_from_db()
    assert (update.status, update.percent, update.approved_percent) == (Status.APPROVED, 60, Decimal("45.5"))
    text = shown(office, update)
    for words in ("45.5%", "60%", "一段未完工。", "已到现场看过。", "周启明"):
        assert words in text
    assert "已审核通过，并记录核定结果" in text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"percent": "45"}, "请填写核定说明"),
        ({"percent": "101", "note": "x"}, "0 至 100"),
        ({"percent": "NaN", "note": "x"}, "请填写数字"),
        ({"percent": "1e2", "note": "x"}, "请填写数字"),
        ({"percent": "45.55", "note": "x"}, "最多保留 1 位小数"),
        ({"percent": "100", "note": "x"}, "应当一致"),
        ({"status": "bogus", "note": "x"}, "请选择所列的核定状态"),
        ({"note": "只有说明"}, "未填写核定结果"),
        ({"note": "长" * 501, "percent": "45"}, "超过 500 字"),
        ({"comment": "长" * 1001}, "超过 1000 字"),
        ({"reason": "请补充。"}, "却点了“通过”"),
        ({"version": "x"}, "请刷新页面"),
        ({"version": ""}, "请刷新页面"),
        ({"version": "-1"}, "请刷新页面"),
        ({"version": "9" * 40}, "请刷新页面"),
        ({"note": "坏\0字符", "percent": "45"}, "空字符"),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_stays(
    world: World, office: Client, values: dict[str, str], says: str
):
    update = world.file(world.terminal, percent=60)
    answer = decide(office, update, "approve", **({"comment": "意见原文"} | values))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert says in html
    for text in values.values():
        if len(text) < 30 and "\0" not in text and text != "bogus":
            assert text in html
    if "comment" not in values:
        assert "意见原文" in html
    update.refresh_from_db()
    assert update.status == Status.SUBMITTED


def test_a_note_on_a_figure_that_is_wrong_is_not_called_a_note_on_nothing(world: World, office: Client):
    answer = decide(
        office, world.file(world.terminal, percent=60), "approve", percent="101", note="两处未完工。"
    )
    assert "0 至 100" in plain(answer)
    assert "未填写核定结果" not in plain(answer)


@pytest.mark.parametrize("decision", ["", "delete", "approved"])
def test_an_unknown_decision_does_nothing(world: World, office: Client, decision: str):
    update = world.file(world.support)
    answer = decide(office, update, decision, reason="请补充。")
    assert answer.status_code == 422
    assert "请选择通过或退回" in answer.content.decode()
    assert "请补充。" in answer.content.decode()


def test_returning_needs_a_reason_and_tells_the_unit(world: World, office: Client, login: Any):
    update = world.file(world.support)
    answer = decide(office, update, "return", reason="　 \n")
    assert answer.status_code == 422
    assert "请填写退回原因" in plain(answer)
    assert decide(office, update, "return", reason="请写明\n检查数量。").status_code == 302
    update.refresh_from_db()
    assert (update.status, update.decided_by) == (Status.RETURNED, world.cast.office)
    assert "请写明\n检查数量。" in plain(login(world.cast.reporter).get(f"/updates/{update.pk}/"))


def test_usual_reasons_are_offered(world: World, office: Client):
    html = office.get(address(world.file(world.support))).content.decode()
    assert html.count("data-reason=") >= 8
    assert 'data-reason="缺少佐证材料' in html


def test_text_of_a_filing_never_becomes_part_of_the_page(world: World, office: Client):
    nasty = "</td><script>alert(1)</script><ins>"
    send_back(world, world.file(world.support, progress_text="第一稿。"), reason=nasty)
    update = world.file(world.support, progress_text=nasty)
    for page in (address(update), f"/updates/{update.pk}/", QUEUE):
        html = office.get(page).content.decode()
        assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html or "&lt;script" in office.get(address(update)).content.decode()
