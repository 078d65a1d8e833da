"""`manage.py import_plan FILE`: a year's plan from the document it came in; saved where nothing is left to decide."""

import hashlib
import json
import sys
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand
from django.db import DatabaseError

from tasks.errors import WorkflowError
from tasks.importing.details import FIRST_YEAR, LAST_YEAR
from tasks.importing.draft import ImportDraft, draft_of, keep_reading
from tasks.importing.errors import ImportFailure, TooLarge
from tasks.importing.grid import Problem
from tasks.importing.limits import PLAN, too_large
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tasks.importing.resolve import ResolvedPlan, as_json, problem_json, resolve
from tasks.models import PlanImport, SourceFile
from tasks.services.plan_imports import import_directly
from units.resolving import Directory

# Exit statuses.
AS_IS, DECISION, NO_PLAN = 0, 1, 2
_NO_YEAR = Problem("未能确定计划年度，请用 --year 指明。")
_NO_DATABASE = Problem("数据库尚未建立或无法访问，责任单位未能识别。请先运行 manage.py migrate。")


@dataclass(frozen=True, slots=True)
class _Looked:
    """The plan that was read, and the draft that would be imported; None where no database could be asked."""

    data: bytes
    name: str
    year: int | None
    reading: PlanReading
    plan: ResolvedPlan
    draft: ImportDraft | None

    @property
    def needs_decision(self) -> bool:
        return self.draft is None or not self.draft.is_ready


class Command(BaseCommand):
    """Exit status 0: could be imported as is (and was, but for --dry-run or where its plan is there already); 1: a person must decide; 2: no plan was found."""

    help = (
        "从 Word、Excel 或文本文件读取年度计划，列出任务、措施、责任单位和完成时限，指出需要人工确认的内容；"
        "没有需要确认的，直接导入。"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help=".docx、.xlsx、.txt 或 .tsv 文件；- 表示标准输入")
        # A string: a bad value is answered in the form that was asked for.
        parser.add_argument("--year", help="计划年度，如 2025；不写时取文件中的年度")
        parser.add_argument("--dry-run", action="store_true", help="只读取并检查，不写入数据库")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出读取结果")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            looked = self.look(options["file"], options["year"])
        except ImportFailure as failure:
            self.refuse(str(failure), as_json=options["json"])
        if options["json"]:
            self.write_json(as_json(looked.plan))
        else:
            self.report(looked)
        # What became of it goes to stderr: stdout is the plan alone.
        if not self.save(looked, dry_run=options["dry_run"]):
            sys.exit(DECISION)

    def look(self, name: str, year: str | None) -> _Looked:
        if year is not None and not (
            year.isascii() and year.isdecimal() and FIRST_YEAR <= int(year) <= LAST_YEAR
        ):
            raise ImportFailure(f"年度“{year}”无效，请写四位年份，如 2025。")
        known = None if year is None else int(year)
        data, file_name = self.data(name), Path(name).name
        reading = read_plan(Source(data, file_name), year=known)
        sha256 = hashlib.sha256(data).hexdigest()
        keep_reading(sha256, file_name, known, reading)
        own = () if reading.year else (_NO_YEAR,)
        try:
            draft = draft_of(PlanImport(file=SourceFile(name=file_name, sha256=sha256), year=known))
        except DatabaseError:
            # Reading needs no database; only the names stay open.
            plan = resolve(reading, Directory(), (*own, _NO_DATABASE))
            return _Looked(data, file_name, known, reading, plan, None)
        mending = tuple(row.problem for row in draft.problems if row.must_mend)
        problems = (*dict.fromkeys(draft.plan.problems + mending), *own)
        return _Looked(data, file_name, known, reading, replace(draft.plan, problems=problems), draft)

    def save(self, looked: _Looked, *, dry_run: bool) -> bool:
        """Import the plan where that may be; whether nothing is left for a person to do."""
        if looked.draft is None:
            if dry_run:
                return False
            self.stderr.write("数据库尚未建立或无法访问，不能导入；没有写入数据库。")
            return False
        for row in looked.draft.problems:
            if row.problem not in looked.plan.problems and (row.problem.decide or not looked.draft.repeats):
                self.stderr.write(row.problem.message)
        if dry_run:
            return not looked.needs_decision
        if looked.needs_decision:
            self.stderr.write(
                "需要人工确认，没有写入数据库。请由区生态办在“计划导入”页面上传本文件，逐项确认后导入。"
            )
            return False
        same = looked.draft.repeats
        if same is not None:
            # Nothing is left to decide, and nothing to do.
            self.stderr.write(f"该计划已在系统中（代码 {same.code}），各项措施完全相同，没有重复导入。")
            return True
        try:
            plan = import_directly(
                data=looked.data, name=looked.name, year=looked.year, reading=looked.reading
            )
        except WorkflowError as refusal:
            self.stderr.write(f"{refusal} 没有写入数据库。")
            return False
        except DatabaseError as error:
            self.stderr.write(f"保存失败，没有写入数据库：{error}")
            return False
        self.stderr.write(f"已导入《{plan.title}》，代码 {plan.code}。")
        return True

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

    def report(self, looked: _Looked) -> None:
        reading, plan = looked.reading, looked.plan
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
        self.compared(looked.draft)
        self.stdout.write("需要人工确认后才能导入。" if looked.needs_decision else "可以直接导入。")

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

    def compared(self, draft: ImportDraft | None) -> None:
        if draft is None or draft.comparison is None or draft.compared is None:
            return
        found = draft.comparison
        self.stdout.write(
            f"与{draft.compared.year}年计划对照：相同 {found.same} 项，有改动 {found.changed} 项，"
            f"新增 {found.added} 项，不再列入 {len(found.dropped)} 项。"
        )
