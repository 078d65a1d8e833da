"""`manage.py import_plan FILE`: read a year's plan from the document it came in, and say whom its names mean."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand
from django.db import DatabaseError

from tasks.importing.errors import ImportFailure, TooLarge
from tasks.importing.grid import Problem
from tasks.importing.limits import PLAN, too_large
from tasks.importing.reading import Source, read_plan
from tasks.importing.resolve import ResolvedPlan, as_json, problem_json, resolve
from units.resolving import Directory

# Exit statuses.
AS_IS, DECISION, NO_PLAN = 0, 1, 2


class Command(BaseCommand):
    """Exit status 0: could be imported as is; 1: a person must decide; 2: no plan was found."""

    help = (
        "从 Word、Excel 或文本文件读取年度计划，列出任务、措施、责任单位和完成时限，指出需要人工确认的内容。"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help=".docx、.xlsx、.txt 或 .tsv 文件；- 表示标准输入")
        # A string: a bad value is answered in the form that was asked for.
        parser.add_argument("--year", help="计划年度，如 2025；不写时取文件中的年度")
        parser.add_argument("--dry-run", action="store_true", help="只读取并检查，不写入数据库")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出读取结果，不写入数据库")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            plan = self.read(options["file"], options["year"])
        except ImportFailure as failure:
            self.refuse(str(failure), as_json=options["json"])
        if options["json"]:
            self.write_json(as_json(plan))
        else:
            self.report(plan)
            if not options["dry_run"]:
                self.stderr.write("尚不支持保存：本次只读取和检查，没有写入数据库。")
        if plan.needs_decision:
            sys.exit(DECISION)

    def read(self, name: str, year: str | None) -> ResolvedPlan:
        if year is not None and not (year.isascii() and year.isdecimal() and 1990 <= int(year) <= 2100):
            raise ImportFailure(f"年度“{year}”无效，请写四位年份，如 2025。")
        problems: tuple[Problem, ...] = ()
        reading = read_plan(
            Source(self.data(name), Path(name).name), year=None if year is None else int(year)
        )
        try:
            directory = Directory.load()
        except DatabaseError:
            # Reading needs no database; only the names stay open.
            directory = Directory()
            problems = (Problem("数据库尚未建立或无法访问，责任单位未能识别。请先运行 manage.py migrate。"),)
        return resolve(reading, directory, problems)

    def data(self, name: str) -> bytes:
        try:
            if name == "-":
                data = sys.stdin.buffer.read(PLAN.file + 1)
            else:
                with Path(name).open("rb") as file:
                    data = file.read(PLAN.file + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ImportFailure(f"无法打开文件 {name}：{reason}") from error
        if len(data) > PLAN.file:
            raise TooLarge(too_large(PLAN))
        return data

    def refuse(self, message: str, *, as_json: bool) -> None:
        if as_json:
            self.write_json({"tasks": [], "sections": [], "problems": [problem_json(Problem(message))]})
        else:
            self.stderr.write(message)
        sys.exit(NO_PLAN)

    def write_json(self, value: dict[str, Any]) -> None:
        encoding = (getattr(self.stdout, "encoding", None) or "utf-8").lower()
        self.stdout.write(json.dumps(value, ensure_ascii="utf" not in encoding, indent=1))

    def report(self, plan: ResolvedPlan) -> None:
        reading = plan.reading
        year = f"{reading.year}年" if reading.year else "年度未识别"
        self.stdout.write(f"《{reading.title or '（无标题）'}》（{year}）")
        self.stdout.write(
            f"目标任务 {len(reading.tasks)} 项，工作措施 {len(reading.measures)} 项，正文章节 {len(reading.sections)} 节。"
        )
        for problem in plan.problems:
            place = "".join(
                [
                    f"第{problem.row}行 " if problem.row else "",
                    f"“{problem.column}”栏 " if problem.column else "",
                ]
            )
            self.stdout.write(f"- {place}{problem.message}")
        self.open_names(plan)
        self.stdout.write("需要人工确认后才能导入。" if plan.needs_decision else "可以直接导入。")

    def open_names(self, plan: ResolvedPlan) -> None:
        names = plan.open_names
        if not names:
            return
        resolutions = {
            party.party.printed: party.resolution
            for task in plan.tasks
            for measure in task.measures
            for party in measure.parties
        }
        self.stdout.write(f"责任单位名称有 {len(names)} 个需要确认：")
        for name in names:
            likely = "、".join(suggestion.target.name for suggestion in resolutions[name].suggestions)
            self.stdout.write(f"- {name}：{'建议 ' + likely if likely else '未识别'}")
