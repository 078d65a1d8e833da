"""Which models of this app write the change log. Filings do not: they have StatusChange, which is stricter."""

from tasks.models import (
    Assignment,
    DemandLink,
    Measure,
    MeasureSummary,
    Plan,
    PlanDemand,
    ReportingPeriod,
    Responsibility,
)
from units.audit import track


def register() -> None:
    """Register the managed models; called once from the app's ready()."""
    for model in (
        Plan,
        Measure,
        MeasureSummary,
        Responsibility,
        Assignment,
        ReportingPeriod,
        PlanDemand,
        DemandLink,
    ):
        track(model)
