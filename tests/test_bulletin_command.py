"""`manage.py issue_bulletin`: by the year's quarter, in the name of the office, and the same file ever after."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reports.models import Bulletin
from reports.services.drafts import start_draft
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState
from tests.archive_parts import quick_files
from tests.conftest import World
from tests.drafting import save_draft
from tests.factories import PlanFactory


def run(key: str, folder: Path, *options: str) -> tuple[str, str]:
    """(what it says, what it warns of)."""
    out, err = StringIO(), StringIO()
    call_command("issue_bulletin", key, "--out", str(folder), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_files(monkeypatch)


def test_it_issues_writes_the_file_and_says_what_was_not_decided(world: World, tmp_path: Path) -> None:
    world.file(world.lead)
    out, _ = run("2024Q1", tmp_path / "new" / "folder")
    bulletin = Bulletin.objects.get()
    stored = bulletin.files.get(format="pdf")
    assert bulletin.is_issued
    assert bulletin.issued_by == world.cast.office
    assert (tmp_path / "new" / "folder" / "2024Q1.pdf").read_bytes() == bytes(stored.content)
    assert "2024年第一季度通报已由周启明印发。" in out
    assert "第1项措施 生态环境分局：记为“已报未审”" in out
    assert stored.sha256 in out
    names = {"pdf": "2024Q1.pdf", "docx": "2024Q1.docx", "xlsx": "2024Q1.xlsx", "brief": "2024Q1-brief.pdf"}
    for file in bulletin.files.all():
        assert (tmp_path / "new" / "folder" / names[file.format]).read_bytes() == bytes(file.content)


def test_on_an_issued_quarter_it_writes_the_stored_file_again(
    world: World, tmp_path: Path, quick: None
) -> None:
    run("2024Q1", tmp_path)
    first = (tmp_path / "2024Q1.pdf").read_bytes()
    (tmp_path / "2024Q1.pdf").unlink()
    run("2024Q1", tmp_path)
    assert (tmp_path / "2024Q1.pdf").read_bytes() == first
    run("2024q1", tmp_path, "--draft")
    assert (tmp_path / "2024Q1.pdf").read_bytes() == first


def test_a_draft_changes_nothing_at_all(world: World, tmp_path: Path) -> None:
    out, _ = run("2024Q1", tmp_path, "--draft")
    assert (tmp_path / "2024Q1.pdf").read_bytes().startswith(b"%PDF-")
    assert "未印发" in out
    assert not Bulletin.objects.exists()
    assert ReportingPeriod.objects.get(pk=world.q1.pk).state == PeriodState.OPEN


def test_a_draft_with_a_character_that_cannot_be_printed_says_so(world: World, tmp_path: Path) -> None:
    draft = start_draft(period_id=world.q1.pk, actor=world.cast.office)
    save_draft(
        period_id=world.q1.pk,
        actor=world.cast.office,
        base_version=draft.version,
        values={"body": [{"kind": "p", "text": "良好😀"}]},
    )
    _, err = run("2024Q1", tmp_path, "--draft")
    assert "正文第1段有无法印刷的字符：😀" in err
    with pytest.raises(CommandError, match="无法印刷"):
        run("2024Q1", tmp_path)
    assert Bulletin.objects.get().is_draft


def test_it_warns_when_edited_text_may_no_longer_fit_the_figures(
    world: World, tmp_path: Path, quick: None
) -> None:
    draft = start_draft(period_id=world.q1.pk, actor=world.cast.office)
    save_draft(
        period_id=world.q1.pk,
        actor=world.cast.office,
        base_version=draft.version,
        values={"body": [*draft.body, {"kind": "p", "text": "特此通报。"}]},
    )
    world.approve(world.file(world.support))
    _, err = run("2024Q1", tmp_path)
    assert "正文经人工修改" in err
    assert Bulletin.objects.get().body[-1]["text"] == "特此通报。"


def test_two_plans_of_a_year_must_be_told_apart(world: World, tmp_path: Path, quick: None) -> None:
    PlanFactory(code="haiyang-2024", year=2024)
    with pytest.raises(CommandError, match=r"2024年有多份计划.*2024:2024Q1、haiyang-2024:2024Q1"):
        run("2024Q1", tmp_path)
    run("2024:2024Q1", tmp_path)
    assert Bulletin.objects.get().period == world.q1


def test_the_account_is_named_or_the_first_of_the_office(world: World, tmp_path: Path, quick: None) -> None:
    with pytest.raises(CommandError, match="账号 leader 不是在用的区生态办账号"):
        run("2024Q1", tmp_path, "--as", "leader")
    world.cast.office.is_active = False
    world.cast.office.save()
    run("2024Q1", tmp_path, "--as", "colleague")
    assert Bulletin.objects.get().issued_by == world.cast.colleague


def test_without_an_account_of_the_office_nobody_issues(world: World, tmp_path: Path) -> None:
    for user in (world.cast.office, world.cast.colleague):
        user.is_active = False
        user.save()
    with pytest.raises(CommandError, match="没有在用的区生态办账号"):
        run("2024Q1", tmp_path)
    assert not Bulletin.objects.exists()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("2024", "季度应写作"),
        ("2024Q5", "季度应写作"),
        ("Q1", "季度应写作"),
        ("2024Q1; rm", "季度应写作"),
        ("２０２４Q1", "季度应写作"),
        ("2023Q1", "没有 2023Q1"),
        ("other:2024Q1", "没有 other:2024Q1"),
        ("2024Q2", "尚未开始填报"),
    ],
)
def test_a_key_that_names_no_quarter_is_an_error_in_chinese(
    world: World, tmp_path: Path, key: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run(key, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_issued(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="不能写入目录"):
        run("2024Q1", tmp_path / "file")
    assert not Bulletin.objects.exists()
