"""Which models of this app write the change log: the words of a draft bulletin."""

from reports.models import Bulletin
from units.audit import track


def register() -> None:
    """Register the managed models; called once from the app's ready()."""
    # The version counts what is logged anyway.
    track(Bulletin, exclude=("version",))
