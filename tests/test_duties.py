"""Who has which duty: parties settled and reopened, duties from quarter to quarter."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from tasks.errors import WorkflowError
from tasks.models import Assignment, ProgressUpdate, Responsibility, Scope, UpdateDraft
from tasks.services.duties import (
    reopen_party,
    set_duty_quarters,
    settle_group_party,
    settle_party,
)
from tasks.services.filing import autosave, save_draft
from tasks.services.groups import add_member, confirm_group
from tasks.spans import quarters_of
from tests.conftest import World, build_world
from tests.factories import UnitFactory, group_of
from tests.lookups import duties, freeze, revision
from units.models import Unit, UnitKind

YEAR = 2024


# --- settling ------------------------------------------------------------------------------------
@pytest.fixture
def party(world: World) -> Responsibility:
    """The open party of measure 3: a part of a group without known members."""
    return world.measures[2].responsibilities.get()


def settle(world: World, party: Responsibility, *units: Unit, first: int = 1) -> Responsibility:
    return settle_party(
        responsibility_id=party.pk,
        actor=world.cast.office,
        unit_ids=[unit.pk for unit in units],
        first_quarter=first,
    )


def test_settling_gives_the_chosen_units_a_duty_from_then_on(world: World, party: Responsibility) -> None:
    before = revision(world)
    settled = settle(world, party, world.fgj, world.zjj, first=2)
    assert not settled.is_open
    assert settled.first_quarter == 2
    assert duties(party) == {"fgj": (2, 4), "zjj": (2, 4)}
    assert revision(world) > before


def test_settling_again_adds_and_takes_away(world: World, party: Responsibility) -> None:
    settle(world, party, world.fgj)
    settle(world, party, world.zjj)
    assert duties(party) == {"zjj": (1, 4)}
    # The quarter moves with those that began with the party, not with one that the office dated by hand.
    row = party.assignments.get()
    set_duty_quarters(assignment_id=row.pk, actor=world.cast.office, first_quarter=2, last_quarter=3)
    settle(world, party, world.zjj, world.fgj, first=2)
    assert duties(party) == {"zjj": (2, 3), "fgj": (2, 4)}


def test_a_unit_that_filed_keeps_its_duty_up_to_its_filing(world: World, party: Responsibility) -> None:
    settle(world, party, world.fgj, world.zjj)
    world.file(party.assignments.get(unit=world.fgj))
    settle(world, party, world.zjj)
    assert duties(party) == {"fgj": (1, 1), "zjj": (1, 4)}
    assert ProgressUpdate.objects.count() == 1


def test_a_draft_or_kept_typing_outlives_the_duty(world: World, party: Responsibility) -> None:
    settle(world, party, world.fgj, world.zjj)
    fgj, zjj = party.assignments.get(unit=world.fgj), party.assignments.get(unit=world.zjj)
    save_draft(
        assignment=fgj, period=world.q1, actor=world.cast.reporter, values=world.values(), base_version=0
    )
    autosave(
        assignment=zjj,
        period=world.q1,
        actor=world.cast.other,
        tab="a" * 16,
        payload={"progress_text": "已写"},
        base_version=0,
    )
    settle(world, party, world.sthj)
    assert {code: quarters_of(span) for code, span in duties(party).items()} == {
        "fgj": frozenset(),
        "zjj": frozenset(),
        "sthj": frozenset({1, 2, 3, 4}),
    }
    assert UpdateDraft.objects.count() == 1


@pytest.mark.parametrize(
    ("units", "first", "message"),
    [
        ([], 1, "至少选择一个单位"),
        (["gone"], 1, "不存在或已停用"),
        (["idle"], 1, "不存在或已停用"),
        (["fgj"], 5, "请选择自哪个季度起"),
        (["fgj"], 1, "第一季度已印发"),
    ],
)
def test_settling_that_is_refused_changes_nothing(
    world: World, party: Responsibility, units: list[str], first: int, message: str
) -> None:
    idle = UnitFactory(is_active=False)
    ids = {"gone": 10**9, "idle": idle.pk, "fgj": world.fgj.pk}
    if "已印发" in message:
        freeze(world, 1)
    with pytest.raises(WorkflowError, match=message):
        settle_party(
            responsibility_id=party.pk,
            actor=world.cast.office,
            unit_ids=[ids[name] for name in units],
            first_quarter=first,
        )
    party.refresh_from_db()
    assert party.is_open
    assert not party.assignments.exists()


@pytest.mark.parametrize("role", ["reporter", "lead", "leader", "admin"])
def test_only_the_office_settles_reopens_and_dates(world: World, party: Responsibility, role: str) -> None:
    actor = getattr(world.cast, role)
    for call in (
        lambda: settle_party(
            responsibility_id=party.pk, actor=actor, unit_ids=[world.fgj.pk], first_quarter=1
        ),
        lambda: settle_group_party(responsibility_id=party.pk, actor=actor, first_quarter=1),
        lambda: reopen_party(responsibility_id=party.pk, actor=actor),
        lambda: set_duty_quarters(
            assignment_id=world.support.pk, actor=actor, first_quarter=1, last_quarter=2
        ),
        lambda: add_member(group=world.street_group, unit=world.zjj, actor=actor, starts=None),
        lambda: confirm_group(group=world.street_group, actor=actor, confirmed=False),
    ):
        with pytest.raises(WorkflowError, match="只有区生态办"):
            call()


def test_the_first_printed_party_that_names_a_unit_has_it(world: World) -> None:
    """Printed: 区发改局 (unit), 各街道 (group), then a note and 其他成员单位."""
    measure, office = world.measures[1], world.cast.office
    note = Responsibility.objects.create(
        measure=measure, order=3, printed="等成员单位按照职责分工负责", scope=Scope.NOTE
    )
    committee = group_of("委员会成员单位", "committee", [world.fgj, world.sthj, world.zjj, world.streets[0]])
    others = Responsibility.objects.create(
        measure=measure, order=4, printed="其他成员单位", scope=Scope.OTHERS, group=committee, is_open=True
    )
    settle_group_party(responsibility_id=others.pk, actor=office, first_quarter=1)
    assert duties(others) == {"sthj": (1, 4), "zjj": (1, 4)}
    # The note names one of them by hand: it is printed earlier. What a unit or a group before it names stays there.
    settle(world, note, world.zjj, world.fgj, world.streets[0])
    assert duties(note) == {"zjj": (1, 4)}
    assert duties(others) == {"sthj": (1, 4)}
    assert world.terminal.responsibility.assignments.get() == world.terminal
    # When the note lets go of it, it is among the others again.
    settle(world, note)
    assert duties(note) == {}
    assert duties(others) == {"sthj": (1, 4), "zjj": (1, 4)}
    # A new street is named by 各街道, printed before 其他成员单位.
    street = UnitFactory(code="new", name="八一路街道", kind=UnitKind.STREET)
    add_member(group=committee, unit=street, actor=office, starts=None)
    assert duties(others)["new"] == (1, 4)
    add_member(group=world.street_group, unit=street, actor=office, starts=date(YEAR, 7, 1))
    assert "new" not in duties(others)
    assert duties(measure.responsibilities.get(order=2))["new"] == (1, 4)


def test_a_unit_printed_by_its_own_name_stays_with_it(world: World) -> None:
    """It may lead, which a group may not: a group printed before it does not take it over."""
    named = world.support.responsibility
    Responsibility.objects.filter(pk=named.pk).update(order=9)
    group = group_of("领导小组", "leading", [world.fgj, world.zjj])
    whole = Responsibility.objects.create(
        measure=world.measures[0], order=3, printed="各成员单位", scope=Scope.GROUP, group=group, is_open=True
    )
    settle_group_party(responsibility_id=whole.pk, actor=world.cast.office, first_quarter=1)
    assert duties(whole) == {"zjj": (1, 4)}
    assert duties(named) == {"fgj": (1, 4)}


def test_the_others_are_only_whom_nobody_else_names(world: World) -> None:
    measure = world.measures[2]
    committee = group_of("委员会成员单位", "committee", [world.fgj, world.zjj])
    others = Responsibility.objects.create(
        measure=measure, order=2, printed="其他成员单位", scope=Scope.OTHERS, group=committee, is_open=True
    )
    note = Responsibility.objects.create(measure=measure, order=3, printed="等单位", scope=Scope.NOTE)
    settle(world, note, world.zjj)
    settle_group_party(responsibility_id=others.pk, actor=world.cast.office, first_quarter=1)
    assert (duties(others), duties(note)) == ({"fgj": (1, 4)}, {"zjj": (1, 4)})


def test_a_whole_group_is_its_members_and_nobody_is_picked(world: World) -> None:
    group = group_of("领导小组", "leading", [])
    whole = Responsibility.objects.create(
        measure=world.measures[2], order=2, printed="各成员单位", scope=Scope.GROUP, group=group, is_open=True
    )
    office = world.cast.office
    with pytest.raises(WorkflowError, match="没有成员"):
        settle_group_party(responsibility_id=whole.pk, actor=office, first_quarter=1)
    with pytest.raises(WorkflowError, match="不能逐个选定"):
        settle(world, whole, world.fgj)
    with pytest.raises(WorkflowError, match="不能逐个选定"):
        settle(world, world.support.responsibility, world.fgj)
    with pytest.raises(WorkflowError, match="不是整个单位组"):
        settle_group_party(responsibility_id=world.support.responsibility_id, actor=office, first_quarter=1)
    add_member(group=group, unit=world.fgj, actor=office, starts=date(YEAR, 4, 1))
    assert not whole.assignments.exists()
    settle_group_party(responsibility_id=whole.pk, actor=office, first_quarter=1)
    assert duties(whole) == {"fgj": (2, 4)}
    settle_group_party(responsibility_id=whole.pk, actor=office, first_quarter=3)
    assert duties(whole) == {"fgj": (3, 4)}


def test_reopening_takes_the_duties_back_until_something_is_filed(
    world: World, party: Responsibility
) -> None:
    settle(world, party, world.fgj)
    reopen_party(responsibility_id=party.pk, actor=world.cast.office)
    party.refresh_from_db()
    assert party.is_open
    assert duties(party) == {}
    settle(world, party, world.fgj)
    world.file(party.assignments.get())
    with pytest.raises(WorkflowError, match="已在该责任主体下填报"):
        reopen_party(responsibility_id=party.pk, actor=world.cast.office)
    with pytest.raises(WorkflowError, match="单个单位"):
        reopen_party(responsibility_id=world.lead.responsibility_id, actor=world.cast.office)
    assert duties(party) == {"fgj": (1, 4)}


def test_an_issued_quarter_keeps_its_duties_when_a_party_is_reopened_and_settled_anew(
    world: World, party: Responsibility
) -> None:
    settle(world, party, world.fgj, world.zjj)
    freeze(world, 1)
    reopen_party(responsibility_id=party.pk, actor=world.cast.office)
    assert duties(party) == {"fgj": (1, 1), "zjj": (1, 1)}
    settle(world, party, world.zjj, first=2)
    assert duties(party) == {"fgj": (1, 1), "zjj": (1, 4)}


def test_a_party_stays_settled_where_a_filing_holds_it(world: World, party: Responsibility) -> None:
    """Moved to the second quarter after a filing in the first, it would be open there and the filing would not count."""
    settle(world, party, world.fgj)
    world.file(party.assignments.get())
    assert settle(world, party, world.fgj, world.zjj, first=2).first_quarter == 1
    assert duties(party) == {"fgj": (1, 4), "zjj": (2, 4)}


# --- quarters of a duty --------------------------------------------------------------------------
def set_quarters(world: World, duty: Assignment, first: int, last: int) -> tuple[int, int]:
    return set_duty_quarters(
        assignment_id=duty.pk, actor=world.cast.office, first_quarter=first, last_quarter=last
    ).span


def test_a_duty_is_ended_and_taken_up_again(world: World) -> None:
    before = revision(world)
    assert set_quarters(world, world.support, 1, 2) == (1, 2)
    assert set_quarters(world, world.support, 1, 0) == (1, 0)
    assert set_quarters(world, world.support, 2, 4) == (2, 4)
    assert revision(world) == before + 3


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [(0, 4, "1 至 4"), (1, 5, "1 至 4"), (-1, 4, "1 至 4"), (3, 2, "终止季度不能早于")],
)
def test_quarters_that_are_none(world: World, first: int, last: int, message: str) -> None:
    with pytest.raises(WorkflowError, match=message):
        set_quarters(world, world.support, first, last)


def test_a_duty_keeps_the_quarters_that_are_filed_or_issued(world: World) -> None:
    world.file(world.support)
    with pytest.raises(WorkflowError, match="第一季度已有填报"):
        set_quarters(world, world.support, 2, 4)
    with pytest.raises(WorkflowError, match="第一季度已有填报"):
        set_quarters(world, world.support, 1, 0)
    assert set_quarters(world, world.support, 1, 1) == (1, 1)
    freeze(world, 1, 2)
    # Nothing was filed here, but the bulletins of both quarters name the unit.
    with pytest.raises(WorkflowError, match="第一季度、第二季度的通报已列明"):
        set_quarters(world, world.terminal, 3, 4)
    assert set_quarters(world, world.terminal, 1, 2) == (1, 2)
    # An issued quarter takes no new duty; one that stopped before it may go on after it.
    set_quarters(world, world.lead, 1, 4)
    late = Assignment.objects.create(
        measure=world.measures[0],
        unit=world.zjj,
        responsibility=world.support.responsibility,
        first_quarter=3,
    )
    with pytest.raises(WorkflowError, match="已印发，不能再补入"):
        set_quarters(world, late, 2, 4)
    assert set_quarters(world, world.support, 1, 4) == (1, 4)


def test_a_duty_that_is_gone_is_a_message(world: World) -> None:
    with pytest.raises(WorkflowError, match="已不是本措施的责任单位"):
        set_duty_quarters(assignment_id=10**9, actor=world.cast.office, first_quarter=1, last_quarter=2)


def test_a_unit_of_a_party_settled_later_may_begin_earlier(world: World, party: Responsibility) -> None:
    settle(world, party, world.fgj, world.zjj, first=3)
    set_quarters(world, party.assignments.get(unit=world.fgj), 2, 4)
    party.refresh_from_db()
    assert party.first_quarter == 2


def test_no_filing_on_a_duty_that_was_ended_while_the_form_was_open(
    world: World, party: Responsibility
) -> None:
    loaded = Assignment.objects.select_related("measure", "unit", "responsibility").get(pk=world.support.pk)
    set_quarters(world, world.support, 2, 4)
    with pytest.raises(WorkflowError, match="没有此项责任"):
        world.file(loaded)
    settle(world, party, world.fgj)
    gone = party.assignments.select_related("measure", "unit", "responsibility").get()
    reopen_party(responsibility_id=party.pk, actor=world.cast.office)
    with pytest.raises(WorkflowError, match="已无此项责任"):
        world.file(gone)
    assert not ProgressUpdate.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_filing_waits_for_a_duty_that_is_being_ended() -> None:
    """Without the lock on the quarters the filing would land in a quarter that the duty has no longer."""
    world = build_world()

    def file() -> ProgressUpdate:
        try:
            return world.file(world.support)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            set_quarters(world, world.support, 2, 4)
            filing = pool.submit(file)
            with pytest.raises(TimeoutError):
                filing.result(timeout=1)
        with pytest.raises(WorkflowError, match="没有此项责任"):
            filing.result(timeout=20)
    assert not ProgressUpdate.objects.exists()
