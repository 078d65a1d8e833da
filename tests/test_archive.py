"""The archive: the database refuses to change it, and `verify_archive` finds what was changed all the same."""

import hashlib
import json
import shutil
import subprocess
import tracemalloc
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from reports import archive as archive_module
from reports.archive import check_archive
from reports.kept import ALL_KEPT
from reports.models import Bulletin, BulletinFile, BulletinStatus, FileFormat
from reports.renderers.process import render_files
from reports.renderers.registry import formats_of
from reports.services.editions import start_correction
from reports.services.issuing import issue_bulletin
from tasks.models import Amendment, ProgressUpdate, StatusChange
from tests.archive_parts import issue, quick_files
from tests.conftest import World
from tests.factories import open_quarter
from xigang_eco.append_only import Guard, lifted, missing

# What each table refuses: (statement, what it would do).
REFUSED = [
    "UPDATE reports_bulletin SET title = 'x' WHERE id = {bulletin}",
    "UPDATE reports_bulletin SET status = 'draft' WHERE id = {bulletin}",
    "UPDATE reports_bulletin SET data = '{{}}' WHERE id = {bulletin}",
    "DELETE FROM reports_bulletin WHERE id = {bulletin}",
    "UPDATE reports_bulletinfile SET content = content",
    "UPDATE reports_bulletinfile SET sha256 = 'x' WHERE bulletin_id = {bulletin}",
    "DELETE FROM reports_bulletinfile",
    "UPDATE tasks_statuschange SET comment = 'x'",
    "DELETE FROM tasks_statuschange",
    "UPDATE tasks_amendment SET reason = 'x' WHERE closed_at IS NOT NULL",
    "UPDATE tasks_amendment SET closed_at = NULL WHERE closed_at IS NOT NULL",
    "DELETE FROM tasks_amendment WHERE closed_at IS NOT NULL",
    "DELETE FROM tasks_amendment_updates",
    "UPDATE tasks_amendment_updates SET progressupdate_id = progressupdate_id",
]


def put_away(world: World) -> Bulletin:
    """An issued bulletin with a file and a closed amendment, as rows: what is in them does not matter here."""
    update = world.file(world.support)
    now = timezone.now()
    amendment = Amendment.objects.create(
        period=world.q1, reason="数字有误", opened_by=world.cast.office, opened_at=now
    )
    amendment.updates.add(update)
    amendment.closed_at = now
    amendment.save()
    bulletin = Bulletin.objects.create(
        period=world.q1, title="通报", status=BulletinStatus.ISSUED, data={}, issued_by=world.cast.office
    )
    BulletinFile.objects.create(
        bulletin=bulletin, format=FileFormat.PDF, content=b"%PDF-", size=5, sha256="0" * 64
    )
    # Otherwise PostgreSQL refuses to empty or alter the tables for its own reasons: constraints that wait.
    connection.check_constraints()
    return bulletin


def refused(statement: str) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(statement)
        except DatabaseError as error:
            return "归档数据不得修改或删除" in str(error)
        transaction.set_rollback(True)
    return False


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses_what_goes_around_the_models(world: World, statement: str) -> None:
    bulletin = put_away(world)
    assert refused(statement.format(bulletin=bulletin.pk))


def test_every_trigger_stands_after_all_migrations(db: None) -> None:
    assert missing(connection, ALL_KEPT) == []


def test_without_its_triggers_a_table_refuses_nothing_and_the_lack_is_found(world: World) -> None:
    """That the tests above fail without the triggers: who owns the tables must take them away visibly."""
    bulletin = put_away(world)
    with lifted(connection, ALL_KEPT):
        assert not any(refused(statement.format(bulletin=bulletin.pk)) for statement in REFUSED)
        assert set(missing(connection, ALL_KEPT)) == {
            name for guard in ALL_KEPT for name in guard.triggers(connection.vendor)
        }
    assert missing(connection, ALL_KEPT) == []


