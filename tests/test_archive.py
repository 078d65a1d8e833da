"""The archive: the database refuses to change it, and `verify_archive` finds what was changed all the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from reports.kept import ALL_KEPT
from reports.models import Bulletin, BulletinFile, BulletinStatus, FileFormat
from tasks.models import Amendment, ProgressUpdate, StatusChange
from tests.conftest import World
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
            assert "归档数据不得修改或删除" in str(error)
            return True
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
    names = [name for guard in ALL_KEPT for name in (*guard.triggers("postgresql"), *guard.triggers("sqlite"))]
    assert max(map(len, names)) <= 30


_ = (Any, timedelta)
