"""The office's side: the queue, one filing beside everything that helps to judge it, and the decision."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tasks.errors import BadCorrection, Overtaken, WorkflowError
from tasks.forms.review import USUAL_REASONS, DecisionForm, ReasonForm
from tasks.models import ProgressUpdate, ReportingPeriod, StatusChange
from tasks.planpage import plan_page, remember_period
from tasks.readpage import load_for, with_people
from tasks.reviewpage import ReviewPage
from tasks.reviewqueue import Place, Queue, query_of
from tasks.rules import Status
from tasks.services.review import OWN_PART, approve_update, overtaken, reopen_update, return_update
from tasks.services.review import approve_many as approve_all
from units.access import current_user, roles_allowed
from units.models import Role
from xigang_eco.http import BAD_QUERY, CONFLICT, INVALID

# More than a page of the queue cannot be ticked.
_PICKS_MAX = 200
_PICK = re.compile(r"([0-9]{1,18}):([0-9]{1,9})", re.ASCII)


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def review_queue(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """What units handed in for the quarter, oldest first; the address holds the filter."""
    queue = Queue(request, period)
    status = None if queue.filterset.is_valid() else BAD_QUERY
    return render(request, "tasks/review/queue.html", {"queue": queue}, status=status)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def approve_many(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Approve the ticked ones (`pick`: id:version) as they stand; what was refused is said one by one."""
    back = _queue_url(request, period)
    picks = _picks(request.POST.getlist("pick"))
    if not picks:
        messages.warning(request, "请先勾选要通过的填报。")
        return redirect(back)
    user = current_user(request)
    named = {
        update.pk: f"措施{update.assignment.measure.number}（{update.assignment.unit.name}）"
        for update in ProgressUpdate.objects.filter(
            _once_handed_in(), period=period, pk__in=picks
        ).select_related("assignment__measure", "assignment__unit")
    }
    approved, refused = approve_all(
        updates=[(pk, version) for pk, version in picks.items() if pk in named], actor=user
    )
    if approved:
        messages.success(request, f"已通过 {len(approved)} 件填报。")
    for pk, why in refused:
        messages.warning(request, f"{named[pk]}未通过：{why}")
    if len(named) < len(picks):
        messages.warning(request, f"另有 {len(picks) - len(named)} 件不在本季度的审核范围内，未作处理。")
    return redirect(back)


@require_safe
@roles_allowed(Role.OFFICE)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One filing to be reviewed, or how it was decided."""
    user = current_user(request)
    update = get_object_or_404(load_for(user).exclude(status=Status.DRAFT), pk=pk)
    remember_period(request, update.period)
    return _page(request, update, Queue(request, update.period).place_of(update))


@require_POST
@roles_allowed(Role.OFFICE)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or return, then go on to the next filing of the queue."""
    update = _handed_in(request, pk)
    if update.status == Status.DRAFT:
        return _refused(request, pk, overtaken(update, current_user(request)))
    place = Queue(request, update.period).place_of(update)
    form = DecisionForm(request.POST, update=update)
    if not form.is_valid():
        return _page(request, update, place, Shown(form=form), status=INVALID)
    values = form.cleaned_data
    what = f"措施{update.assignment.measure.number}（{update.assignment.unit.name}）"
    try:
        if values["decision"] == "approve":
            decided = approve_update(
                update_id=pk,
                actor=current_user(request),
                version=values["version"],
                correction=form.correction(),
                comment=values["comment"],
            )
            corrected = "，并记录核定结果" if decided.is_corrected else ""
            done = f"{what}已审核通过{corrected}。"
        else:
            return_update(
                update_id=pk,
                actor=current_user(request),
                version=values["version"],
                reason=values["reason"],
            )
            done = f"{what}已退回，单位可在工作台看到退回原因。"
    except BadCorrection as error:
        form.add_error(None, str(error))
        return _page(request, update, place, Shown(form=form), status=INVALID)
    except WorkflowError as error:
        return _refused(request, pk, error)
    messages.success(request, done)
    return _go_on(request, update.period, place)


