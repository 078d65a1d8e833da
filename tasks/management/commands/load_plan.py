"""`manage.py load_plan`: put the 2024 plan into a database that has no plan yet."""

from typing import Any

from django.core.management import BaseCommand, call_command

from tasks.models import Plan


class Command(BaseCommand):
    """Loads the fixtures once: loading them again would undo what the office has confirmed since."""

    help = "装入西岗区2024年计划及责任单位；已有计划时不作改动。"

    def handle(self, *args: Any, **options: Any) -> None:
        if Plan.objects.exists():
            self.stdout.write("已有年度计划，未作改动。")
            return
        call_command("loaddata", "units", "plan_2024", verbosity=0)
        plan = Plan.objects.get()
        self.stdout.write(
            f"已装入《{plan.title}》：{plan.tasks.count()}项目标任务、{plan.measures.count()}项工作措施。"
        )
