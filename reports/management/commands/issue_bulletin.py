"""`manage.py issue_bulletin 2024Q1 --out DIR`: issue a quarter from the command line, or take the files of an issued one."""

import re
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reports.draftpage import DraftPage
from reports.models import Bulletin, BulletinFile, FileFormat
from reports.renderers.process import RenderError, render_pdf
from reports.renderers.registry import EXTENSIONS
from reports.services.drafts import draft_from_figures, undecided_updates
from reports.services.issuing import issue_bulletin
from tasks.errors import WorkflowError
from tasks.models import Plan, ReportingPeriod
from tasks.rules import PeriodState
from units.models import Role, User

_KEY = re.compile(r"^(?:(?P<code>[-\w]+):)?(?P<year>\d{4})[Qq](?P<quarter>[1-4])$", re.ASCII)


class Command(BaseCommand):
    """Issuing is a decision: it is made in the name of an account of the office, and is for good."""

    help = "印发一个季度的通报并写出各种格式的文件；已印发的写出存档文件。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="季度", help="2024Q1；同一年有几份计划时写 计划代码:2024Q1")
        parser.add_argument("--out", type=Path, default=Path(), metavar="目录", help="写到哪里，默认当前目录")
        parser.add_argument("--draft", action="store_true", help="只生成草稿 PDF，不印发，不改动任何数据")
        parser.add_argument(
            "--as", dest="username", metavar="账号", help="以哪个区生态办账号印发，默认第一个"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        period = find_period(options["key"])
        folder: Path = options["out"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"不能写入目录 {folder}：{error.strerror}。") from error
        current = Bulletin.objects.current().filter(period=period)
        if options["draft"] and not current.exists():
            self.draft(period, folder / f"{period.key}.pdf")
            return
        if not current.exists():
            self.issue(period, options["username"])
        for file in BulletinFile.objects.in_order().filter(bulletin__in=current).defer(None):
            mark = "-brief" if file.format == FileFormat.BRIEF else ""
            target = folder / f"{period.key}{mark}.{EXTENSIONS[file.format]}"
            _write(target, bytes(file.content))
            self.stdout.write(f"{target}  SHA-256 {file.sha256}")

    def draft(self, period: ReportingPeriod, target: Path) -> None:
        """The draft, or what would be its first text, without writing to the database."""
        now = timezone.now()
        bulletin = Bulletin.objects.filter(period=period).first() or draft_from_figures(period, now)
        page = DraftPage(bulletin, period, now)
        try:
            _write(target, render_pdf(page.document))
        except RenderError as error:
            raise CommandError(str(error)) from error
        for place, characters in page.strange:
            self.stderr.write(f"{place}有无法印刷的字符：{'、'.join(characters)}")
        self.stdout.write(f"{target}（草稿，未印发）")

    def issue(self, period: ReportingPeriod, username: str | None) -> None:
        actor = office_account(username)
        undecided = undecided_updates(period)
        bulletin = Bulletin.objects.filter(period=period).first()
        page = DraftPage(bulletin, period, timezone.now()) if bulletin else None
        if page and page.is_edited and page.changed:
            self.stderr.write("注意：正文经人工修改，起草后数据又有变化，正文中的数字可能不一致。")
        try:
            issue_bulletin(period_id=period.pk, actor=actor)
        except WorkflowError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{period}通报已由{actor.name}印发。")
        for update in undecided:
            update.refresh_from_db(fields=["status"])
            duty = update.assignment
            self.stdout.write(
                f"第{duty.measure.number}项措施 {duty.unit.name}：记为“{update.get_status_display()}”"
            )


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise CommandError(f"不能写入文件 {target}：{error.strerror}。") from error


def find_period(key: str) -> ReportingPeriod:
    """The quarter that `key` names: 2024Q1 where only one plan has that year, CODE:2024Q1 otherwise."""
    match = _KEY.match(key.strip())
    if not match:
        raise CommandError(f"季度应写作 2024Q1 或 计划代码:2024Q1，现为 {key}。")
    plans = Plan.objects.filter(year=match["year"])
    if match["code"]:
        plans = plans.filter(code=match["code"])
    codes = list(plans.order_by("code").values_list("code", flat=True)[:20])
    if not codes:
        raise CommandError(f"没有 {key.strip()} 所指的计划。")
    if len(codes) > 1:
        choices = "、".join(f"{code}:{match['year']}Q{match['quarter']}" for code in codes)
        raise CommandError(f"{match['year']}年有多份计划，请写明是哪一份：{choices}。")
    period = (
        ReportingPeriod.objects.select_related("plan")
        .filter(plan__code=codes[0], quarter=int(match["quarter"]))
        .first()
    )
    if period is None:
        raise CommandError(f"计划 {codes[0]} 没有第 {match['quarter']} 季度。")
    if period.state == PeriodState.UPCOMING:
        raise CommandError(f"{period}尚未开始填报，没有可以印发的内容。")
    return period


def office_account(username: str | None) -> User:
    """The account of the office that issues: the one named, or the first that is active."""
    office = User.objects.filter(role=Role.OFFICE, is_active=True).order_by("pk")
    if username:
        office = office.filter(username=username)
    actor = office.first()
    if actor is None:
        raise CommandError(
            f"账号 {username} 不是在用的区生态办账号。" if username else "没有在用的区生态办账号，请先建立。"
        )
    return actor
