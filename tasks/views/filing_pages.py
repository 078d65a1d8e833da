"""The answers of a filing's form: the form again, and both texts beside each other after a conflict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tasks.evidence_types import ACCEPTED_TEXT, TYPES
from tasks.filingpage import FilingPage, raw, shown
from tasks.forms.filing import FilingForm
from tasks.models import ReportingPeriod
from tasks.models.filing import TEXT_MAX
from tasks.services.evidence import FILES_MAX
from xigang_eco.http import CONFLICT


def reread(page: FilingPage) -> FilingPage:
    """The same page read anew, after a write or a refusal."""
    period = ReportingPeriod.objects.select_related("plan").get(pk=page.period.pk)
    return FilingPage(page.assignment, period, page.user)


def rebound(page: FilingPage, form: FilingForm, **changed: Any) -> FilingForm:
    """The typed text in a new form whose hidden fields say `changed`."""
    data = {name: form.data.get(name, "") for name in form.fields}
    data["base"] = page.base_marks(form)
    again = page.form(data | {name: str(value) for name, value in changed.items()})
    again.is_valid()
    for error in form.non_field_errors():
        again.add_error(None, error)
    return again


def form_page(
    request: HttpRequest,
    page: FilingPage,
    form: FilingForm,
    *,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
    bad_files: list[str] | None = None,
) -> HttpResponse:
    """The form, or, where writing is over, what was typed beside the reason."""
    context = {
        "page": page,
        "form": form,
        "problems": problems or {},
        "summary": _summary(form, problems or {}),
        "bad_files": bad_files or [],
        "kept": [] if form.is_bound or form.initial.get("restored") else page.kept,
        "restored": form.initial.get("restored"),
        "labels": {name: str(form[name].label) for name in form.content_names},
        **_limits(),
    }
    return render(request, "tasks/filing.html", context, status=status)


def closed_page(request: HttpRequest, page: FilingPage) -> HttpResponse:
    """The filing as it stands, and why it may not be written now; what the person's tabs kept is still offered."""
    form = page.form()
    labels = {name: str(form[name].label) for name in form.content_names}
    context = {"page": page, "kept": [] if page.is_hidden else page.kept, "labels": labels}
    return render(request, "tasks/filing_closed.html", context)


def _limits() -> dict[str, Any]:
    return {
        "text_max": TEXT_MAX,
        "files_max": FILES_MAX,
        "file_mb": settings.EVIDENCE_MAX_MB,
        "file_bytes": settings.EVIDENCE_MAX_BYTES,
        "accepted": ACCEPTED_TEXT,
        "accept": ",".join(f".{extension}" for extension in TYPES),
    }


def _summary(form: FilingForm, problems: Mapping[str, str]) -> list[tuple[str, str]]:
    """(anchor, text) of everything that is wrong, in the order of the page."""
    rows: list[tuple[str, str]] = []
    if form.is_bound:
        for name in form.content_names:
            rows += [(f"field-{name}", f"{form[name].label}：{text}") for text in form.errors.get(name, [])]
        hidden = set(form.errors) - set(form.content_names) - {"__all__"}
        if hidden:
            rows.append(("filing-form", "页面信息不完整，请复制已填内容后刷新页面重试。"))
    rows += [(f"field-{name}", text) for name, text in problems.items() if name not in form.content_names]
    return rows


@dataclass(frozen=True)
class Difference:
    """A field that reads otherwise in the filing than in the person's form."""

    field: BoundField
    theirs: str
    theirs_raw: str
    taken: bool


def conflict_page(
    request: HttpRequest, page: FilingPage, form: FilingForm, message: str, *, tab: str
) -> HttpResponse:
    """409: what stands now beside what was typed, field by field. Saving again is then on the newer base.

    Where the person changed nothing, what the other wrote is taken over and marked so.
    """
    fresh = reread(page)
    untouched = form.untouched()
    differing, changed = set(), {"base_version": str(fresh.version), "tab": tab}
    for name in form.content_names:
        if raw(fresh.content.get(name)) != raw(form.cleaned_data.get(name)):
            differing.add(name)
            if name in untouched:
                changed[name] = raw(fresh.content.get(name))
    again = rebound(fresh, form, **changed)
    again.is_valid()
    differences = [
        Difference(
            field,
            shown(field.name, fresh.content.get(field.name)),
            raw(fresh.content.get(field.name)),
            field.name in untouched,
        )
        for field in again.content_fields()
        if field.name in differing
    ]
    context = {
        "page": fresh,
        "form": again,
        "message": message,
        "differences": differences,
        "labels": {name: str(again[name].label) for name in again.content_names},
        "same": [field for field in again.content_fields() if field.name not in differing],
        **_limits(),
    }
    return render(request, "tasks/conflict.html", context, status=CONFLICT)
