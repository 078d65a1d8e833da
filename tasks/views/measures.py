"""The office's page for keeping one measure: kind and 序时进度, who leads, whom the printed parties mean, duties."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from tasks.deadlines import dues_of
from tasks.errors import WorkflowError
from tasks.forms.manage import DeadlineForm, DutyForm, LeadForm, MeasureForm, PartyForm, unit_choices
from tasks.keeping import PartyRow, open_quarters, party_rows
from tasks.models import Assignment, AssignmentRole, Measure, ReportingPeriod, Responsibility, Scope
from tasks.planpage import plan_page
from tasks.services.duties import reopen_party, set_duty_quarters, settle_group_party, settle_party
from tasks.services.plans import confirm_kind, confirm_lead, set_deadline, set_measure
from tasks.spans import quarters_of
from units.access import current_user, roles_allowed
from units.models import Role, Unit
from xigang_eco.http import INVALID, redirect_to_top


class MeasurePage:
    """The page of one measure with its forms; a refused form takes the place of the fresh one."""

    def __init__(self, request: HttpRequest, period: ReportingPeriod, number: int) -> None:
        self.request, self.period = request, period
        self.measure = get_object_or_404(
            Measure.objects.select_related("plan", "task"), plan=period.plan_id, number=number
        )
        self.user = current_user(request)
        self.rows = party_rows(self.measure)
        self.refused: dict[str, Any] = {}

    @property
    def duties(self) -> list[Assignment]:
        return [row.duty for party in self.rows for row in party.duties]

    def party(self, order: int) -> PartyRow:
        """404 where no party of that order is printed, or it is a single unit: there is nothing to settle."""
        for row in self.rows:
            if row.party.order == order and row.party.scope != Scope.UNIT:
                return row
        raise Http404

    def lead_form(self, data: Any = None) -> LeadForm:
        candidates = [
            row.duty
            for party in self.rows
            if party.party.scope == Scope.UNIT
            for row in party.duties
            if not row.is_ended
        ]
        lead = next((duty.pk for duty in candidates if duty.role == AssignmentRole.LEAD), None)
        form = LeadForm(data, candidates=candidates, initial=lead)
        if lead is None and self.measure.lead_confirmed:
            form.initial["lead"] = LeadForm.NOBODY
        return form

    def party_form(self, row: PartyRow, data: Any = None) -> PartyForm:
        named = [duty.duty.unit_id for duty in row.duties if quarters_of(duty.duty.span)]
        return PartyForm(
            data,
            party=row.party,
            quarters=self._quarters,
            units=unit_choices(self._units_for(row), self._notes(row)) if row.is_picked else None,
            initial=named,
        )

    @cached_property
    def _quarters(self) -> list[tuple[int, str]]:
        return open_quarters(self.measure.plan)

    @cached_property
    def _units(self) -> list[Unit]:
        """Units in use, and those out of use that have a duty here."""
        mine = [duty.unit_id for duty in self.duties]
        return list(Unit.objects.filter(Q(is_active=True) | Q(pk__in=mine)))

    def _units_for(self, row: PartyRow) -> list[Unit]:
        """Whom a party may mean: the members of its group where they are known, otherwise any unit."""
        own = {duty.duty.unit_id for duty in row.duties}
        members = {unit.pk for unit, _ in row.members}
        return [
            unit
            for unit in self._units
            if unit.pk in own or (unit.is_active and (not members or unit.pk in members))
        ]

    def _notes(self, row: PartyRow) -> dict[int, str]:
        """Units that another party of the cell names: their duty stays there."""
        return {
            duty.unit_id: f"已由“{duty.responsibility.printed}”列名"
            for duty in self.duties
            if duty.responsibility_id != row.party.pk
        }

    def response(self, status: int = 200) -> HttpResponse:
        parties = []
        for row in self.rows:
            form = None
            if row.party.scope != Scope.UNIT:
                form = self.refused.get(f"party-{row.party.order}") or self.party_form(row)
            parties.append((row, form))
        duties = [
            (party, row, self.refused.get(f"duty-{row.duty.pk}") or DutyForm(duty=row.duty))
            for party in self.rows
            for row in party.duties
        ]
        numbers = list(
            Measure.objects.filter(plan=self.period.plan_id)
            .order_by("number")
            .values_list("number", flat=True)
        )
        at = numbers.index(self.measure.number)
        context = {
            "measure": self.measure,
            "form": self.refused.get("measure") or MeasureForm(measure=self.measure),
            "deadline_form": self._deadline_form(),
            "lead_form": self.refused.get("lead") or self.lead_form(),
            "parties": parties,
            "duties": duties,
            "before": numbers[at - 1] if at else None,
            "after": numbers[at + 1] if at + 1 < len(numbers) else None,
        }
        return render(self.request, "tasks/manage/measure.html", context, status=status)

    def _deadline_form(self) -> DeadlineForm | None:
        """Where the plan knows deadlines at all."""
        if "deadline" in self.refused:
            form: DeadlineForm = self.refused["deadline"]
            return form
        return DeadlineForm(measure=self.measure) if dues_of(self.measure.plan_id) else None

    def refuse(self, name: str, form: Any, error: WorkflowError | None = None) -> HttpResponse:
        """The page again with what was typed and why it was not saved."""
        if error is not None:
            form.add_error(None, str(error))
        self.refused[name] = form
        return self.response(INVALID)

    def done(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return self.back()

    def back(self) -> HttpResponse:
        return redirect_to_top(
            "tasks:measure_manage", self.period.plan.code, self.period.quarter, self.measure.number
        )


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
@plan_page
def measure_manage(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    """The page; POST saves kind, 序时进度 and indicator."""
    page = MeasurePage(request, period, number)
    if request.method != "POST":
        return page.response()
    form = MeasureForm(request.POST, measure=page.measure)
    if not form.is_valid():
        return page.refuse("measure", form)
    try:
        set_measure(measure_id=page.measure.pk, actor=page.user, **form.values())
    except WorkflowError as error:
        return page.refuse("measure", form, error)
    return page.done("类型、序时进度和指标已保存。")


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def measure_kind(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    """Confirm the kind as listed, with one click in the plan's table."""
    measure = get_object_or_404(Measure, plan=period.plan_id, number=number)
    try:
        confirm_kind(measure_id=measure.pk, actor=current_user(request), kind=request.POST.get("kind", ""))
    except WorkflowError as error:
        return _not_in_table(request, period, str(error))
    messages.success(request, f"措施{number}的类型已核实。")
    return _to_table(period, number)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def measure_deadline(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    """Say what the printed deadline means."""
    page = MeasurePage(request, period, number)
    form = DeadlineForm(request.POST, measure=page.measure)
    if not form.is_valid():
        return page.refuse("deadline", form)
    try:
        set_deadline(measure_id=page.measure.pk, actor=page.user, **form.cleaned_data)
    except WorkflowError as error:
        return page.refuse("deadline", form, error)
    return page.done("完成时限的认定已保存。")


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def measure_lead(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    """Confirm who leads, from the measure's page or (`next` = table) with one click in the plan's table."""
    page = MeasurePage(request, period, number)
    form = page.lead_form(request.POST)
    in_table = request.POST.get("next") == "table"
    if not form.is_valid():
        if in_table:
            return _not_in_table(
                request, period, f"措施{number}的责任单位刚刚有变化，请核对后再确认牵头单位。"
            )
        return page.refuse("lead", form)
    try:
        confirm_lead(measure_id=page.measure.pk, actor=page.user, assignment_id=form.assignment_id)
    except WorkflowError as error:
        if in_table:
            return _not_in_table(request, period, str(error))
        return page.refuse("lead", form, error)
    if in_table:
        messages.success(request, f"措施{number}的牵头单位已确认。")
        return _to_table(period, number)
    return page.done("牵头单位已确认。")


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def settle(request: HttpRequest, period: ReportingPeriod, number: int, order: int) -> HttpResponse:
    """Say whom a printed party means, or (`action` = reopen) that this is 待确认 again."""
    page = MeasurePage(request, period, number)
    row = page.party(order)
    name = f"party-{order}"
    if request.POST.get("action") == "reopen":
        try:
            reopen_party(responsibility_id=row.party.pk, actor=page.user)
        except WorkflowError as error:
            messages.error(request, str(error))
            return page.back()
        done = "已不再确定单位。" if row.party.scope == Scope.NOTE else "已恢复为待确认。"
        return page.done(f"“{row.party.printed}”{done}")
    form = page.party_form(row, request.POST)
    if not form.is_valid():
        return page.refuse(name, form)
    first_quarter = form.cleaned_data["first_quarter"]
    try:
        if row.is_picked:
            chosen = form.cleaned_data["units"]
            party = settle_party(
                responsibility_id=row.party.pk,
                actor=page.user,
                unit_ids=chosen,
                first_quarter=first_quarter,
            )
        else:
            chosen = []
            party = settle_group_party(
                responsibility_id=row.party.pk, actor=page.user, first_quarter=first_quarter
            )
    except WorkflowError as error:
        return page.refuse(name, form, error)
    return page.done(_settled_text(party, chosen))


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def duty_quarters(request: HttpRequest, period: ReportingPeriod, number: int, pk: int) -> HttpResponse:
    """From and to which quarter one unit has its duty."""
    page = MeasurePage(request, period, number)
    duty = next((row for row in page.duties if row.pk == pk), None)
    if duty is None:
        raise Http404
    form = DutyForm(request.POST, duty=duty)
    name = f"duty-{pk}"
    if not form.is_valid():
        return page.refuse(name, form)
    try:
        set_duty_quarters(assignment_id=pk, actor=page.user, **form.cleaned_data)
    except WorkflowError as error:
        return page.refuse(name, form, error)
    return page.done(f"{duty.unit}的责任期限已保存。")


def _settled_text(party: Responsibility, chosen: list[int]) -> str:
    """What came of it, with the two things that may surprise."""
    rows = list(party.assignments.select_related("unit"))
    named = {row.unit_id for row in rows}
    text = f"“{party.printed}”已确认，落实到 {sum(bool(quarters_of(row.span)) for row in rows)} 个单位。"
    elsewhere = Unit.objects.filter(pk__in=set(chosen) - named)
    if elsewhere:
        text += f"{'、'.join(unit.name for unit in elsewhere)}已由本措施其他责任主体列名，责任仍归原处。"
    kept = [row.unit.name for row in rows if chosen and row.unit_id not in chosen]
    if kept:
        text += f"{'、'.join(kept)}已有填报或已列入通报，责任保留到相应季度为止。"
    return text


def _not_in_table(request: HttpRequest, period: ReportingPeriod, message: str) -> HttpResponse:
    """The plan's table from its top, where the message stands."""
    messages.error(request, message)
    return redirect("tasks:plan_manage", period.plan.code, period.quarter)


def _to_table(period: ReportingPeriod, number: int) -> HttpResponse:
    """The plan's table at the row, which shows what came of it."""
    url = reverse("tasks:plan_manage", args=[period.plan.code, period.quarter])
    return redirect(f"{url}#m{number}")
