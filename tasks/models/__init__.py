"""The plan (plan.py), who answers for it (duties.py), what is filed on it (filing.py) and 更正 (amendments.py)."""

from tasks.models.amendments import Amendment
from tasks.models.duties import Assignment, AssignmentRole, Responsibility, Scope
from tasks.models.filing import Evidence, MeasureSummary, ProgressUpdate, StatusChange, UpdateDraft
from tasks.models.plan import (
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    PlanSection,
    ReportingPeriod,
    Sample,
    TargetTask,
)

__all__ = [
    "Amendment",
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
