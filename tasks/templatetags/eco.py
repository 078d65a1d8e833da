"""What templates of all apps share: figures, lights and marks in one spelling, and the links of the page's head."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypedDict

from django import template
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django_tables2 import Table

from tasks.deadlines import Due, due_of
from tasks.models import Measure
from tasks.numbers import NO_VALUE, number_text, percent_text
from tasks.planpage import first_page
from tasks.rules import Filing, Light, Progress, Status
from units.access import current_user
from units.models import Role

register = template.Library()


@register.filter
def percent(value: Decimal | None) -> str:
    """62.5%, 60%; a dash for None."""
    return percent_text(value)


@register.filter
def number(value: Decimal | None) -> str:
    """62.5, 60; a dash for None."""
    return NO_VALUE if value is None else number_text(value)


@register.filter
def points(value: Decimal | None) -> str:
    """A difference of percentages with its sign: +3.5, −12; a dash for None."""
    if value is None:
        return NO_VALUE
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{number_text(abs(value))}"


@register.simple_tag
def light(value: str, label: str = "") -> SafeString:
    """A 进展灯 with its word; `label` where the word is more exact (待确认, 未到期)."""
    return format_html('<span class="light light-{}">{}</span>', value, label or Light(value).label)


@register.simple_tag
def filing_light(value: str) -> SafeString:
    """A 填报灯."""
    return format_html('<span class="tag tag-{}">{}</span>', value, Filing(value).label)


@register.simple_tag
def status_tag(value: str) -> SafeString:
    """A 流转状态."""
    return format_html('<span class="tag tag-{}">{}</span>', value, Status(value).label)


@register.filter
def progress_label(value: str) -> str:
    """The word of a 自评状态 or 核定状态; a dash where there is none."""
    return str(Progress(value).label) if value else NO_VALUE


@register.simple_tag
def bar(percent: Decimal | None, light: str, expected: Decimal | None = None) -> SafeString:
    """A small bar of a percent, with a mark at 序时进度. Decoration: the figure stands beside it."""
    if percent is None:
        return SafeString("")
    mark = "" if expected is None else format_html('<b style="left:{}%"></b>', number_text(expected))
    return format_html(
        '<span class="bar bar-{}" aria-hidden="true"><i style="width:{}%"></i>{}</span>',
        light,
        number_text(percent),
        mark,
    )


@register.filter
def due(measure: Measure) -> Due | None:
    """The measure's deadline; None where none is printed or set."""
    return due_of(measure)


@register.filter
def item(rows: Mapping[Any, Any], key: object) -> Any:
    """The entry of a mapping under a key; None where there is none."""
    return rows.get(key)


@register.filter
def page_numbers(paginator: Paginator, current: int) -> Iterator[int | None]:
    """Numbers to link to: ends and neighbourhood; None for a gap."""
    for item in paginator.get_elided_page_range(current, on_each_side=2, on_ends=1):
        yield item if isinstance(item, int) else None


@register.simple_tag(takes_context=True)
def query(context: RequestContext, name: str, value: object) -> str:
    """The page's query string with one parameter changed (removed when empty)."""
    parameters = context["request"].GET.copy()
    if value in (None, ""):
        parameters.pop(name, None)
    else:
        parameters[name] = str(value)
    return "?" + parameters.urlencode()


class NavLink(TypedDict):
    label: str
    url: str
    current: bool


