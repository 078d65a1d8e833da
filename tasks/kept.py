"""What of this app the database itself keeps from being changed (see xigang_eco/append_only.py)."""

from xigang_eco.append_only import Guard

KEPT = (
    Guard("statuschange", "tasks_statuschange"),
    Guard("amendment", "tasks_amendment", when="OLD.closed_at IS NOT NULL"),
    Guard(
        "amended",
        "tasks_amendment_updates",
        when="EXISTS (SELECT 1 FROM tasks_amendment a WHERE a.id = OLD.amendment_id AND a.closed_at IS NOT NULL)",
    ),
)
