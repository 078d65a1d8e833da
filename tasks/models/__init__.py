"""The plan (plan.py) and what is filed on it (filing.py)."""

from tasks.models.filing import Evidence, MeasureSummary, ProgressUpdate, StatusChange, UpdateDraft
from tasks.models.plan import (
    Assignment,
    AssignmentRole,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    PlanSection,
    ReportingPeriod,
    Responsibility,
    Sample,
    Scope,
    TargetTask,
)

__all__ = [
    "Assignment",
    "AssignmentRole",
    "DemandLink",
    "Evidence",
    "Measure",
    "MeasureSummary",
    "Plan",
    "PlanDemand",
    "PlanSection",
    "ProgressUpdate",
    "ReportingPeriod",
    "Responsibility",
    "Sample",
    "Scope",
    "StatusChange",
    "TargetTask",
    "UpdateDraft",
]
