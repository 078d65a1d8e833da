"""`manage.py run_rendering ID TOKEN`: make one file that was asked for, then what else waits. Started by the server itself."""

import signal
import sys
import uuid
from types import FrameType
from typing import Any, NoReturn

from django.core.management import BaseCommand, CommandParser

from reports.services.rendering_job import run


class Command(BaseCommand):
    """Ends quietly where the row is not reserved under the token any more: another process has it, or it was given up."""

    help = "由系统自动调用：在单独的进程中生成一份文件。"
    # What it needs is checked when the server starts.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pk", type=int)
        parser.add_argument("token", type=uuid.UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        # A server that is stopped says so: what is half made is given back at once.
        signal.signal(signal.SIGTERM, _stop)
        run(options["pk"], options["token"])


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
