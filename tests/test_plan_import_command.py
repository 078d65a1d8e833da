"""`manage.py import_plan` as a script calls it, on a database of its own: what it saves, prints and leaves with."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.importing import plans
from tests.importing.builders import word
from tests.importing.truth import ROOT, merged, rows_of

TITLE = "西岗区2024年生态环境保护措施清单"


@dataclass
class Installation:
    """A folder with a database of its own, and commands run on it as processes."""

    folder: Path

    def manage(self, *arguments: str) -> tuple[int, str, str]:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={
                "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
                "ALLOWED_HOSTS": "localhost",
                "VAR_DIR": str(self.folder),
                "PYTHONUTF8": "1",
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            },
            capture_output=True,
            timeout=240,
        )
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def counts(self) -> dict[str, int]:
        code = (
            "import json; from tasks.models import *; "
            "print(json.dumps({model.__name__: model.objects.count() "
            "for model in (Plan, Measure, Responsibility, Assignment, PlanImport, SourceFile)}))"
        )
        status, out, err = self.manage("shell", "--no-imports", "-c", code)
        assert status == 0, err
        return json.loads(out)


NOTHING = {
    "Plan": 0,
    "Measure": 0,
    "Responsibility": 0,
    "Assignment": 0,
    "PlanImport": 0,
    "SourceFile": 0,
}
ONE = {
    "Plan": 1,
    "Measure": len(rows_of("measure")),
    "Responsibility": len(rows_of("responsibility")),
    "Assignment": len(rows_of("assignment")),
    "PlanImport": 1,
    "SourceFile": 1,
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the units, as it is before the first plan."""
    installation = Installation(tmp_path_factory.mktemp("installation"))
    assert installation.manage("migrate", "-v0")[0] == 0
    assert installation.manage("loaddata", "units", "-v0")[0] == 0
    return installation.folder


@pytest.fixture
def installation(fresh: Path, tmp_path: Path) -> Installation:
    for file in fresh.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return Installation(tmp_path)


@pytest.fixture
def attachment(tmp_path: Path) -> str:
    path = tmp_path / "附件.docx"
    path.write_bytes(word(TITLE, merged()))
    return str(path)


def test_a_plan_without_doubts_is_saved_once(installation: Installation, attachment: str) -> None:
    status, dry, err = installation.manage("import_plan", attachment, "--json", "--dry-run")
    assert (status, err, installation.counts()) == (0, "", NOTHING)
    status, out, err = installation.manage("import_plan", attachment, "--json")
    assert status == 0
    # The JSON and nothing else: what became of the plan stands on stderr.
    assert out == dry
    assert len(json.loads(out)["tasks"]) == len(rows_of("targettask"))
    assert "已导入" in err
    assert "代码 2024。" in err
    assert installation.counts() == ONE

    status, out, err = installation.manage("import_plan", attachment, "--json")
    assert status == 1
    assert out == dry
    assert "同一文件已于" in err
    assert installation.counts() == ONE
    status, out, err = installation.manage("import_plan", attachment)
    assert status == 1
    assert "同一文件已于" in err
    assert installation.counts() == ONE


def test_what_a_person_must_decide_is_not_saved(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "遂宁.docx"
    path.write_bytes(word(*plans.SUINING))
    for options in ((), ("--json",)):
        status, out, err = installation.manage("import_plan", str(path), *options)
        assert status == 1
        assert "计划导入" in err
        assert ("计划导入" in out) is False
    assert installation.counts() == NOTHING


def test_a_file_without_a_plan_leaves_with_two(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "说明.txt"
    path.write_text("没有表格的文字。\n", encoding="utf-8")
    status, out, err = installation.manage("import_plan", str(path), "--json")
    assert (status, err) == (2, "")
    assert "没有找到计划表格" in json.loads(out)["problems"][0]["message"]
    status, out, err = installation.manage("import_plan", str(path))
    assert (status, out) == (2, "")
    assert "没有找到计划表格" in err


def test_without_a_database_it_reads_and_says_that_nothing_was_saved(tmp_path: Path, attachment: str) -> None:
    bare = Installation(tmp_path / "bare")
    bare.folder.mkdir()
    status, out, err = bare.manage("import_plan", attachment, "--json")
    assert status == 1
    assert len(json.loads(out)["tasks"]) == len(rows_of("targettask"))
    assert "没有写入数据库" in err
    assert "Traceback" not in err


def test_a_database_that_fails_while_saving_leaves_nothing(
    installation: Installation, attachment: str
) -> None:
    """A table that refuses its rows stands for a full disk: the JSON is there, the status is not 0, the database is untouched."""
    code = (
        "from django.db import connection; connection.cursor().execute("
        "\"CREATE TRIGGER full BEFORE INSERT ON tasks_assignment BEGIN SELECT RAISE(ABORT, 'disk full'); END\")"
    )
    assert installation.manage("shell", "--no-imports", "-c", code)[0] == 0
    status, out, err = installation.manage("import_plan", attachment, "--json")
    assert status == 1
    assert json.loads(out)["problems"] == []
    assert "保存失败" in err
    assert "Traceback" not in err
    assert installation.counts() == NOTHING


def test_the_year_may_be_given(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "计划.txt"
    path.write_text("任务\t措施\t责任单位\t时限\n治理扬尘\t加强管控。\t区住建局\t6月底前\n", encoding="utf-8")
    assert installation.manage("import_plan", str(path))[0] == 1
    assert installation.counts() == NOTHING
    status, _out, err = installation.manage("import_plan", str(path), "--year", "2025")
    assert status == 0
    assert "代码 2025。" in err


def test_a_plan_that_is_there_already_is_not_made_twice(installation: Installation, attachment: str) -> None:
    """As on a system that was set up with the plan of 2024: another file that prints the same."""
    assert installation.manage("load_plan")[0] == 0
    before = installation.counts()
    for options in (("--dry-run",), ("--json",), ()):
        status, _out, err = installation.manage("import_plan", attachment, *options)
        assert status == 0
        assert ("没有重复导入" in err) == ("--dry-run" not in options)
    assert installation.counts() == before
