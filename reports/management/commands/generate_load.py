"""`manage.py generate_load --plans N`: synthetic plans to measure with, never beside real ones."""

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from reports.load import generate, refuse_real_data
from tasks.errors import WorkflowError


class Command(BaseCommand):
    """Builds in bulk; the accounts load-office, load-leader and load-unit get LOAD_PASSWORD or a random one."""

    help = "生成压力测试数据（每个计划 21 项措施、420 条填报）；库中有真实计划时拒绝，除非加 --force。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plans", type=int, default=1, help="计划个数")
        parser.add_argument("--force", action="store_true", help="库中已有真实计划也写入")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plans"] < 1:
            raise CommandError("--plans 应为正整数。")
        try:
            refuse_real_data(options["force"])
        except WorkflowError as error:
            raise CommandError(str(error)) from error
        password = os.environ.get("LOAD_PASSWORD") or secrets.token_urlsafe(12)
        for made, _ in enumerate(generate(options["plans"], password), start=1):
            if made % 20 == 0:
                self.stdout.write(f"  {made} 个计划")
        self.stdout.write(
            f"已生成 {options['plans']} 个计划。账号 load-office、load-leader、load-unit，口令 {password}"
        )
