"""What of this app the database itself keeps from being changed (see xigang_eco/append_only.py)."""

from tasks.kept import KEPT as TASKS_KEPT
from xigang_eco.append_only import Guard

KEPT = (
    Guard("bulletin", "reports_bulletin", when="OLD.status = 'issued'"),
    Guard("bulletinfile", "reports_bulletinfile"),
)
ALL_KEPT = (*TASKS_KEPT, *KEPT)
