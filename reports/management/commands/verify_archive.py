"""`manage.py verify_archive`: recompute every hash of what was issued, and say what differs."""

import json
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from reports.archive import Findings, check_archive


class Command(BaseCommand):
    """Exit status 0: all is as it was issued; 1: something differs. Reads only."""

    help = "核验已印发通报的档案：重算全部 SHA-256，检查各版文件是否齐全、版次是否连续；有差异时退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--render", action="store_true", help="另按冻结数据重新生成每个文件，逐字节比对（较慢）"
        )
        parser.add_argument("--json", action="store_true", help="以 JSON 输出结果和全部 SHA-256")

    def handle(self, *args: Any, **options: Any) -> None:
        found, told = Findings(), 0
        for found in check_archive(render=options["render"]):
            if not options["json"]:
                for fault in found.faults[told:]:
                    self.stdout.write(str(fault))
                told = len(found.faults)
        if options["json"]:
            self.stdout.write(json.dumps(_result(found), ensure_ascii=False, indent=2))
        else:
            for note in found.notes:
                self.stdout.write(f"说明：{note}")
            self.stdout.write(_summary(found))
        if found.faults:
            raise CommandError("档案核验未通过。", returncode=1)


def _summary(found: Findings) -> str:
    counts = f"已印发通报 {found.editions} 版、文件 {found.files} 个（{found.size} 字节）"
    if found.rendered:
        counts += f"，重新生成并比对 {found.rendered} 个"
    verdict = f"发现 {len(found.faults)} 处不一致" if found.faults else "全部一致"
    return f"{verdict}：{counts}。"


def _result(found: Findings) -> dict[str, Any]:
    return {
        "ok": not found.faults,
        "editions": found.editions,
        "files": found.files,
        "bytes": found.size,
        "rendered": found.rendered,
        "faults": [{"where": fault.where, "what": fault.what} for fault in found.faults],
        "notes": found.notes,
        "sha256": found.hashes,
    }