@require_POST
@roles_allowed(Role.OFFICE)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an approval back with a reason; the unit may edit again."""
    update = _handed_in(request, pk)
    if update.status == Status.DRAFT:
        return _refused(request, pk, overtaken(update, current_user(request)))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        place = Queue(request, update.period).place_of(update)
        return _page(request, update, place, Shown(reopen_form=form), status=INVALID)
    try:
        reopen_update(update_id=pk, actor=current_user(request), **form.cleaned_data)
    except WorkflowError as error:
        return _refused(request, pk, error)
    messages.success(request, "已重新打开并退回单位修改。")
    return redirect(_with_query(request, reverse("tasks:review", args=[pk])))


def _once_handed_in() -> Q:
    """Filings that a reviewer may have on the screen: what the office reads, and what was withdrawn since."""
    submissions = StatusChange.objects.filter(update=OuterRef("pk"), to_status=Status.SUBMITTED)
    return ~Q(status=Status.DRAFT) | Q(Exists(submissions))


def _handed_in(request: HttpRequest, pk: int) -> ProgressUpdate:
    """The filing, also where it was withdrawn since: then it is a draft, and its text is not for the office."""
    update = get_object_or_404(with_people(ProgressUpdate.objects.filter(_once_handed_in())), pk=pk)
    remember_period(request, update.period)
    return update


@dataclass
class Shown:
    """The forms and notices of a review page; a form left out is made afresh where there is something to decide."""

    form: DecisionForm | None = None
    reopen_form: ReasonForm | None = None
    refusal: str = ""
    # (label, text) of what was typed and has no field to stand in any more.
    typed: list[tuple[str, str]] = field(default_factory=list)


def _page(
    request: HttpRequest,
    update: ProgressUpdate,
    place: Place,
    shown: Shown | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    shown = shown or Shown()
    page = ReviewPage(update, current_user(request))
    if page.can_review and page.may_decide:
        shown.form = shown.form or DecisionForm(update=update)
    if page.can_reopen:
        shown.reopen_form = shown.reopen_form or ReasonForm(initial={"version": update.version})
    context: dict[str, Any] = {
        "page": page,
        "update": update,
        "place": place,
        "shown": shown,
        "query": _with_query(request, ""),
        "queue_url": _queue_url(request, update.period),
        "reasons": USUAL_REASONS,
        "own_part": OWN_PART,
    }
    return render(request, "tasks/review/review.html", context, status=status)


def _refused(request: HttpRequest, pk: int, error: WorkflowError) -> HttpResponse:
    """409: why nothing was done, the filing as it stands now, and what was typed."""
    update = _handed_in(request, pk)
    labels = {"reason": "退回原因", "note": "核定说明", "comment": "审核意见"}
    typed = {name: text for name in DecisionForm.base_fields if (text := request.POST.get(name))}
    shown = Shown(
        refusal=str(error), typed=[(label, typed[name]) for name, label in labels.items() if name in typed]
    )
    if update.status == Status.DRAFT:
        context = {"update": update, "shown": shown, "queue_url": _queue_url(request, update.period)}
        return render(request, "tasks/review/withdrawn.html", context, status=CONFLICT)
    if update.status == Status.SUBMITTED and isinstance(error, Overtaken):
        # Handed in anew: what was typed may still be right, and is sent again on the text that stands now.
        shown.form = DecisionForm(update=update, initial=typed | {"version": update.version})
        shown.typed = []
    return _page(request, update, Queue(request, update.period).place_of(update), shown, status=CONFLICT)


def _go_on(request: HttpRequest, period: ReportingPeriod, place: Place) -> HttpResponseRedirect:
    """To the next filing of the queue as it stood before; at its end, back to the list."""
    if place.after is None:
        return redirect(_queue_url(request, period))
    return redirect(_with_query(request, reverse("tasks:review", args=[place.after])))


def _queue_url(request: HttpRequest, period: ReportingPeriod) -> str:
    return _with_query(request, reverse("tasks:review_queue", args=[period.plan.code, period.quarter]))


def _with_query(request: HttpRequest, url: str) -> str:
    """The address with the queue's filter carried along."""
    return url + query_of(request)


def _picks(pairs: list[str]) -> dict[int, int]:
    """id → version of the ticked boxes; 400 for anything that no box of ours holds."""
    matches = [_PICK.fullmatch(pair) for pair in pairs]
    if len(pairs) > _PICKS_MAX or not all(matches):
        raise BadRequest("not the boxes of the queue")
    return {int(match[1]): int(match[2]) for match in matches if match}