_READING = [
    ("总览", "reports:overview", {"overview"}),
    ("措施清单", "reports:measures", {"measures", "measure"}),
    ("目标任务", "reports:tasks", {"tasks", "task"}),
    ("责任单位", "reports:units", {"units", "unit"}),
    ("计划正文", "reports:text", {"text"}),
    (
        "通报",
        "reports:bulletin",
        {
            "bulletin",
            "bulletins",
            "bulletin_draft",
            "bulletin_issue",
            "bulletin_correct",
            "edition",
            "verify",
        },
    ),
]
_UPLOADS = {"filing_upload", "filing_upload_page"}
_FILING_PAGES = {"workbench", "filing", "no_work", *_UPLOADS}
_OWN: dict[str, list[tuple[str, str, set[str]]]] = {
    Role.REPORTER: [("工作台", "tasks:workbench", _FILING_PAGES)],
    Role.APPROVER: [("工作台", "tasks:workbench", _FILING_PAGES)],
    Role.OFFICE: [
        ("待办", "tasks:desk", {"desk"}),
        (
            "审核",
            "tasks:review_queue",
            {
                "review_queue",
                "review",
                "decide",
                "reopen",
                "update",
                "filing",
                "no_work",
                "measure_summary",
                *_UPLOADS,
            },
        ),
    ],
}
_KEEPING = {
    "accounts", "account", "account_new", "unit_list", "unit_new", "unit_edit", "change_log", "plan_manage",
    "measure_manage", "demands", "groups", "group", "group_new", "imports", "plan_import",
    # Addresses that show the same pages again when a form is refused.
    "thresholds", "period_dates", "measure_lead", "settle_party", "duty_quarters", "demand_link", "member_add",
    "member_end", "alias_add", "group_alias_add", "account_reset", "import_replace", "import_details", "import_choose",
    "import_accept", "import_compare", "import_discard", "import_confirm",
}  # fmt: skip


@register.simple_tag(takes_context=True)
def nav_links(context: RequestContext) -> list[NavLink]:
    """The links of the main navigation for the person's role, the current one marked."""
    request: HttpRequest = context["request"]
    user, period = current_user(request), context.get("period")
    match = request.resolver_match
    name = match.url_name if match else ""
    # 总览 … 通报 and the keeping pages share names like "units" with other apps.
    here = f"{match.app_name}:{name}" if match else ""
    links: list[NavLink] = []
    if period is not None:
        args = [period.plan.code, period.quarter]
        for label, target, names in [*_OWN.get(user.role, ()), *_READING]:
            app = target.partition(":")[0]
            links.append(
                {
                    "label": label,
                    "url": reverse(target, args=args),
                    "current": here in {f"{app}:{n}" for n in names},
                }
            )
    if user.is_office and period is not None:
        keep = reverse("tasks:plan_manage", args=[period.plan.code, period.quarter])
        links.append(
            {"label": "维护", "url": keep, "current": name in _KEEPING and not here.startswith("reports:")}
        )
    elif user.is_office or user.role == Role.ADMIN:
        links.append({"label": "账号与日志", "url": reverse("units:accounts"), "current": name in _KEEPING})
    return links


@register.simple_tag(takes_context=True)
def switch_url(context: RequestContext, plan_code: str, quarter: int) -> str:
    """The same page for another plan or quarter; where it has none, the person's first page of that quarter."""
    request: HttpRequest = context["request"]
    match = request.resolver_match
    if match and "plan_code" in match.kwargs and request.method in ("GET", "HEAD"):
        same_plan = match.kwargs["plan_code"] == plan_code
        kwargs: dict[str, Any] = dict(match.kwargs) | {"plan_code": plan_code, "quarter": quarter}
        # Measure 21 of one plan is nothing to another.
        if same_plan or set(kwargs) == {"plan_code", "quarter"}:
            try:
                url = reverse(match.view_name, kwargs=kwargs)
            except NoReverseMatch:
                url = ""
            if url:
                text = request.GET.copy()
                text.pop("page", None)
                return f"{url}?{text.urlencode()}" if same_plan and text else url
    return reverse(first_page(current_user(request)), args=[plan_code, quarter])


@register.simple_tag
def table_rows(table: Table) -> SafeString:
    """The body rows of a django-tables2 table. Its own loop works out every column's attributes anew for each cell."""
    columns = [(column.name, column.attrs["td"].get("class", "")) for column in table.columns]
    opening = {name: format_html('<td class="{}">', css) if css else "<td>" for name, css in columns}
    lines = []
    for row in table.paginated_rows:
        css = row.attrs.get("class", "")
        cells = "".join(
            f"{opening[name]}{conditional_escape(row.get_cell(name))}</td>" for name, _ in columns
        )
        lines.append((format_html('<tr class="{}">', css) if css else "<tr>") + cells + "</tr>\n")
    return mark_safe("".join(lines))  # noqa: S308 - every cell is escaped above
