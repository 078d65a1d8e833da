"""Sample data: accounts of every role and a year's progress on the 2024 plan, filed and reviewed through the services.

What units write comes from fixtures/demo_progress.json: measure number → unit code → quarter → a filing:

    {"status": a Progress value, "percent": number (有终点 only), "progress": text, "problems": text, "next": text,
     "overall": text (a lead), "why_less": text, "value": number (measures with an indicator),
     "files": [file names, .jpg or .pdf], "late": days after the due day,
     "returned": reason, with "first": the text as first handed in, "corrected": {"status", "percent", "note"},
     "end": "submitted" | "returned" | "draft" (where it stands in the end, otherwise approved), "proxy": true}

or {"no_work": true}. A unit without an entry for a quarter has not reported. All else is derived, and the same on
every machine but for the days of Q3 and Q4, which follow the day of installation (DUE_IN).
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from reports.models import Rendering, RenderingState
from reports.services.issuing import issue_bulletin
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
# Days from installation to the due day of the quarter in review and of the open one.
DUE_IN = {3: -25, 4: 14}
# Measures whose proposed lead the office has confirmed; the others show 待核实.
CONFIRMED_LEADS = (3, 5, 8, 18)
_HOURS = (9, 10, 11, 13, 14, 15, 16)
# 清明 and 国庆 of 2024: nobody files or reviews then.
_HOLIDAYS = {date(2024, 4, 4), date(2024, 4, 5), *(date(2024, 10, day) for day in range(1, 8))}
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = ("晓东", "丽华", "志强", "敏", "建军", "婷婷", "海涛", "雪梅", "文博", "静怡", "永刚", "春燕", "宏伟", "佳琪", "明远", "秀兰", "振宇")  # fmt: skip


@dataclass(frozen=True)
class Account:
    username: str
    name: str
    role: Role
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


@transaction.atomic
def create_accounts(password: str) -> list[Account]:
    """The demo accounts, which may log in without changing their password first. All or none.

    Raises WorkflowError where a real account has one of their names.
    """
    accounts = demo_accounts()
    taken = User.objects.filter(username__in=[account.username for account in accounts], is_demo=False)
    if taken.exists():
        names = "、".join(taken.values_list("username", flat=True))
        raise WorkflowError(f"用户名{names}已被真实账号使用，不能建立演示账号。")
    # Hashing is slow by design and they share one password: once for all, not half a minute for each start.
    encoded = make_password(password)
    for account in accounts:
        User.objects.create(
            username=account.username,
            name=account.name,
            role=account.role,
            unit=account.unit,
            must_change_password=False,
            is_demo=True,
            password=encoded,
        )
    return accounts


def in_use(plan: Plan) -> bool:
    """Whether a quarter of the plan was opened or anything filed on it."""
    return (
        plan.periods.exclude(state=PeriodState.UPCOMING).exists()
        or ProgressUpdate.objects.filter(assignment__measure__plan=plan).exists()
    )


def fill(plan: Plan, today: date) -> bool:
    """A year's progress on `plan`. False where it is there already; goes on where an earlier run was stopped.

    Raises WorkflowError on a plan that is in real use.
    """
    if plan.sample != Sample.DEMO and in_use(plan):
        raise WorkflowError(f"《{plan.title}》已开始填报，不能装入示例数据。")
    # The last quarter comes last, filings and all. Once it was there, whatever became of it is the user's doing.
    last = plan.periods.get(quarter=4)
    if last.state != PeriodState.UPCOMING or last.updates.exists():
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
                self.issue(period)

    def issue(self, period: ReportingPeriod) -> None:
        """Issue the quarter's bulletin a good week after the due day."""
        # Nobody else issues these quarters: a rendering found here died with a run that was killed.
        Rendering.objects.filter(bulletin__period=period, state=RenderingState.RUNNING).update(
            heartbeat_at=None
        )
        issue_bulletin(period_id=period.pk, actor=self.office, at=_at(period.due_on + timedelta(days=8), 15))

    def quarter(self, period: ReportingPeriod, today: date) -> ReportingPeriod:
        """Open, file, review and, but for the last, close one quarter."""
        if period.quarter in DUE_IN:
            # By their own dates these would be years overdue, which nobody could try anything with.
            due = today + timedelta(days=DUE_IN[period.quarter])
            period = set_period_dates(
                period_id=period.pk,
                actor=self.office,
                opens_on=due - timedelta(days=21),
                due_on=due,
            )
        open_period(period_id=period.pk, actor=self.office)
        duties = (
            Assignment.objects.filter(measure__plan=self.plan)
            .select_related("measure__plan", "unit", "responsibility")
            .order_by("measure__number", "unit__kind", "unit__order")
        )
        days = _filing_days(period)
        for index, duty in enumerate(duties):
            filing = (
                self.script.get(str(duty.measure.number), {}).get(duty.unit.code, {}).get(str(period.quarter))
            )
            if filing and duty.covers(period.quarter):
                self.file(duty, period, filing, index, days)
        if period.quarter < 4:
            closed_at = _at(period.due_on + timedelta(days=1), 17)
            return close_period(period_id=period.pk, actor=self.office, at=closed_at)
        return period

    def file(
        self, duty: Assignment, period: ReportingPeriod, filing: dict[str, Any], index: int, days: list[date]
    ) -> None:
        """One filing from the first word to where it stands in the end."""
        actor = self.office if filing.get("proxy") else self.users[duty.unit_id]
        day = days[index % len(days)]
        if "late" in filing:
            day = _workday(period.due_on + timedelta(days=filing["late"]))
        handed_in = _at(day, _HOURS[index % len(_HOURS)], (index * 7) % 60)
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
        first = values | {"progress_text": filing["first"]} if "first" in filing else values
        update = self.submit(duty, period, actor, first, handed_in)
        if reason:
            day = _workday(day + timedelta(days=1))
            reviewed = _at(day, 10, (index * 11) % 60)
            update = return_update(
                update_id=update.pk, actor=self.colleague, version=update.version, reason=reason, at=reviewed
            )
            if end == "returned":
                return
            update = self.submit(duty, period, actor, values, _at(day, 15, (index * 13) % 60))
        if end == "submitted":
            return
        corrected = filing.get("corrected")
        approved = _at(
            _workday(day + timedelta(days=1)), _HOURS[(index * 3) % len(_HOURS)], (index * 17) % 60
        )
        approve_update(
            update_id=update.pk,
            actor=self.colleague if actor == self.office or index % 3 == 0 else self.office,
            version=update.version,
            correction=_correction(corrected) if corrected else None,
            at=min(approved, timezone.now()),
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

    def attach(self, duty: Assignment, period: ReportingPeriod, actor: User, name: str, at: datetime) -> None:
        """A real file of that name, which says that it is a sample."""
        lines = [
            name.rpartition(".")[0],
            f"{duty.unit.name}　{period}",
            f"措施{duty.measure.number}",
            "示例数据，仅供演示",
        ]
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
        "percent": Decimal(str(percent))
        if duty.measure.kind == Kind.TERMINAL and percent is not None
        else None,
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
        percent=None if percent is None else Decimal(str(percent)),
        status=data.get("status", ""),
        note=data["note"],
    )


def _filing_days(period: ReportingPeriod) -> list[date]:
    """The days on which units hand in: from the quarter's last to the due day, or in the last three before now."""
    if period.quarter == 4:
        first = period.opens_on + timedelta(days=3)
        return [first + timedelta(days=count) for count in range(3)]
    first = period.due_on - timedelta(days=10)
    days = (first + timedelta(days=count) for count in range(11))
    return [day for day in days if day == _workday(day)]


def _workday(day: date) -> date:
    """The day itself, or the next on which offices work. Only the days around the due days of 2024 are known."""
    while day.weekday() >= 5 or day in _HOLIDAYS:
        day += timedelta(days=1)
    return day


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


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
