"""Sample data: accounts of every role and a year's progress on the 2024 plan, filed and reviewed through the services.

What units write comes from fixtures/demo_progress.json: measure number → unit code → quarter → a filing:

    {"status": a Progress value, "percent": number (有终点 only), "progress": text, "problems": text, "next": text,
     "overall": text (a lead), "why_less": text, "value": number (measures with an indicator),
     "files": [file names, .jpg or .pdf], "late": days after the due day,
     "returned": reason, with "first": the text as first handed in, "corrected": {"status", "percent", "note"},
     "end": "submitted" | "returned" | "draft" (where it stands in the end, otherwise approved), "proxy": true}

or {"no_work": true}. A unit without an entry for a quarter has not reported. All else is derived, and the same on
every machine but for the day of Q4: it is due DAYS_LEFT days after installation.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from reports.services import issue_bulletin
from tasks.errors import WorkflowError
from tasks.models import Assignment, Evidence, Plan, ProgressUpdate, ReportingPeriod, Sample
from tasks.rules import Kind, PeriodState
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft, submit_update
from tasks.services.periods import close_period, open_period, set_period_dates
from tasks.services.plans import confirm_lead
from tasks.services.review import Correction, approve_update, return_update
from units.models import Role, Unit, User
from xigang_eco.glyphs import FONT_FOLDER

PROGRESS_FILE = settings.BASE_DIR / "fixtures" / "demo_progress.json"
DAYS_LEFT = 14
# Measures whose proposed lead the office has confirmed; the others show 待核实.
CONFIRMED_LEADS = (3, 5, 8, 18)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = ("晓东", "丽华", "志强", "敏", "建军", "婷婷", "海涛", "雪梅", "文博", "静怡", "永刚", "春燕", "宏伟", "佳琪", "明远", "秀兰", "振宇")  # fmt: skip


@dataclass(frozen=True)
class Account:
    username: str
    name: str
    role: str
    unit: Unit | None = None


def demo_accounts() -> list[Account]:
    """Two of the office, a leader, an administrator, a reporter of every unit and an approver of the first five."""
    accounts = [
        Account("office", "周启明", Role.OFFICE),
        Account("office2", "吴倩", Role.OFFICE),
        Account("leader", "郑立群", Role.LEADER),
        Account("admin", "信息中心管理员", Role.ADMIN),
    ]
    for index, unit in enumerate(Unit.objects.filter(is_active=True)):
        accounts.append(Account(unit.code, _person(index), Role.REPORTER, unit))
        if index < 5:
            accounts.append(Account(f"{unit.code}-fz", _person(index + 20), Role.APPROVER, unit))
    return accounts


def create_accounts(password: str) -> list[Account]:
    """The demo accounts; those that exist keep their password. They may log in without changing it first."""
    accounts = demo_accounts()
    for account in accounts:
        if User.objects.filter(username=account.username).exists():
            continue
        user = User(
            username=account.username,
            name=account.name,
            role=account.role,
            unit=account.unit,
            must_change_password=False,
            is_demo=True,
        )
        user.set_password(password)
        user.save()
    return accounts


def fill(plan: Plan, today: date) -> bool:
    """A year's progress on `plan`. False where it is there already; goes on where an earlier run was stopped.

    Raises WorkflowError on a plan with filings of its own.
    """
    if plan.sample != Sample.DEMO and ProgressUpdate.objects.filter(assignment__measure__plan=plan).exists():
        raise WorkflowError(f"《{plan.title}》已有真实填报，不能装入示例数据。")
    if plan.sample == Sample.DEMO and plan.periods.get(quarter=4).state == PeriodState.OPEN:
        return False
    Author(plan, json.loads(PROGRESS_FILE.read_text(encoding="utf-8"))).year(today)
    return True


class Author:
    """Plays units and office through a year."""

    def __init__(self, plan: Plan, script: dict[str, dict[str, dict[str, dict[str, Any]]]]) -> None:
        self.plan, self.script = plan, script
        self.office = User.objects.get(username="office")
        self.colleague = User.objects.get(username="office2")
        self.users = {user.unit_id: user for user in User.objects.filter(role=Role.REPORTER, is_demo=True)}

    def year(self, today: date) -> None:
        """Quarter after quarter; each is one transaction, so that a stopped run leaves none half filed."""
        with transaction.atomic():
            self.plan.sample = Sample.DEMO
            self.plan.save(update_fields=["sample"])
            for number in CONFIRMED_LEADS:
                lead = Assignment.objects.get(measure__plan=self.plan, measure__number=number, role="lead")
                confirm_lead(measure_id=lead.measure_id, actor=self.office, assignment_id=lead.pk)
        for quarter in (1, 2, 3, 4):
            period = self.plan.periods.select_related("plan").get(quarter=quarter)
            if period.state == PeriodState.UPCOMING:
                with transaction.atomic():
                    period = self.quarter(period, today)
            if quarter < 3 and not period.is_issued:
                issue_bulletin(period_id=period.pk, actor=self.office, at=_at(period.due_on, days=6, hour=15))

    def quarter(self, period: ReportingPeriod, today: date) -> ReportingPeriod:
        """Open, file, review and, but for the last, close one quarter."""
        if period.quarter == 4:
            period = set_period_dates(
                period_id=period.pk,
                actor=self.office,
                opens_on=today - timedelta(days=7),
                due_on=today + timedelta(days=DAYS_LEFT),
            )
        open_period(period_id=period.pk, actor=self.office)
        duties = (
            Assignment.objects.filter(measure__plan=self.plan)
            .select_related("measure__plan", "unit", "responsibility")
            .order_by("measure__number", "unit__kind", "unit__order")
        )
        for index, duty in enumerate(duties):
            filing = self.script.get(str(duty.measure.number), {}).get(duty.unit.code, {}).get(str(period.quarter))
            if filing and duty.covers(period.quarter):
                self.file(duty, period, filing, index)
        if period.quarter < 4:
            return close_period(period_id=period.pk, actor=self.office, at=_at(period.due_on, days=1, hour=17))
        return period

    def file(self, duty: Assignment, period: ReportingPeriod, filing: dict[str, Any], index: int) -> None:
        """One filing from the first word to where it stands in the end."""
        actor = self.office if filing.get("proxy") else self.users[duty.unit_id]
        late = filing.get("late", 0)
        if period.quarter == 4:
            handed_in = timezone.now() - timedelta(days=index % 5, hours=index % 7)
        else:
            handed_in = _at(period.due_on, days=late or -(1 + index % 9), hour=9 + index % 8, minute=(index * 7) % 60)
        end = filing.get("end", "approved")
        for name in filing.get("files", ()):
            self.attach(duty, period, actor, name, handed_in)
        values = _values(duty, filing)
        if end == "draft":
            save_draft(
                assignment=duty, period=period, actor=actor, values=values, base_version=0, at=handed_in
            )
            return
        reason = filing.get("returned", "")
        first = values | {"progress_text": filing.get("first", values["progress_text"])}
        update = self.submit(duty, period, actor, first if reason else values, handed_in)
        if reason:
            reviewed = handed_in + timedelta(hours=20)
            update = return_update(
                update_id=update.pk, actor=self.colleague, version=update.version, reason=reason, at=reviewed
            )
            if end == "returned":
                return
            update = self.submit(duty, period, actor, values, reviewed + timedelta(hours=5))
            handed_in = reviewed + timedelta(hours=5)
        if end == "submitted":
            return
        corrected = filing.get("corrected")
        approve_update(
            update_id=update.pk,
            actor=self.colleague if actor == self.office or index % 3 == 0 else self.office,
            version=update.version,
            correction=_correction(corrected) if corrected else None,
            at=handed_in + timedelta(hours=22 + index % 9),
        )

    def submit(
        self, duty: Assignment, period: ReportingPeriod, actor: User, values: dict[str, Any], at: datetime
    ) -> ProgressUpdate:
        """Hand in on what stands now."""
        existing = ProgressUpdate.objects.filter(assignment=duty, period=period).first()
        return submit_update(
            assignment=duty,
            period=period,
            actor=actor,
            values=values,
            base_version=existing.version if existing else 0,
            at=at,
        )

    def attach(
        self, duty: Assignment, period: ReportingPeriod, actor: User, name: str, at: datetime
    ) -> None:
        """A real file of that name, which says that it is a sample."""
        lines = [name.rpartition(".")[0], f"{duty.unit.name}　{period}", f"措施{duty.measure.number}", "示例数据，仅供演示"]
        upload = SimpleUploadedFile(name, _picture(lines, "PDF" if name.endswith(".pdf") else "JPEG"))
        evidence = attach_evidence(assignment=duty, period=period, actor=actor, upload=upload)
        Evidence.objects.filter(pk=evidence.pk).update(uploaded_at=at - timedelta(minutes=20))


def _values(duty: Assignment, filing: dict[str, Any]) -> dict[str, Any]:
    percent = filing.get("percent")
    value = filing.get("value")
    if filing.get("no_work"):
        return {"no_work": True}
    return {
        "no_work": False,
        "percent": Decimal(str(percent)) if duty.measure.kind == Kind.TERMINAL and percent is not None else None,
        "self_status": filing["status"],
        "progress_text": filing["progress"],
        "problems": filing.get("problems", ""),
        "next_steps": filing.get("next", ""),
        "overall_text": filing.get("overall", ""),
        "decrease_reason": filing.get("why_less", ""),
        "indicator_value": None if value is None else Decimal(str(value)),
    }


def _correction(data: dict[str, Any]) -> Correction:
    percent = data.get("percent")
    return Correction(
        percent=None if percent is None else Decimal(str(percent)), status=data.get("status", ""), note=data["note"]
    )


def _at(day: date, *, days: int = 0, hour: int, minute: int = 0) -> datetime:
    moment = datetime.combine(day + timedelta(days=days), time(hour, minute))
    return timezone.make_aware(moment)


def _person(index: int) -> str:
    return _SURNAMES[(index * 7) % len(_SURNAMES)] + _GIVEN[(index * 5) % len(_GIVEN)]


def _picture(lines: list[str], kind: str) -> bytes:
    """A page with these lines, as a JPEG or a PDF."""
    paper = Image.new("RGB", (1200, 800), "#eef3ef")
    draw = ImageDraw.Draw(paper)
    font = ImageFont.truetype(str(FONT_FOLDER / "FandolHei-Regular.otf"), 44)
    draw.rectangle((40, 40, 1160, 760), outline="#0b5f4b", width=4)
    for row, line in enumerate(lines):
        draw.text((90, 140 + row * 130), line, fill="#1f2329", font=font)
    target = BytesIO()
    paper.save(target, kind)
    return target.getvalue()
