"""Rows that the database itself keeps: triggers that refuse to change or delete them, whoever asks and by whatever way.

The models refuse, too; these are for what goes around them (a console, another program, a mistake in a migration). Who owns
the tables can still switch the triggers off, but only by saying so: `ALTER TABLE … DISABLE TRIGGER`, which `verify_archive`
then reports. On PostgreSQL plain PL/pgSQL that its relatives (KingbaseES, openGauss) take as well, no name longer than 30
characters; on SQLite, the embedded default, the same with RAISE(ABORT).

SQLite makes a table anew when a migration alters it, and its triggers go with the old one: such a migration ends with
`guard_operation` for the table. A test asks for every trigger after all migrations.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "归档数据不得修改或删除"


@dataclass(frozen=True)
class Guard:
    """The rows of `table` for which `when`, a condition on OLD, holds; empty: all of them. `name`: 14 characters at most."""

    name: str
    table: str
    when: str = ""

    @property
    def function(self) -> str:
        return f"eco_keep_{self.name}"

    def triggers(self, vendor: str) -> list[str]:
        """The names of its triggers."""
        ends = ("_row", "_all") if vendor == "postgresql" else ("_upd", "_del", "_rep")
        return [self.function + end for end in ends]


def protect(connection: BaseDatabaseWrapper, guards: Iterable[Guard]) -> None:
    """Put the triggers in place, anew where they are."""
    guards = list(guards)
    lift(connection, guards)
    with connection.cursor() as cursor:
        for guard in guards:
            for statement in _statements(connection.vendor, guard):
                cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper, guards: Iterable[Guard]) -> None:
    """Take the triggers away."""
    with connection.cursor() as cursor:
        for guard in guards:
            for name in guard.triggers(connection.vendor):
                table = f" ON {guard.table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{table}")
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION IF EXISTS {guard.function}()")


@contextmanager
def lifted(connection: BaseDatabaseWrapper, guards: Iterable[Guard]) -> Iterator[None]:
    """Without the triggers for a while: for tests, which empty tables and tamper."""
    guards = list(guards)
    lift(connection, guards)
    try:
        yield
    finally:
        protect(connection, guards)


def missing(connection: BaseDatabaseWrapper, guards: Iterable[Guard]) -> list[str]:
    """The triggers that are not there, or are switched off."""
    wanted = [name for guard in guards for name in guard.triggers(connection.vendor)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE pg_table_is_visible(c.oid) AND t.tgenabled <> 'D'"
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        found = {row[0] for row in cursor.fetchall()}
    return [name for name in wanted if name not in found]


def guard_operation(*guards: Guard) -> migrations.RunPython:
    """The migration's operation that puts the triggers of `guards` in place."""

    def forwards(apps: Any, schema_editor: Any) -> None:
        protect(schema_editor.connection, guards)

    def backwards(apps: Any, schema_editor: Any) -> None:
        lift(schema_editor.connection, guards)

    return migrations.RunPython(forwards, backwards)


def _statements(vendor: str, guard: Guard) -> list[str]:
    if vendor == "postgresql":
        return _postgresql(guard)
    if vendor == "sqlite":
        return _sqlite(guard)
    return []


def _postgresql(guard: Guard) -> list[str]:
    row, everything = guard.triggers("postgresql")
    refuse = f"RAISE EXCEPTION '{MESSAGE}：%', TG_TABLE_NAME;"
    # A statement has no OLD: emptying the table is refused whatever is in it.
    check = (
        f"IF TG_OP = 'TRUNCATE' THEN {refuse} END IF; IF {guard.when} THEN {refuse} END IF;"
        if guard.when
        else refuse
    )
    body = f"BEGIN {check} IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END;"
    return [
        f"CREATE FUNCTION {guard.function}() RETURNS trigger AS $$ {body} $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {row} BEFORE UPDATE OR DELETE ON {guard.table}"
        f" FOR EACH ROW EXECUTE PROCEDURE {guard.function}()",
        f"CREATE TRIGGER {everything} BEFORE TRUNCATE ON {guard.table}"
        f" FOR EACH STATEMENT EXECUTE PROCEDURE {guard.function}()",
    ]


def _sqlite(guard: Guard) -> list[str]:
    update, delete, replace = guard.triggers("sqlite")
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}：{guard.table}'); END"
    when = f" WHEN {guard.when}" if guard.when else ""
    # INSERT OR REPLACE deletes without telling a DELETE trigger.
    condition = f" AND {guard.when}" if guard.when else ""
    there = f"SELECT 1 FROM {guard.table} AS OLD WHERE OLD.id = NEW.id{condition}"  # noqa: S608 - our own names
    return [
        f"CREATE TRIGGER {update} BEFORE UPDATE ON {guard.table}{when} {refuse}",
        f"CREATE TRIGGER {delete} BEFORE DELETE ON {guard.table}{when} {refuse}",
        f"CREATE TRIGGER {replace} BEFORE INSERT ON {guard.table} WHEN EXISTS ({there}) {refuse}",
    ]
