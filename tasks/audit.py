"""Which models of this app write the change log. Filings do not: they have StatusChange, which is stricter."""

from auditlog.registry import auditlog

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


def register() -> None:
    """Register the managed models; called once from the app's ready()."""
    # The revision is a counter for caches, not a change that somebody made.
    auditlog.register(Plan, exclude_fields=["revision"])
    for model in (
        Measure,
        MeasureSummary,
        Responsibility,
        Assignment,
        ReportingPeriod,
        PlanDemand,
        DemandLink,
    ):
        auditlog.register(model)
