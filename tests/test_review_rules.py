"""The transitions of a filing as a list: who may, and everything else that must not be. The forbidden arrows are the rule."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import transaction

from tasks.errors import WorkflowError
from tasks.models import ProgressUpdate, StatusChange
from tasks.rules import Status, can_transition
from tasks.services.filing import save_draft, submit_update, withdraw_update
from tasks.services.periods import begin_issuing, finish_issuing
from tasks.services.review import approve_update, reopen_update, return_update
from tests.conftest import World
from units.models import Role, User

# Written out by hand and not read from the table: a change of the table has to be made here too.
ALLOWED = {
    ("draft", "submitted", "reporter"),
    ("draft", "submitted", "approver"),
    ("draft", "submitted", "office"),
    ("returned", "submitted", "reporter"),
    ("returned", "submitted", "approver"),
    ("returned", "submitted", "office"),
    ("submitted", "draft", "reporter"),
    ("submitted", "draft", "approver"),
    ("submitted", "approved", "office"),
    ("submitted", "returned", "office"),
    ("approved", "returned", "office"),
    ("submitted", "unreviewed", "office"),
    ("returned", "unmended", "office"),
}


def test_the_table_allows_this_and_nothing_else():
    found = {
        (str(old), str(new), str(role))
        for old in Status
        for new in Status
        for role in Role
        if can_transition(old, new, role)
    }
    assert found == ALLOWED


def _submit(world: World, update: ProgressUpdate, actor: User) -> None:
    submit_update(
        assignment=world.support,
        period=world.q1,
        actor=actor,
        values=world.values(progress_text="另一份文字。"),
        base_version=update.version,
    )


def _issue(world: World, update: ProgressUpdate, actor: User) -> None:
    begin_issuing(period_id=world.q1.pk, actor=actor)
    finish_issuing(period_id=world.q1.pk, actor=actor)


def _withdraw(world: World, update: ProgressUpdate, actor: User) -> None:
    withdraw_update(update_id=update.pk, actor=actor)


def _approve(world: World, update: ProgressUpdate, actor: User) -> None:
    approve_update(update_id=update.pk, actor=actor, version=update.version)


def _return(world: World, update: ProgressUpdate, actor: User) -> None:
    return_update(update_id=update.pk, actor=actor, version=update.version, reason="请补充。")


def _reopen(world: World, update: ProgressUpdate, actor: User) -> None:
    reopen_update(update_id=update.pk, actor=actor, version=update.version, reason="请补充。")


CHANGES: dict[str, Callable[[World, ProgressUpdate, User], None]] = {
    "submit": _submit,
    "withdraw": _withdraw,
    "approve": _approve,
    "return": _return,
    "reopen": _reopen,
    "issue": _issue,
}
# (where it stands, what is tried) → where it goes, and who can do that. `unit`: reporter and approver of the unit.
# The office may not hand in what the unit has begun to write, though it files for a unit that has not (代填).
WORKS: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("draft", "submit"): ("submitted", {"reporter", "approver"}),
    ("draft", "issue"): ("draft", {"colleague"}),
    ("returned", "submit"): ("submitted", {"reporter", "approver", "colleague"}),
    ("returned", "issue"): ("unmended", {"colleague"}),
    ("submitted", "withdraw"): ("draft", {"reporter", "approver"}),
    ("submitted", "approve"): ("approved", {"colleague"}),
    ("submitted", "return"): ("returned", {"colleague"}),
    ("submitted", "issue"): ("unreviewed", {"colleague"}),
    ("approved", "reopen"): ("returned", {"colleague"}),
    ("approved", "issue"): ("approved", {"colleague"}),
}
ACTORS = ("reporter", "approver", "lead", "other", "colleague", "leader", "admin")


def bring_to(world: World, state: str) -> ProgressUpdate:
    """区发改局's filing on measure 1, moved to `state` by those who may."""
    office = world.cast.office
    if state == "draft":
        return save_draft(
            assignment=world.support,
            period=world.q1,
            actor=world.cast.reporter,
            values=world.values(),
            base_version=0,
        )
    update = world.file(world.support)
    if state == "approved":
        update = world.approve(update)
    if state in ("returned", "unmended"):
        update = return_update(update_id=update.pk, actor=office, version=update.version, reason="请补充。")
    if state in ("unreviewed", "unmended"):
        _issue(world, update, office)
        update.refresh_from_db()
    assert update.status == state
    return update


class Undo(Exception):
    """Leaves an attempt without a trace."""


def outcome(world: World, update: ProgressUpdate, change: str, actor: User) -> tuple[str, bool]:
    """(state afterwards, whether it was refused with a word and nothing at all was written) of an attempt, undone."""
    before = (update.status, update.version, StatusChange.objects.count())
    state, refusal = "", ""
    with suppress(Undo), transaction.atomic():
        try:
            CHANGES[change](world, update, actor)
        except WorkflowError as error:
            refusal = str(error)
        now = ProgressUpdate.objects.get(pk=update.pk)
        state = now.status
        untouched = before == (now.status, now.version, StatusChange.objects.count())
        raise Undo
    return state, bool(refusal) and untouched


@pytest.mark.parametrize("state", [str(state) for state in Status])
def test_every_change_by_everybody_from(state: str, world: World):
    update = bring_to(world, state)
    wrong = []
    for change in CHANGES:
        goes_to, able = WORKS.get((state, change), ("", set()))
        for name in ACTORS:
            found, refused = outcome(world, update, change, getattr(world.cast, name))
            if refused == (name in able) or (name in able and found != goes_to):
                wrong.append(f"{name}: {change} → {found}")
    assert wrong == []
