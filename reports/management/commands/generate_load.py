"""`manage.py generate_load --plans N [--measures N]`: synthetic plans to measure with, never beside real ones."""

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from reports.load import MEASURES, TASKS, generate, refuse_real_data
from tasks.errors import WorkflowError

# The number of a measure is a small integer in the database.
MEASURES_MAX = 32_000


class Command(BaseCommand):
    """Builds in bulk; the accounts load-office, load-leader and load-unit get LOAD_PASSWORD or a random one."""

    help = "生成压力测试数据（每个计划默认 21 项措施、420 条填报）；库中有真实计划时拒绝，除非加 --force。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plans", type=int, default=1, help="计划个数")
        parser.add_argument(
            "--measures", type=int, default=MEASURES, help="每个计划的措施数，每项措施 20 条填报"
        )
        parser.add_argument("--force", action="store_true", help="库中已有真实计划也写入")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plans"] < 1:
            raise CommandError("--plans 应为正整数。")
        # Every task has a measure.
        if not TASKS <= options["measures"] <= MEASURES_MAX:
            raise CommandError(f"--measures 应在 {TASKS} 至 {MEASURES_MAX} 之间。")
        try:
            refuse_real_data(options["force"])
        except WorkflowError as error:
            raise CommandError(str(error)) from error
        password = os.environ.get("LOAD_PASSWORD") or secrets.token_urlsafe(12)
        made_plans = generate(options["plans"], password, measures=options["measures"])
        for made, _ in enumerate(made_plans, start=1):
            if made % 20 == 0:
                self.stdout.write(f"  {made} 个计划")
        self.stdout.write(
            f"已生成 {options['plans']} 个计划。账号 load-office、load-leader、load-unit，口令 {password}"
        )
