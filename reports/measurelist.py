"""What an address asks of 措施清单: which measures, in which order, on which page. The ledger takes the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict

from reports.figures_types import PlanFigures
from reports.filtersets import MeasureFilterSet
from reports.tables import PER_PAGE, MeasureRow, MeasureTable, measure_rows
from tasks.deadlines import Due

# The titles of a plan as printed have some thirty signs.
LONG_TITLE = 80


@dataclass(frozen=True)
class Head:
    """A column head. `query` sorts by it; `direction`: ascending, descending or empty, as aria-sort says it."""

    label: str
    css: str
    direction: str
    query: str


@dataclass
class MeasureList:
    """The measures of a quarter under the query string `data`."""

    data: QueryDict
    figures: PlanFigures
    # Deadlines by number of the measure; empty for a plan that has none, whose list then knows no such column.
    dues: Mapping[int, Due] = field(default_factory=dict)

    @cached_property
    def filters(self) -> MeasureFilterSet:
        return MeasureFilterSet(self.data, figures=self.figures, dues=self.dues)

    @cached_property
    def sort(self) -> str:
        """The column to sort by, with - before it for descending; empty for the plan's order."""
        sort = self.data.get("sort", "")
        known = MeasureTable.base_columns.keys() - self._without
        return sort if sort.removeprefix("-") in known else ""

    @property
    def _without(self) -> tuple[str, ...]:
        return () if self.dues else ("due",)

    @cached_property
    def table(self) -> MeasureTable:
        rows = measure_rows(self.filters.rows, self.figures, self.dues)
        return MeasureTable(rows, order_by=[self.sort] if self.sort else None, exclude=self._without)

    @property
    def rows(self) -> list[MeasureRow]:
        """All rows, in order."""
        return [row.record for row in self.table.rows]

    @cached_property
    def page(self) -> Page[Any]:
        """The page asked for, of django-tables2's rows; the nearest one where it does not exist."""
        self.table.paginate(per_page=PER_PAGE)
        page: Page[Any] = self.table.paginator.get_page(self.data.get("page"))
        return page

    @property
    def page_rows(self) -> list[MeasureRow]:
        return [row.record for row in self.page]

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters.wanted)

    @property
    def is_wordy(self) -> bool:
        """Whether titles or deadlines are so long that columns as wide as their words would not fit the paper."""
        longest = max((len(title) for title in self.filters.titles.values()), default=0)
        return bool(self.dues) or longest > LONG_TITLE

    @property
    def refused(self) -> list[str]:
        """The labels of conditions that are not valid and were left aside."""
        unknown = ["排序"] if self.data.get("sort") and not self.sort else []
        return [*self.filters.refused, *unknown]

    @property
    def query(self) -> str:
        """The valid part of the query string, without the page."""
        return self.filters.query(sort=self.sort)

    @property
    def heads(self) -> list[Head]:
        """The columns in order."""
        heads = []
        for column in self.table.columns:
            alias = column.order_by_alias
            direction = "descending" if alias.is_descending else "ascending"
            heads.append(
                Head(
                    label=column.header,
                    css=column.column.attrs.get("th", {}).get("class", ""),
                    direction=direction if column.is_ordered else "",
                    query=self.filters.query(sort=str(alias.next)),
                )
            )
        return heads
