"""`manage.py import_plan`: the JSON and nothing else on stdout, and the exit status that scripts go by."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from tasks.models import Measure, Plan
from tests.importing import plans
from tests.importing.builders import excel, word
from tests.importing.truth import ROOT, SCAN, plan_2024
from units.models import Unit
from units.resolving import Directory


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("import_plan", *arguments, stdout=out, stderr=err)
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def units(db: None) -> None:
    call_command("loaddata", "units", verbosity=0)


@pytest.fixture
def suining(tmp_path: Path) -> str:
    path = tmp_path / "遂宁.docx"
    path.write_bytes(word(*plans.SUINING))
    return str(path)


@pytest.mark.usefixtures("units")
def test_the_plan_of_2024_could_be_imported_as_is() -> None:
    status, out, err = run(str(SCAN), "--json", "--dry-run")
    assert (status, err) == (0, "")
    plan = json.loads(out)
    assert set(plan) == {"tasks", "sections", "problems"}
    assert plan["problems"] == []
    measures = [measure for task in plan["tasks"] for measure in task["measures"]]
    assert [(measure["number"], measure["text"], measure["units_text"]) for measure in measures] == [
        (line.number, line.text, line.units_text) for line in plan_2024()
    ]
    assert set(measures[0]) == {
        "number",
        "text",
        "units_text",
        "deadline_text",
        "deadline",
        "responsibilities",
    }
    assert measures[2]["responsibilities"][1] == {
        "printed": "生态环境分局",
        "role": "support",
        "unit": "shengtaifenju",
        "group": None,
        "match": "exact",
        "suggestions": [],
    }
    assert measures[5]["responsibilities"][-1]["group"] == "jiedao"
    assert {party["match"] for measure in measures for party in measure["responsibilities"]} == {"exact"}
    # The note at the end names nobody and asks nothing.
    assert measures[6]["responsibilities"][-1] == {
        "printed": "等成员单位按照职责分工负责",
        "role": "support",
        "unit": None,
        "group": None,
        "match": "exact",
        "suggestions": [],
    }
    assert plan["sections"][0]["level"] == 0
    assert plan["sections"][1] == {
        "number": "一",
        "heading": "推动绿色低碳转型发展",
        "level": 1,
        "text": plan["sections"][1]["text"],
    }
    assert not Plan.objects.exists()
    assert not Measure.objects.exists()


@pytest.mark.usefixtures("units")
def test_names_that_nobody_knows_ask_a_person(suining: str) -> None:
    status, out, err = run(suining, "--json", "--dry-run")
    assert (status, err) == (1, "")
    plan = json.loads(out)
    parties = [
        party
        for task in plan["tasks"]
        for measure in task["measures"]
        for party in measure["responsibilities"]
    ]
    assert (
        {"normal", "suggested"}
        <= {party["match"] for party in parties}
        <= {"exact", "normal", "suggested", "none"}
    )
    for party in parties:
        # A suggestion is never taken.
        settled = party["match"] in ("exact", "normal")
        assert settled == bool(party["unit"] or party["group"])
        assert bool(party["suggestions"]) == (party["match"] == "suggested")
    assert plan["problems"][0] == {
        "row": 2,
        "column": "时间进度",
        "message": "“省出台文件后2个月完成”未能识别为日期，已按原文保留。",
    }
    deadlines = [measure["deadline"] for task in plan["tasks"] for measure in task["measures"]]
    assert deadlines[4] == {"kind": "range", "from": "2016-01-01", "to": "2017-12-31"}
    assert deadlines[5] == {"kind": "ongoing", "from": None, "to": None}


@pytest.mark.usefixtures("units")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "没有表格的文字。\n".encode(), "没有找到计划表格"),
        ("a.docx", b"PK\x03\x04broken", "损坏"),
        ("a.xlsx", excel(("表", [["姓名", "电话"], ["张三", "1"]])), "没有找到计划表格"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为"),
        ("a.txt", b"", "空的"),
    ],
)
def test_without_a_plan_the_json_says_why(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    status, out, err = run(str(path), "--json")
    assert (status, err) == (2, "")
    plan = json.loads(out)
    assert (plan["tasks"], plan["sections"]) == ([], [])
    assert words in plan["problems"][0]["message"]
    status, out, err = run(str(path))
    assert (status, out) == (2, "")
    assert words in err


@pytest.mark.usefixtures("units")
def test_a_missing_file_and_a_bad_year_are_answered_in_the_same_form(tmp_path: Path) -> None:
    for arguments in (
        [str(tmp_path / "no.docx")],
        [str(tmp_path)],
        [str(SCAN), "--year", "今年"],
        [str(SCAN), "--year", "3"],
    ):
        status, out, err = run(*arguments, "--json")
        assert (status, err) == (2, "")
        assert len(json.loads(out)["problems"]) == 1


@pytest.mark.usefixtures("units")
def test_the_year_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "计划.txt"
    path.write_text("任务\t措施\t责任单位\t时限\n治理扬尘\t加强管控。\t区住建局\t6月底前\n", encoding="utf-8")
    for arguments, until, status in (((), None, 1), (("--year", "2025"), "2025-06-30", 0)):
        left, out, _err = run(str(path), "--json", "--dry-run", *arguments)
        plan = json.loads(out)
        assert plan["tasks"][0]["measures"][0]["deadline"]["to"] == until
        # Without its year there is no plan to be saved.
        assert left == status
        assert [problem["message"] for problem in plan["problems"] if "--year" in problem["message"]] == (
            ["未能确定计划年度，请用 --year 指明。"] if status else []
        )
    renamed = path.rename(tmp_path / "2026年计划.txt")
    assert (
        json.loads(run(str(renamed), "--json")[1])["tasks"][0]["measures"][0]["deadline"]["to"]
        == "2026-06-30"
    )


@pytest.mark.usefixtures("units")
def test_for_people_it_says_what_it_read_and_what_is_open(suining: str) -> None:
    status, out, err = run(suining)
    assert status == 1
    assert "目标任务 6 项，工作措施 6 项" in out
    assert "第2行 “时间进度”栏" in out
    assert "市质监局" in out
    assert "需要人工确认" in out
    assert "没有写入数据库" in err
    assert "计划导入" in err
    assert run(suining, "--dry-run")[2] == ""
    assert run(str(SCAN), "--dry-run")[0] == 0


@pytest.mark.usefixtures("units")
def test_units_that_are_out_of_use_are_only_suggested() -> None:
    Unit.objects.filter(code="fagaiju").update(is_active=False)
    status, out, _err = run(str(SCAN), "--json")
    assert status == 1
    party = json.loads(out)["tasks"][1]["measures"][0]["responsibilities"][0]
    assert (party["match"], party["unit"], party["suggestions"][0]["unit"]) == ("suggested", None, "fagaiju")


def test_without_a_database_the_plan_is_read_and_the_names_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise OperationalError("no such table")

    monkeypatch.setattr(Directory, "load", fail)
    status, out, _err = run(str(SCAN), "--json")
    plan = json.loads(out)
    assert status == 1
    assert len(plan["tasks"]) == 13
    assert "数据库" in plan["problems"][-1]["message"]


def test_the_command_itself_leaves_with_its_status(tmp_path: Path) -> None:
    """As a script calls it: a process of its own, on a database that was never set up."""
    result = subprocess.run(
        [sys.executable, "manage.py", "import_plan", str(SCAN), "--json", "--dry-run"],
        cwd=ROOT,
        env={
            "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
            "ALLOWED_HOSTS": "localhost",
            "VAR_DIR": str(tmp_path),
            "LC_ALL": "C",
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        timeout=120,
    )
    assert (result.returncode, result.stderr.decode()) == (1, "")
    assert len(json.loads(result.stdout)["tasks"]) == 13
