"""The page on which the office writes 本措施总体进展: the text as it stands beside what the units handed in."""

from dataclasses import dataclass
from functools import cached_property

from tasks.models import Measure, MeasureSummary, ReportingPeriod
from tasks.readings import summary_of
from tasks.services.summaries import lead_that_wrote
from tasks.siblings import Sibling, siblings_of
from units.models import Unit, User


@dataclass
class SummaryPage:
    """One measure in one quarter before the office."""

    measure: Measure
    period: ReportingPeriod
    user: User

    @cached_property
    def summary(self) -> MeasureSummary | None:
        return summary_of(self.measure, self.period)

    @property
    def text(self) -> str:
        return self.summary.text if self.summary else ""

    @cached_property
    def lead(self) -> Unit | None:
        """The confirmed lead that wrote the text itself."""
        return lead_that_wrote(self.measure, self.period)

    @property
    def can_write(self) -> bool:
        return self.period.is_writable and self.lead is None

    @cached_property
    def units(self) -> list[Sibling]:
        return siblings_of(self.measure, self.period, self.user)
