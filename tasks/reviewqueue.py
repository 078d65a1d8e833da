"""The office's queue of one quarter: filtered, sorted, paged; and the way through it from one filing to the next."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django_tables2 import RequestConfig

from tasks.filtersets.review import DEFAULT_TAB, TABS, QueueFilter
from tasks.models import Amendment, ProgressUpdate, ReportingPeriod
from tasks.querysets import UpdateQuerySet
from tasks.readings import content_of, handed_in_for, snapshot_content
from tasks.rules import Status
from tasks.tables.review import QueueTable
from units.access import current_user

ROWS_PER_PAGE = 50


@dataclass(frozen=True)
class Tab:
    """A tab of the queue: its value in the address, its word, how many filings it holds."""

    value: str
    word: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class Place:
    """Where a filing stands in the queue: ids of its neighbours (None at an end), `number` from 1 (0: no longer in it)."""

    before: int | None
    after: int | None
    number: int
    total: int


def query_of(request: HttpRequest) -> str:
    """The query string that carries the queue's filter along: with its ?, without what is empty; empty for none."""
    filled = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if any(values):
            filled.setlist(name, values)
    return f"?{filled.urlencode()}" if filled else ""


class Queue:
    """What the address asks for. `query` (with its ?, or empty) carries it into a review and back."""

    def __init__(self, request: HttpRequest, period: ReportingPeriod) -> None:
        self.request, self.period = request, period
        self.user = current_user(request)
        self.query = query_of(request)
        self.filterset = QueueFilter(request.GET, self._base, period=period)

    @property
    def _base(self) -> QuerySet[ProgressUpdate]:
        return (
            ProgressUpdate.objects.visible_to(self.user)
            .filter(period=self.period)
            .exclude(status=Status.DRAFT)
            .order_by("submitted_at", "pk")
        )

    @property
    def tab(self) -> str:
        wanted = self.request.GET.get("status", "")
        if any(wanted == value for value, *_ in TABS):
            return wanted
        # Nothing waits in a quarter that is issued, unless it is being corrected.
        return "all" if self.period.is_issued and not self.is_amending else DEFAULT_TAB

    @cached_property
    def tabs(self) -> list[Tab]:
        """The states with how many filings the other filters leave in each."""
        counts = {
            row["status"]: row["n"]
            for row in self.filterset.qs.order_by().values("status").annotate(n=Count("pk", distinct=True))
        }
        tabs = []
        for value, word, states in TABS:
            parameters = self.request.GET.copy()
            parameters.pop("page", None)
            parameters["status"] = value
            count = sum(n for state, n in counts.items() if not states or state in states)
            tabs.append(Tab(value, word, count, "?" + parameters.urlencode(), value == self.tab))
        return tabs

    @property
    def filtered(self) -> UpdateQuerySet:
        states = next(states for value, _, states in TABS if value == self.tab)
        rows: UpdateQuerySet = self.filterset.qs
        return rows.filter(status__in=states) if states else rows

    @property
    def can_pick(self) -> bool:
        return (self.period.is_writable or self.is_amending) and self.tab in ("submitted", "all")

    @cached_property
    def is_amending(self) -> bool:
        """Whether the issued quarter is being corrected: then filings that the correction names are reviewed again."""
        return self.period.is_issued and Amendment.objects.open().filter(period=self.period).exists()

    @cached_property
    def table(self) -> QueueTable:
        """The page of the queue that was asked for; each row with `reading`, `files` and `has_part`."""
        rows = (
            self.filtered.annotate_amending()
            .select_related("assignment__measure", "assignment__unit", "submitted_by")
            .annotate(
                attached=Count("evidence", filter=Q(evidence__detached_at__isnull=True), distinct=True),
                has_part=Exists(ProgressUpdate.objects.filter(pk=OuterRef("pk")).touched_by(self.user)),
            )
        )
        table = self._sorted(rows, paginate=True)
        records = [row.record for row in table.paginated_rows]
        changes = handed_in_for(records, self.user)
        for record in records:
            change = changes.get(record.pk)
            record.reading = snapshot_content(change.snapshot) if change else content_of(record)
            record.files = len(change.evidence) if change else record.attached
        return table

    def place_of(self, update: ProgressUpdate) -> Place:
        """The neighbours of a filing; of one that has left the queue, those between which it would stand by its time."""
        order = list(self._sorted(self.filtered, paginate=False).data.data.values_list("pk", "submitted_at"))
        ids = [pk for pk, _ in order]
        if update.pk in ids:
            at = ids.index(update.pk)
            return Place(
                before=ids[at - 1] if at else None,
                after=ids[at + 1] if at + 1 < len(ids) else None,
                number=at + 1,
                total=len(ids),
            )
        own = (update.submitted_at, update.pk)
        earlier = [pk for pk, at in order if update.submitted_at and (at, pk) < own]
        later = [pk for pk in ids if pk not in set(earlier)]
        return Place(earlier[-1] if earlier else None, later[0] if later else None, 0, len(ids))

    def _sorted(self, rows: QuerySet[ProgressUpdate], *, paginate: bool) -> QueueTable:
        table = QueueTable(
            rows,
            query=self.query,
            can_pick=self.can_pick,
            one_state=self.tab != "all" and not self.period.is_issued,
            empty_text=self._empty_text,
        )
        pages = {"per_page": ROWS_PER_PAGE} if paginate else False
        RequestConfig(self.request, paginate=pages).configure(table)
        return table

    @property
    def _empty_text(self) -> str:
        if any(self.request.GET.get(name) for name in ("unit", "task", "late", "again", "q")):
            return "没有符合条件的填报。可放宽筛选条件后再查。"
        return {
            "submitted": "没有待审核的填报。单位提交后会出现在这里，先提交的排在前面。",
            "returned": "没有退回后待单位修改的填报。",
            "approved": "还没有通过审核的填报。",
        }.get(self.tab, "本季度还没有单位提交填报。")
