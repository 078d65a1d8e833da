"""Synthetic load: plans with filings in bulk, to measure the pages with. Marked 压力测试数据 wherever it shows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from tasks.errors import WorkflowError
from tasks.models import (
    Assignment,
    AssignmentRole,
    Measure,
    Plan,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
    Sample,
    Scope,
    StatusChange,
    TargetTask,
)
from tasks.rules import Kind, PeriodState, Progress, Status, default_dates
from units.models import Role, Unit, UnitKind, User

TASKS = 13
MEASURES = 21
UNITS_PER_MEASURE = 5
UNITS = 20
QUARTERS = 4
_BATCH = 1000
_TEXT = (
    "本季度按照年度计划安排，组织开展现场检查{n}次，出动执法人员{m}人次，发现问题{k}个，已督促整改到位；"
    "会同有关部门召开专题调度会2次，建立问题台账并逐项销号，相关工作按序时进度推进。"
)


def refuse_real_data(force: bool) -> None:
    """Raises WorkflowError where the database holds a plan that is not synthetic, unless forced."""
    if not force and Plan.objects.exclude(sample=Sample.LOAD).exists():
        raise WorkflowError("数据库中有真实或演示计划，不能写入压力测试数据。确需写入请加 --force。")


def generate(plans: int, password: str, *, measures: int = MEASURES) -> Iterator[Plan]:
    """Make `plans` plans of 13 tasks, `measures` measures, 5 units each and 4 quarters, one after another.

    That is 420 filings a plan, or 20 for each measure (4,200 measures: 84,000 filings). Also accounts load-office, load-leader
    and load-unit with `password`. Each plan is one transaction.
    """
    units = _units()
    office, author = _accounts(units[0], password)
    done = Plan.objects.filter(sample=Sample.LOAD).count()
    for index in range(done, done + plans):
        with transaction.atomic():
            plan = _plan(index, units, office, author, count=measures)
        # Outside: who stops listening would otherwise take the plan back.
        yield plan


def _units() -> list[Unit]:
    for number in range(1, UNITS + 1):
        Unit.objects.get_or_create(
            code=f"load-{number:02d}",
            defaults={
                "name": f"压测第{number}单位",
                "kind": UnitKind.STREET if number > 15 else UnitKind.GOVERNMENT,
                "order": 500 + number,
            },
        )
    return list(Unit.objects.filter(code__startswith="load-").order_by("code"))


def _accounts(unit: Unit, password: str) -> tuple[User, User]:
    made = []
    for username, name, role, own in (
        ("load-office", "压测审核员", Role.OFFICE, None),
        ("load-unit", "压测填报员", Role.REPORTER, unit),
        ("load-leader", "压测领导", Role.LEADER, None),
    ):
        user, _ = User.objects.get_or_create(
            username=username,
            defaults={"name": name, "role": role, "unit": own, "must_change_password": False},
        )
        user.set_password(password)
        user.save()
        made.append(user)
    return made[0], made[1]


def _plan(index: int, units: list[Unit], office: User, author: User, *, count: int) -> Plan:
    year = timezone.localdate().year - index // 10
    plan = Plan.objects.create(
        code=f"load-{index + 1:04d}",
        year=year,
        title=f"压力测试计划第{index + 1}号",
        issuer="压力测试",
        sample=Sample.LOAD,
    )
    tasks = TargetTask.objects.bulk_create(
        TargetTask(plan=plan, number=number, title=f"压力测试目标任务之{number}")
        for number in range(1, TASKS + 1)
    )
    measures = Measure.objects.bulk_create(
        Measure(
            plan=plan,
            task=tasks[(number - 1) * TASKS // count],
            number=number,
            text=f"压力测试措施之{number}。" + "加强日常监管，严格落实责任，持续推进问题整改。" * 2,
            units_text="、".join(units[(number + place) % UNITS].name for place in range(UNITS_PER_MEASURE)),
            kind=Kind.TERMINAL if number % 5 == 0 else Kind.ONGOING,
        )
        for number in range(1, count + 1)
    )
    parties = Responsibility.objects.bulk_create(
        Responsibility(
            measure=measure,
            order=place + 1,
            printed=units[(measure.number + place) % UNITS].name,
            scope=Scope.UNIT,
            unit=units[(measure.number + place) % UNITS],
        )
        for measure in measures
        for place in range(UNITS_PER_MEASURE)
    )
    duties = Assignment.objects.bulk_create(
        Assignment(
            measure=party.measure,
            unit=party.unit,
            responsibility=party,
            role=AssignmentRole.LEAD if party.order == 1 else AssignmentRole.SUPPORT,
        )
        for party in parties
    )
    for period in _periods(plan):
        _file(period, duties, office, author)
    return plan


def _periods(plan: Plan) -> list[ReportingPeriod]:
    """Three closed quarters and an open one."""
    rows = []
    for quarter in range(1, QUARTERS + 1):
        opens, due = default_dates(plan.year, quarter)
        closed = quarter < QUARTERS
        rows.append(
            ReportingPeriod(
                plan=plan,
                quarter=quarter,
                opens_on=opens,
                due_on=due,
                state=PeriodState.CLOSED if closed else PeriodState.OPEN,
                closed_at=timezone.make_aware(datetime(due.year, due.month, due.day, 18)) if closed else None,
            )
        )
    return ReportingPeriod.objects.bulk_create(rows)


def _file(period: ReportingPeriod, duties: list[Assignment], office: User, author: User) -> None:
    """A filing for every duty; nine of ten are approved, the others wait."""
    at = timezone.make_aware(datetime(period.due_on.year, period.due_on.month, period.due_on.day, 10))
    updates = ProgressUpdate.objects.bulk_create(
        (_update(period, duty, place, office, author, at) for place, duty in enumerate(duties)),
        batch_size=_BATCH,
    )
    changes = []
    for update in updates:
        changes.append(_change(update, Status.DRAFT, Status.SUBMITTED, author, at))
        if update.status == Status.APPROVED:
            changes.append(
                _change(update, Status.SUBMITTED, Status.APPROVED, office, at + timedelta(hours=20))
            )
    StatusChange.objects.bulk_create(changes, batch_size=_BATCH)


def _update(
    period: ReportingPeriod, duty: Assignment, place: int, office: User, author: User, at: datetime
) -> ProgressUpdate:
    approved = place % 10 != 9
    terminal = duty.measure.kind == Kind.TERMINAL
    status = (
        Progress.IN_PROGRESS if terminal else Progress.PARTIAL if place % 7 == 0 else Progress.ON_SCHEDULE
    )
    return ProgressUpdate(
        assignment=duty,
        period=period,
        status=Status.APPROVED if approved else Status.SUBMITTED,
        version=2,
        percent=Decimal(period.quarter * 25 - place % 25) if terminal else None,
        self_status=status,
        progress_text=_TEXT.format(n=place % 30 + 5, m=place % 50 + 20, k=place % 9 + 1),
        problems="部分点位反复，需持续巡查。" if place % 4 == 0 else "",
        next_steps="继续加大巡查力度，巩固整改成果。",
        written_by=author,
        written_at=at,
        submitted_by=author,
        submitted_at=at,
        first_submitted_at=at,
        decided_by=office if approved else None,
        decided_at=at + timedelta(hours=20) if approved else None,
    )


def _change(update: ProgressUpdate, old: str, new: str, actor: User, at: datetime) -> StatusChange:
    return StatusChange(
        update=update,
        from_status=old,
        to_status=new,
        actor=actor,
        actor_name=actor.name,
        actor_unit="压测",
        at=at,
        version=2,
        snapshot={"progress_text": update.progress_text, "self_status": update.self_status},
    )
