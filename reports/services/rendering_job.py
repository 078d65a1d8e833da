"""What a process of its own does: the rendering that it was started for, then whatever waits."""

import logging
import uuid

from reports.services import issuing, renderings
from tasks.errors import WorkflowError

logger = logging.getLogger(__name__)


def run(pk: int, token: uuid.UUID) -> None:
    """Make the rendering that was reserved under `token`, then what else waits, until nothing does."""
    row = renderings.take(pk, token)
    while row is not None:
        try:
            if row.bulletin_id is None:
                renderings.run_paper(row)
            else:
                issuing.run_issue(row)
        except WorkflowError as error:
            logger.warning("rendering %s: %s", row.pk, error)
        reserved = renderings.reserve_next()
        row = renderings.take(reserved.pk, reserved.token) if reserved else None
