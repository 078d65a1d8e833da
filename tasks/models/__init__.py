"""The plan (plan.py), who answers for it (duties.py), what is filed on it (filing.py), 更正 (amendments.py) and the
documents that people bring (imports.py)."""

from tasks.models.amendments import Amendment
from tasks.models.duties import Assignment, AssignmentRole, Responsibility, Scope
from tasks.models.filing import Evidence, MeasureSummary, ProgressUpdate, StatusChange, UpdateDraft
from tasks.models.imports import FilingUpload, PlanImport, SourceFile
from tasks.models.plan import (
    DeadlineKind,
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
    "DeadlineKind",
    "DemandLink",
    "Evidence",
    "FilingUpload",
    "Measure",
    "MeasureSummary",
    "Plan",
    "PlanDemand",
    "PlanImport",
    "PlanSection",
    "ProgressUpdate",
    "ReportingPeriod",
    "Responsibility",
    "Sample",
    "Scope",
    "SourceFile",
    "StatusChange",
    "TargetTask",
    "UpdateDraft",
]