def test_drafts_open_amendments_and_filings_are_written_as_ever(world: World) -> None:
    draft = Bulletin.objects.create(period=world.q1, title="草稿")
    draft.title = "通报"
    draft.save()
    amendment = Amendment.objects.create(
        period=world.q1, reason="误", opened_by=world.cast.office, opened_at=timezone.now()
    )
    update = world.file(world.support)
    amendment.updates.add(update)
    amendment.updates.clear()
    draft.delete()
    ProgressUpdate.objects.filter(pk=update.pk).update(is_late=True)
    assert StatusChange.objects.filter(update=update).count() == 1


def test_a_replace_is_no_way_around(world: World) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    put_away(world)
    assert refused("INSERT OR REPLACE INTO reports_bulletinfile SELECT * FROM reports_bulletinfile")
    assert refused("INSERT OR REPLACE INTO reports_bulletin SELECT * FROM reports_bulletin")


@pytest.mark.postgres
@pytest.mark.parametrize("guard", ALL_KEPT, ids=lambda guard: guard.name)
def test_emptying_a_table_is_refused_on_postgresql(world: World, guard: Guard) -> None:
    put_away(world)
    assert refused(f"TRUNCATE {guard.table} CASCADE")


@pytest.mark.postgres
def test_even_a_superuser_must_switch_the_trigger_off_and_that_shows(world: World) -> None:
    put_away(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        assert cursor.fetchone() == (True,)
        assert refused("DELETE FROM reports_bulletinfile")
        cursor.execute("ALTER TABLE reports_bulletinfile DISABLE TRIGGER USER")
        assert missing(connection, ALL_KEPT) == ["eco_keep_bulletinfile_row", "eco_keep_bulletinfile_all"]
        cursor.execute("DELETE FROM reports_bulletinfile")
        cursor.execute("ALTER TABLE reports_bulletinfile ENABLE TRIGGER USER")


def test_names_fit_the_relatives_of_postgresql() -> None:
    names = [
        name for guard in ALL_KEPT for name in (*guard.triggers("postgresql"), *guard.triggers("sqlite"))
    ]
    assert max(map(len, names)) <= 30


# --- verify_archive ---------------------------------------------------------------------------------


def verify(*options: str) -> tuple[int, str]:
    """(exit status, what it says)."""
    out = StringIO()
    try:
        call_command("verify_archive", *options, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def archive(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The first quarter in two editions, the second in one."""
    quick_files(monkeypatch)
    update = world.approve(world.file(world.terminal))
    issue(world)
    start_correction(
        period_id=world.q1.pk, actor=world.cast.office, reason="完成比例有误", update_ids=[update.pk]
    )
    world.approve(world.file(world.terminal, percent=40))
    issue(world)
    open_quarter(world.plan, 2)
    issue_bulletin(period_id=world.q2.pk, actor=world.cast.office)
    return world


def tamper(statement: str, *values: Any) -> None:
    """As somebody would who owns the tables: the triggers off, and on again."""
    with lifted(connection, ALL_KEPT), connection.cursor() as cursor:
        cursor.execute(statement, values)


def file_of(world: World, edition: int) -> BulletinFile:
    return BulletinFile.objects.get(bulletin__period=world.q1, bulletin__edition=edition, format="pdf")


def test_an_untouched_archive_is_found_to_be_whole(archive: World) -> None:
    stored = BulletinFile.objects.count()
    size = sum(BulletinFile.objects.values_list("size", flat=True))
    assert stored == 3 * len(formats_of("bulletin"))
    assert verify() == (0, f"全部一致：已印发通报 3 版、文件 {stored} 个（{size} 字节）。\n")
    status, text = verify("--json")
    told = json.loads(text)
    hashes = told.pop("sha256")
    assert (status, told) == (
        0,
        {"ok": True, "editions": 3, "files": stored, "bytes": size, "rendered": 0, "faults": [], "notes": []},
    )
    # The list that is kept elsewhere: of every edition its data and its files.
    assert len(hashes) == 3 + stored
    assert hashes["2024 2024Q1 第1版 PDF"] == file_of(archive, 1).sha256
    assert hashes["2024 2024Q1 第1版 数据"] == file_of(archive, 1).bulletin.data_sha256


def test_an_archive_with_nothing_in_it_is_whole_and_drafts_are_no_part_of_it(world: World) -> None:
    Bulletin.objects.create(period=world.q1, title="草稿")
    assert verify() == (0, "全部一致：已印发通报 0 版、文件 0 个（0 字节）。\n")


def test_changed_bytes_are_found(archive: World) -> None:
    file = file_of(archive, 1)
    tamper("UPDATE reports_bulletinfile SET content = %s WHERE id = %s", b"forged", file.pk)
    status, text = verify()
    assert status == 1
    assert f"2024 2024Q1 第1版 PDF：SHA-256 应为 {file.sha256}，实为 " in text
    assert f"2024 2024Q1 第1版 PDF：应为 {file.size} 字节，实为 6 字节" in text
    assert text.endswith("字节）。\n")
    # The edition that superseded it names its hash, too.
    assert "发现 3 处不一致" in text
    faults = json.loads(verify("--json")[1])["faults"]
    assert [fault["where"] for fault in faults] == ["2024 2024Q1 第1版 PDF"] * 2 + ["2024 2024Q1 第2版"]


def test_bytes_changed_together_with_their_hash_are_found_by_the_edition_that_names_them(
    archive: World,
) -> None:
    content = b"forged"
    tamper(
        "UPDATE reports_bulletinfile SET content = %s, size = 6, sha256 = %s WHERE id = %s",
        content,
        hashlib.sha256(content).hexdigest(),
        file_of(archive, 1).pk,
    )
    assert verify() == (
        1,
        "2024 2024Q1 第2版：所载原通报 PDF 的 SHA-256 与前一版存档不符\n" + verify()[1].partition("\n")[2],
    )


def test_changed_data_is_found(archive: World) -> None:
    bulletin = Bulletin.objects.get(period=archive.q1, edition=1)
    data = json.dumps(bulletin.data | {"title": "别的标题"})  # type: ignore[operator]
    tamper("UPDATE reports_bulletin SET data = %s WHERE id = %s", data, bulletin.pk)
    status, text = verify()
    assert status == 1
    assert f"2024 2024Q1 第1版：冻结数据的 SHA-256 应为 {bulletin.data_sha256}，实为 " in text


@pytest.mark.parametrize(
    "forged",
    [{"edition": {"number": 1, "supersedes": "x"}}, {"edition": "x", "files": "pdf"}, {"files": ["exe"]}, {}],
)
def test_data_of_another_form_are_told_and_the_rest_is_gone_through(
    archive: World, forged: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the renderer makes of the others is not the question.
    monkeypatch.setattr(archive_module, "render_files", lambda *_: {})
    bulletin = Bulletin.objects.get(period=archive.q1, edition=1)
    tamper("UPDATE reports_bulletin SET data = %s WHERE id = %s", json.dumps(forged), bulletin.pk)
    for options in ((), ("--render",)):
        status, text = verify(*options)
        assert status == 1
        assert f"2024 2024Q1 第1版：冻结数据的 SHA-256 应为 {bulletin.data_sha256}，实为 " in text
        assert "已印发通报 3 版" in text


def test_a_lost_file_a_strange_one_and_a_lost_edition_are_found(archive: World) -> None:
    file = file_of(archive, 2)
    tamper("DELETE FROM reports_bulletinfile WHERE id = %s", file.pk)
    assert "2024 2024Q1 第2版：缺少 PDF 文件" in verify()[1]
    second = Bulletin.objects.get(period=archive.q2)
    tamper(
        "UPDATE reports_bulletin SET edition = 3, amendment_id = %s WHERE id = %s",
        amendment_id(archive),
        second.pk,
    )
    text = verify()[1]
    assert "2024 2024Q2 第3版：版次不连续，前一版为第0版" in text
    assert "2024 2024Q2 第3版：冻结数据记为第1版" in text


def amendment_id(world: World) -> int:
    return Amendment.objects.create(
        period=world.q2, reason="假", opened_by=world.cast.office, opened_at=timezone.now()
    ).pk


def test_an_issued_quarter_without_a_bulletin_and_a_bulletin_without_its_quarter_are_found(
    archive: World,
) -> None:
    archive.plan.periods.filter(quarter=3).update(state="issued")
    archive.plan.periods.filter(quarter=2).update(state="closed")
    text = verify()[1]
    assert "2024年第三季度（2024）：报告期为已印发，但没有已印发的通报" in text
    assert "2024 2024Q2 第1版：通报已印发，但报告期不是已印发" in text


def test_triggers_that_are_gone_are_told(archive: World) -> None:
    with lifted(connection, ALL_KEPT):
        status, text = verify()
    assert status == 1
    assert text.count("缺失或已停用") == sum(len(guard.triggers(connection.vendor)) for guard in ALL_KEPT)
    assert verify()[0] == 0


def test_it_takes_as_much_memory_for_many_editions_as_for_one(archive: World) -> None:
    big = b"x" * 3_000_000

    def peak() -> int:
        tracemalloc.start()
        for _ in check_archive():
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    tamper("UPDATE reports_bulletinfile SET content = %s WHERE id = %s", big, file_of(archive, 1).pk)
    one = peak()
    tamper("UPDATE reports_bulletinfile SET content = %s", big)
    assert one > len(big)
    assert peak() < one + len(big)


# --- the same data, the same bytes ------------------------------------------------------------------

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static const long ahead = 437L * 86400 + 5 * 3600 + 7;
int clock_gettime(clockid_t id, struct timespec *spec) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int answer = real(id, spec);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) spec->tv_sec += ahead;
  return answer;
}
int gettimeofday(struct timeval *value, void *zone) {
  struct timespec spec;
  clock_gettime(CLOCK_REALTIME, &spec);
  value->tv_sec = spec.tv_sec;
  value->tv_usec = spec.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *into) {
  struct timespec spec;
  clock_gettime(CLOCK_REALTIME, &spec);
  if (into) *into = spec.tv_sec;
  return spec.tv_sec;
}
"""


@pytest.fixture
def another_day(tmp_path: Path) -> str:
    """A library that sets the clock of a process fourteen months ahead, for C and Python alike."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler to make another clock with")
    source, library = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return str(library)


def test_the_same_data_gives_the_same_bytes_another_day_elsewhere_in_another_process(
    world: World, another_day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.approve(world.file(world.support))
    world.file(world.terminal)
    bulletin = issue(world)
    document = Bulletin.objects.get(pk=bulletin.pk).data or {}
    stored = {file.format: bytes(file.content) for file in bulletin.files.all()}
    assert set(stored) == set(formats_of("bulletin"))
    for settings in (
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8", "PYTHONHASHSEED": "2"},
    ):
        with monkeypatch.context() as elsewhere:
            for name, value in (settings | {"LD_PRELOAD": another_day}).items():
                elsewhere.setenv(name, value)
            moved = subprocess.run(
                ["date", "+%s"], capture_output=True, text=True, check=True, env={"LD_PRELOAD": another_day}
            )
            assert int(moved.stdout) > timezone.now().timestamp() + 400 * 86400
            again = render_files(document, list(stored))
        for file_format, content in stored.items():
            assert again[file_format] == content, file_format


def test_rendering_anew_confirms_each_file_and_finds_one_that_was_forged_with_its_hash(world: World) -> None:
    issue(world)
    stored = BulletinFile.objects.count()
    assert verify("--render")[0] == 0
    assert f"重新生成并比对 {stored} 个" in verify("--render")[1]
    file = file_of(world, 1)
    forged = bytes(file.content) + b"\n"
    tamper(
        "UPDATE reports_bulletinfile SET content = %s, size = %s, sha256 = %s WHERE id = %s",
        forged,
        len(forged),
        hashlib.sha256(forged).hexdigest(),
        file.pk,
    )
    assert verify()[0] == 0
    status, text = verify("--render")
    assert status == 1
    assert "第1版 PDF：按冻结数据重新生成的文件与存档不同" in text
