"""`manage.py demo`: accounts of every role and sample progress, for trying the system. Never for real use."""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from reports.demo import Account, create_accounts, fill, in_use
from tasks.errors import WorkflowError
from tasks.models import Plan, Sample
from units.models import User

PLAN_CODE = "2024"
# Without 0 and O, 1 and l, which people mistake when they type what they read.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    """Idempotent: what is there already is left as it is, passwords too."""

    help = "建立演示账号并装入2024年计划的示例填报数据（--empty 只建账号）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="只建立演示账号，不装入示例数据")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan.objects.filter(code=PLAN_CODE).first()
        if plan is None:
            raise CommandError("未找到2024年计划，请先运行 manage.py load_plan。")
        try:
            self._accounts()
        except WorkflowError as error:
            raise CommandError(str(error)) from error
        if options["empty"]:
            return
        if plan.sample != Sample.DEMO and in_use(plan):
            # No failure: a server that was first started with --empty must start without it, too.
            self.stdout.write(f"《{plan.title}》已开始填报，不装入示例数据。")
            return
        self.stdout.write("装入示例数据……", ending="")
        self.stdout.flush()
        try:
            made = fill(plan, timezone.localdate())
        except WorkflowError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("完成。" if made else "已装入，未作改动。")

    def _accounts(self) -> None:
        listing = settings.VAR_DIR / "demo-accounts.txt"
        if User.objects.filter(is_demo=True).exists():
            where = f"，用户名和口令见 {_shown(listing)}" if listing.exists() else ""
            self.stdout.write(f"演示账号已建立{where}。")
            return
        password = os.environ.get("DEMO_PASSWORD") or new_password()
        # The list is on the disk before the accounts are for good: a stopped run leaves none whose password is lost.
        with transaction.atomic():
            text = _table(create_accounts(password), password)
            listing.touch(mode=0o600)
            # One that was there keeps its mode otherwise.
            listing.chmod(0o600)
            listing.write_text(text, encoding="utf-8")
        self.stdout.write(text)
        self.stdout.write(f"以上内容另存于 {_shown(listing)}。")


def new_password() -> str:
    """A random password that is easy to read out: four groups of four."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def _table(accounts: list[Account], password: str) -> str:
    rows = [f"演示账号（口令均为 {password} ）：", ""]
    rows += [
        f"  {account.username:<24}{account.role.label}　{account.unit.name if account.unit else ''}　{account.name}"
        for account in accounts
    ]
    return "\n".join(rows) + "\n"


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(settings.BASE_DIR))
    except ValueError:
        return str(path)
