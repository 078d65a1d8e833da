"""Which models of this app write the change log: the words of a draft bulletin."""

from auditlog.registry import auditlog

from reports.models import Bulletin


def register() -> None:
    """Register the managed models; called once from the app's ready()."""
    auditlog.register(Bulletin, exclude_fields=["data"])
