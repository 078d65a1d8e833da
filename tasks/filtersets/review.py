"""How the office narrows the review queue of one quarter."""

from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.forms import HiddenInput

from tasks.models import ProgressUpdate, ReportingPeriod, StatusChange, TargetTask
from tasks.readings import MENDING
from tasks.rules import Status
from units.models import Unit

# Tabs of the queue: value in the address, word, the states it shows. 印发 turns two of them into their frozen twins.
TABS: list[tuple[str, str, tuple[str, ...]]] = [
    ("submitted", "待审核", (Status.SUBMITTED, Status.UNREVIEWED)),
    ("returned", "已退回", (Status.RETURNED, Status.UNMENDED)),
    ("approved", "已通过", (Status.APPROVED,)),
    ("all", "全部", ()),
]
DEFAULT_TAB = "submitted"
_TEXTS = ("progress_text", "problems", "next_steps", "overall_text")


class QueueFilter(filters.FilterSet):
    """单位, 目标任务, 逾期报送, 重报, text. `status` is applied by the queue, which counts beside it what the others leave."""

    unit = filters.ModelChoiceFilter(
        label="单位", field_name="assignment__unit", to_field_name="code", queryset=Unit.objects.none()
    )
    task = filters.ModelChoiceFilter(
        label="目标任务",
        field_name="assignment__measure__task",
        to_field_name="number",
        queryset=TargetTask.objects.none(),
    )
    late = filters.ChoiceFilter(
        label="报送时间", field_name="is_late", choices=[("1", "逾期报送"), ("0", "按期报送")]
    )
    again = filters.ChoiceFilter(
        label="提交次数", method="filter_again", choices=[("1", "重报"), ("0", "首次提交")]
    )
    q = filters.CharFilter(label="措施或内容", method="filter_text", max_length=100)
    status = filters.ChoiceFilter(
        label="状态",
        method="keep_all",
        choices=[(value, word) for value, word, _ in TABS],
        widget=HiddenInput,
    )

    class Meta:
        model = ProgressUpdate
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[ProgressUpdate], *, period: ReportingPeriod) -> None:
        super().__init__(data, queryset)
        self.filters["unit"].queryset = Unit.objects.filter(
            assignments__measure__plan=period.plan_id
        ).distinct()
        self.filters["task"].queryset = TargetTask.objects.filter(plan=period.plan_id)
        for name in ("unit", "task", "late", "again"):
            self.filters[name].extra["empty_label"] = "全部"
        for name in ("unit", "task"):
            self.filters[name].extra["error_messages"] = {"invalid_choice": "没有这个选项，请重新选择。"}

    def filter_queryset(self, queryset: QuerySet[ProgressUpdate]) -> QuerySet[ProgressUpdate]:
        """Nothing for a filter that cannot be understood: a list of everything would look like its answer."""
        return super().filter_queryset(queryset) if self.is_valid() else queryset.none()

    def keep_all(self, queryset: QuerySet[ProgressUpdate], name: str, value: str) -> QuerySet[ProgressUpdate]:
        return queryset

    def filter_again(
        self, queryset: QuerySet[ProgressUpdate], name: str, value: str
    ) -> QuerySet[ProgressUpdate]:
        # The last return of one that is still being mended has not been answered yet.
        again = Q(returns__gt=1) | (Q(returns=1) & ~Q(status__in=MENDING))
        return queryset.filter(again) if value == "1" else queryset.exclude(again)

    def filter_text(
        self, queryset: QuerySet[ProgressUpdate], name: str, value: str
    ) -> QuerySet[ProgressUpdate]:
        """In the measure, the unit's name and the text that the office reads: never in what a unit is still mending."""
        mending = Q(status__in=MENDING, is_proxy=False)
        live, filed = Q(), Q()
        for field in _TEXTS:
            live |= Q(**{f"{field}__icontains": value})
            filed |= Q(**{f"snapshot__{field}__icontains": value})
        last = (
            StatusChange.objects.filter(update=OuterRef(OuterRef("pk")), to_status=Status.SUBMITTED)
            .order_by("-pk")
            .values("pk")[:1]
        )
        handed_in = Exists(StatusChange.objects.filter(filed, pk=Subquery(last)))
        return queryset.filter(
            Q(assignment__measure__text__icontains=value)
            | Q(assignment__unit__name__icontains=value)
            | (~mending & live)
            | (mending & handed_in)
        )
