"""Who may call what: every address × everybody × GET and POST, read as the policy it is.

Legend: L sent to the login page · W taken as a write (done, or refused with a message because the row sends nothing) ·
a number is the status. A POST goes without content: what matters is who gets through the door. Addresses with
parameters point into the stage (tests/stage.py); `@draft`, `@returned` … name the filing in that state.
"""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from tests.conftest import World
from tests.stage import Stage, build_stage, patterns
from units.models import User

ACTORS = ("anonymous", "reporter", "approver", "lead", "other", "office", "leader", "admin")
# Everything that a write may answer; a stranger to the row never gets one of these.
WRITTEN = {200, 302, 400, 409, 422}

TABLE = """
# address                       method anon reporter approver lead other office leader admin
home                            GET    L    302 302 302 302 302 302 302
home                            POST   L    405 405 405 405 405 405 405
healthz                         GET    200  200 200 200 200 200 200 200
healthz                         POST   405  405 405 405 405 405 405 405
units:login                     GET    200  302 302 302 302 302 302 302
units:login                     POST   W    W   W   W   W   W   W   W
units:logout                    GET    405  405 405 405 405 405 405 405
units:logout                    POST   L    W   W   W   W   W   W   W
units:password                  GET    L    200 200 200 200 200 200 200
units:password                  POST   L    W   W   W   W   W   W   W

# accounts: the office keeps those of units and leaders, administrators those of office and administrators
units:accounts                  GET    L    403 403 403 403 200 403 200
units:accounts                  POST   L    405 405 405 405 405 405 405
units:account_new               GET    L    403 403 403 403 200 403 200
units:account_new               POST   L    403 403 403 403 W   403 W
units:account                   GET    L    403 403 403 403 200 403 200
units:account                   POST   L    403 403 403 403 W   403 403
units:account@office            GET    L    403 403 403 403 404 403 200
units:account@office            POST   L    403 403 403 403 404 403 W
units:account_reset             GET    L    405 405 405 405 405 405 405
units:account_reset             POST   L    403 403 403 403 W   403 403
units:account_reset@office      POST   L    403 403 403 403 404 403 W
units:account_unlock            GET    L    405 405 405 405 405 405 405
units:account_unlock            POST   L    403 403 403 403 W   403 403
units:account_unlock@office     POST   L    403 403 403 403 404 403 W
units:account_active            GET    L    405 405 405 405 405 405 405
units:account_active            POST   L    403 403 403 403 W   403 403
units:account_active@office     POST   L    403 403 403 403 404 403 W
units:change_log                GET    L    403 403 403 403 200 403 200
units:change_log                POST   L    405 405 405 405 405 405 405

# units and the plan are kept by the office alone
units:unit_list                 GET    L    403 403 403 403 200 403 403
units:unit_list                 POST   L    405 405 405 405 405 405 405
units:unit_new                  GET    L    403 403 403 403 200 403 403
units:unit_new                  POST   L    403 403 403 403 W   403 403
units:unit_edit                 GET    L    403 403 403 403 200 403 403
units:unit_edit                 POST   L    403 403 403 403 W   403 403
units:unit_move                 GET    L    405 405 405 405 405 405 405
units:unit_move                 POST   L    403 403 403 403 W   403 403
units:alias_add                 GET    L    405 405 405 405 405 405 405
units:alias_add                 POST   L    403 403 403 403 W   403 403
units:alias_delete              GET    L    405 405 405 405 405 405 405
units:alias_delete              POST   L    403 403 403 403 W   403 403
tasks:plans                     GET    L    200 200 200 200 200 200 200
tasks:plans                     POST   L    405 405 405 405 405 405 405
tasks:plan_manage               GET    L    403 403 403 403 200 403 403
tasks:plan_manage               POST   L    405 405 405 405 405 405 405
tasks:plan_book                 GET    L    403 403 403 403 200 403 403
tasks:plan_book                 POST   L    405 405 405 405 405 405 405
tasks:thresholds                GET    L    405 405 405 405 405 405 405
tasks:thresholds                POST   L    403 403 403 403 W   403 403
tasks:measure_manage            GET    L    403 403 403 403 200 403 403
tasks:measure_manage            POST   L    403 403 403 403 W   403 403
tasks:measure_kind              GET    L    405 405 405 405 405 405 405
tasks:measure_kind              POST   L    403 403 403 403 W   403 403
tasks:demands                   GET    L    403 403 403 403 200 403 403
tasks:demands                   POST   L    405 405 405 405 405 405 405
tasks:period_state              GET    L    405 405 405 405 405 405 405
tasks:period_state              POST   L    403 403 403 403 W   403 403
tasks:period_dates              GET    L    405 405 405 405 405 405 405
tasks:period_dates              POST   L    403 403 403 403 W   403 403
tasks:measure_deadline          GET    L    405 405 405 405 405 405 405
tasks:measure_deadline          POST   L    403 403 403 403 W   403 403
tasks:measure_lead              GET    L    405 405 405 405 405 405 405
tasks:measure_lead              POST   L    403 403 403 403 W   403 403
tasks:settle_party              GET    L    405 405 405 405 405 405 405
tasks:settle_party              POST   L    403 403 403 403 W   403 403
tasks:duty_quarters             GET    L    405 405 405 405 405 405 405
tasks:duty_quarters             POST   L    403 403 403 403 W   403 403
tasks:groups                    GET    L    403 403 403 403 200 403 403
tasks:groups                    POST   L    405 405 405 405 405 405 405
tasks:group                     GET    L    403 403 403 403 200 403 403
tasks:group                     POST   L    403 403 403 403 W   403 403
tasks:group_new                 GET    L    403 403 403 403 200 403 403
tasks:group_new                 POST   L    403 403 403 403 W   403 403
tasks:group_delete              GET    L    405 405 405 405 405 405 405
tasks:group_delete              POST   L    403 403 403 403 W   403 403
tasks:group_alias_add           GET    L    405 405 405 405 405 405 405
tasks:group_alias_add           POST   L    403 403 403 403 W   403 403
tasks:group_alias_delete        GET    L    405 405 405 405 405 405 405
tasks:group_alias_delete        POST   L    403 403 403 403 W   403 403
tasks:group_confirm             GET    L    405 405 405 405 405 405 405
tasks:group_confirm             POST   L    403 403 403 403 W   403 403
tasks:member_add                GET    L    405 405 405 405 405 405 405
tasks:member_add                POST   L    403 403 403 403 W   403 403
tasks:member_end                GET    L    405 405 405 405 405 405 405
tasks:member_end                POST   L    403 403 403 403 W   403 403
tasks:member_remove             GET    L    405 405 405 405 405 405 405
tasks:member_remove             POST   L    403 403 403 403 W   403 403
tasks:demand_link               GET    L    405 405 405 405 405 405 405
tasks:demand_link               POST   L    403 403 403 403 W   403 403
tasks:demand_unlink             GET    L    405 405 405 405 405 405 405
tasks:demand_unlink             POST   L    403 403 403 403 W   403 403
tasks:demand_confirm            GET    L    405 405 405 405 405 405 405
tasks:demand_confirm            POST   L    403 403 403 403 W   403 403

# 计划导入: documents on their way to become plans, shared by the office's people; what is done is closed
tasks:imports                   GET    L    403 403 403 403 200 403 403
tasks:imports                   POST   L    403 403 403 403 W   403 403
tasks:plan_import               GET    L    403 403 403 403 200 403 403
tasks:plan_import               POST   L    405 405 405 405 405 405 405
tasks:plan_import@done          GET    L    403 403 403 403 200 403 403
tasks:import_file               GET    L    403 403 403 403 200 403 403
tasks:import_file               POST   L    405 405 405 405 405 405 405
tasks:import_marked             GET    L    403 403 403 403 200 403 403
tasks:import_marked             POST   L    405 405 405 405 405 405 405
tasks:import_marked@done        GET    L    403 403 403 403 404 403 403
tasks:import_replace            GET    L    405 405 405 405 405 405 405
tasks:import_replace            POST   L    403 403 403 403 W   403 403
tasks:import_replace@done       POST   L    403 403 403 403 409 403 403
tasks:import_details            GET    L    405 405 405 405 405 405 405
tasks:import_details            POST   L    403 403 403 403 W   403 403
tasks:import_details@done       POST   L    403 403 403 403 409 403 403
tasks:import_choose             GET    L    405 405 405 405 405 405 405
tasks:import_choose             POST   L    403 403 403 403 W   403 403
tasks:import_choose@done        POST   L    403 403 403 403 409 403 403
tasks:import_accept             GET    L    405 405 405 405 405 405 405
tasks:import_accept             POST   L    403 403 403 403 W   403 403
tasks:import_accept@done        POST   L    403 403 403 403 409 403 403
tasks:import_compare            GET    L    405 405 405 405 405 405 405
tasks:import_compare            POST   L    403 403 403 403 W   403 403
tasks:import_compare@done       POST   L    403 403 403 403 409 403 403
tasks:import_discard            GET    L    405 405 405 405 405 405 405
tasks:import_discard            POST   L    403 403 403 403 W   403 403
tasks:import_discard@done       POST   L    403 403 403 403 409 403 403
tasks:import_confirm            GET    L    405 405 405 405 405 405 405
tasks:import_confirm            POST   L    403 403 403 403 W   403 403

# filing: the unit itself, or the office for it; nobody else knows whether there is anything
tasks:workbench                 GET    L    200 200 200 200 403 403 403
tasks:workbench                 POST   L    405 405 405 405 405 405 405
tasks:filing                    GET    L    200 200 404 404 302 403 403
tasks:filing                    POST   L    W   W   404 404 W   403 403
tasks:filing@returned           GET    L    404 404 404 404 200 403 403
tasks:autosave                  GET    L    405 405 405 405 405 405 405
tasks:autosave                  POST   L    W   W   404 404 W   403 403
tasks:discard                   GET    L    405 405 405 405 405 405 405
tasks:discard                   POST   L    W   W   404 404 W   403 403
tasks:no_work                   GET    L    405 405 405 405 405 405 405
tasks:no_work                   POST   L    W   W   404 404 W   403 403
tasks:evidence_upload           GET    L    405 405 405 405 405 405 405
tasks:evidence_upload           POST   L    W   W   404 404 W   403 403
tasks:withdraw                  GET    L    405 405 405 405 405 405 405
tasks:withdraw@submitted        POST   L    W   W   403 404 403 403 403

# a filled-in workbook holds drafts: who uploaded it sees it, nobody else, also of the same unit or office
tasks:filing_upload             GET    L    200 200 404 404 200 403 403
tasks:filing_upload             POST   L    W   W   404 404 W   403 403
tasks:filing_upload_page        GET    L    404 404 200 404 404 403 403
tasks:filing_upload_page        POST   L    404 404 W   404 404 403 403
tasks:filing_upload_page@office GET    L    404 404 404 404 200 403 403
tasks:filing_upload_page@colleague GET L    404 404 404 404 404 403 403
tasks:filing_upload_discard     GET    L    405 405 405 405 405 405 405
tasks:filing_upload_discard     POST   L    404 404 W   404 404 403 403
tasks:filing_upload_marked      GET    L    404 404 200 404 404 403 403
tasks:filing_upload_marked      POST   L    405 405 405 405 405 405 405

# reading a filing: drafts by the unit, what is handed in by the confirmed lead and the office, approved text by leaders
tasks:update@draft              GET    L    404 404 200 404 404 404 404
tasks:update@submitted          GET    L    200 200 200 404 200 404 200
tasks:update@approved           GET    L    200 200 404 404 200 200 200
tasks:update@returned           GET    L    404 404 404 404 200 404 200
tasks:update                    POST   L    405 405 405 405 405 405 405
tasks:evidence@draft            GET    L    404 404 200 404 404 404 404
tasks:evidence@submitted        GET    L    200 200 200 404 200 404 200
tasks:evidence@approved         GET    L    200 200 404 404 200 200 200
tasks:evidence@returned         GET    L    404 404 404 404 200 404 200
tasks:evidence                  POST   L    405 405 405 405 405 405 405
tasks:evidence_preview@draft    GET    L    404 404 200 404 404 404 404
tasks:evidence_preview@submitted GET   L    200 200 200 404 200 404 200
tasks:evidence_preview@approved GET    L    200 200 404 404 200 200 200
tasks:evidence_preview          POST   L    405 405 405 405 405 405 405
tasks:evidence_detach           GET    L    405 405 405 405 405 405 405
tasks:evidence_detach@draft     POST   L    404 404 W   404 404 403 403
tasks:evidence_detach@submitted POST   L    W   W   403 404 W   403 403

# reviewing: the office alone
tasks:desk                      GET    L    403 403 403 403 200 403 403
tasks:desk                      POST   L    405 405 405 405 405 405 405
tasks:review_queue              GET    L    403 403 403 403 200 403 403
tasks:review_queue              POST   L    405 405 405 405 405 405 405
tasks:approve_many              GET    L    405 405 405 405 405 405 405
tasks:approve_many              POST   L    403 403 403 403 W   403 403
tasks:review@submitted          GET    L    403 403 403 403 200 403 403
tasks:review@draft              GET    L    403 403 403 403 404 403 403
tasks:review                    POST   L    405 405 405 405 405 405 405
tasks:decide                    GET    L    405 405 405 405 405 405 405
tasks:decide@submitted          POST   L    403 403 403 403 W   403 403
tasks:decide@draft              POST   L    403 403 403 403 404 403 403
tasks:reopen                    GET    L    405 405 405 405 405 405 405
tasks:reopen@approved           POST   L    403 403 403 403 W   403 403
tasks:reopen@draft              POST   L    403 403 403 403 404 403 403
tasks:measure_summary           GET    L    403 403 403 403 200 403 403
tasks:measure_summary           POST   L    403 403 403 403 W   403 403

# seeing: figures are everybody's
reports:overview                GET    L    200 200 200 200 200 200 200
reports:overview                POST   L    405 405 405 405 405 405 405
reports:measures                GET    L    200 200 200 200 200 200 200
reports:measures                POST   L    405 405 405 405 405 405 405
reports:measure                 GET    L    200 200 200 200 200 200 200
reports:measure                 POST   L    405 405 405 405 405 405 405
reports:tasks                   GET    L    200 200 200 200 200 200 200
reports:tasks                   POST   L    405 405 405 405 405 405 405
reports:task                    GET    L    200 200 200 200 200 200 200
reports:task                    POST   L    405 405 405 405 405 405 405
reports:units                   GET    L    200 200 200 200 200 200 200
reports:units                   POST   L    405 405 405 405 405 405 405
reports:unit                    GET    L    200 200 200 200 200 200 200
reports:unit                    POST   L    405 405 405 405 405 405 405
reports:text                    GET    L    200 200 200 200 200 200 200
reports:text                    POST   L    405 405 405 405 405 405 405
reports:ledger                  GET    L    200 200 200 200 200 200 200
reports:ledger                  POST   L    405 405 405 405 405 405 405

# the whole year with every unit's filings, who wrote and who decided: the office's working paper
reports:yearbook                GET    L    403 403 403 403 200 403 403
reports:yearbook                POST   L    405 405 405 405 405 405 405

# bulletins: drafts are the office's and for others do not exist; what is issued is everybody's (nothing on the stage: 404)
reports:bulletins               GET    L    200 200 200 200 200 200 200
reports:bulletins               POST   L    405 405 405 405 405 405 405
reports:bulletin                GET    L    200 200 200 200 200 200 200
reports:bulletin                POST   L    405 405 405 405 405 405 405
reports:bulletin_start          GET    L    405 405 405 405 405 405 405
reports:bulletin_start          POST   L    404 404 404 404 W   404 404
reports:bulletin_draft          GET    L    404 404 404 404 200 404 404
reports:bulletin_draft          POST   L    404 404 404 404 W   404 404
reports:bulletin_rewrite        GET    L    405 405 405 405 405 405 405
reports:bulletin_rewrite        POST   L    404 404 404 404 W   404 404
reports:bulletin_preview        GET    L    404 404 404 404 200 404 404
reports:bulletin_preview        POST   L    405 405 405 405 405 405 405
reports:rendering               GET    L    404 404 404 404 404 404 404
reports:rendering               POST   L    405 405 405 405 405 405 405
reports:rendering@made          GET    L    200 200 200 200 200 200 200
reports:bulletin_issue          GET    L    403 403 403 403 200 403 403
reports:bulletin_issue          POST   L    403 403 403 403 W   403 403
reports:bulletin_progress       GET    L    405 405 405 405 405 405 405
reports:bulletin_progress       POST   L    404 404 404 404 W   404 404
reports:bulletin_file           GET    L    404 404 404 404 404 404 404
reports:bulletin_file           POST   L    405 405 405 405 405 405 405
reports:bulletin_file@issued    GET    L    200 200 200 200 200 200 200
reports:edition                 GET    L    404 404 404 404 404 404 404
reports:edition                 POST   L    405 405 405 405 405 405 405
reports:edition@issued          GET    L    200 200 200 200 200 200 200
reports:bulletin_correct        GET    L    403 403 403 403 302 403 403
reports:bulletin_correct        POST   L    403 403 403 403 302 403 403
reports:bulletin_correct@issued GET    L    403 403 403 403 200 403 403
reports:bulletin_correct@issued POST   L    403 403 403 403 W   403 403
reports:correction_cancel       GET    L    405 405 405 405 405 405 405
reports:correction_cancel       POST   L    403 403 403 403 W   403 403
reports:verify                  GET    L    200 200 200 200 200 200 200
reports:verify                  POST   L    W   W   W   W   W   W   W
reports:edition_file            GET    L    404 404 404 404 404 404 404
reports:edition_file            POST   L    405 405 405 405 405 405 405
reports:edition_file@issued     GET    L    200 200 200 200 200 200 200

# papers: 领导专报 before issue is for those who lead and those who write it, afterwards it is stored with the bulletin and
# everybody's; a unit has its own 单位进展单 and paper forms, another unit's do not exist; forms are for those who file, and
# there are none of a quarter that takes no filing
reports:brief_preview           GET    L    403 403 403 403 200 200 403
reports:brief_preview           POST   L    405 405 405 405 405 405 405
reports:brief_preview@issued    GET    L    403 403 403 403 302 302 403
reports:unit_sheet              GET    L    200 200 404 404 200 200 200
reports:unit_sheet              POST   L    405 405 405 405 405 405 405
reports:unit_sheet@issued       GET    L    200 200 404 404 200 200 200
reports:unit_forms              GET    L    200 200 404 404 200 403 403
reports:unit_forms              POST   L    405 405 405 405 405 405 405
reports:unit_forms@issued       GET    L    404 404 404 404 404 403 403
reports:filing_form             GET    L    200 200 404 404 200 403 403
reports:filing_form             POST   L    405 405 405 405 405 405 405
reports:filing_form@issued      GET    L    404 404 404 404 404 403 403
tasks:paper_form                GET    L    403 403 403 403 200 403 403
tasks:paper_form                POST   L    405 405 405 405 405 405 405

# workbooks: a unit has its own 季度填报表, another unit's does not exist; the office has any unit's; also to look up what is issued
tasks:filing_book               GET    L    200 200 404 404 200 403 403
tasks:filing_book               POST   L    405 405 405 405 405 405 405
tasks:filing_book@issued        GET    L    200 200 404 404 200 403 403
"""

# Django's admin, address by address alike: administrators read, everybody else is kept out.
ADMIN_SITE = "admin:"


def rows() -> list[tuple[str, str, dict[str, str]]]:
    """(address, method, actor → expected) of each line."""
    found = []
    for line in TABLE.strip().splitlines():
        parts = line.split()
        if not parts or parts[0] == "#":
            continue
        address, method, *expected = parts
        assert len(expected) == len(ACTORS), line
        found.append((address, method, dict(zip(ACTORS, expected, strict=True))))
    return found


@pytest.fixture
def stage(world: World) -> Stage:
    return build_stage(world)


@pytest.mark.parametrize(
    ("address", "method", "expected"), rows(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_who_may_call_what(
    stage: Stage, login: Callable[[User | None], Client], address: str, method: str, expected: dict[str, str]
) -> None:
    url = stage.url(address)
    wrong = []
    for actor, user in stage.actors().items():
        # What one of them changed must not meet the next.
        with transaction.atomic():
            status = answer(login(user), method, url)
            transaction.set_rollback(True)
        if not agrees(status, expected[actor]):
            wrong.append(f"{actor}: {status} instead of {expected[actor]}")
    assert not wrong, f"{method} {url}: " + "; ".join(wrong)


def answer(client: Client, method: str, url: str) -> str:
    """The status as text, or L where the answer is the way to the login page."""
    response = client.generic(method, url)
    if response.status_code == 302 and response.headers["Location"].startswith("/login/"):
        return "L"
    return str(response.status_code)


def agrees(status: str, expected: str) -> bool:
    if expected == "W":
        return status == "L" or int(status) in WRITTEN
    return status == expected


def test_every_address_is_declared_for_get_and_post_and_no_row_is_stale() -> None:
    declared = {(address.partition("@")[0], method) for address, method, _ in rows()}
    wanted = {
        (name, method)
        for name in patterns()
        if not name.startswith(ADMIN_SITE) and not name.startswith("django-admin/")
        for method in ("GET", "POST")
    }
    assert wanted - declared == set(), "undeclared"
    assert declared - wanted == set(), "stale"


def test_every_view_says_which_roles_it_serves_or_is_listed_as_open() -> None:
    """A view that forgets its roles would serve every account."""
    from django.urls import get_resolver

    open_to_all = {"home", "healthz", "units:login", "units:logout"}
    silent = set()

    def walk(items, space):
        for item in items:
            if hasattr(item, "url_patterns"):
                walk(item.url_patterns, f"{space}{item.namespace}:" if item.namespace else space)
            elif not (space + str(item.name)).startswith(ADMIN_SITE) and not hasattr(item.callback, "roles"):
                silent.add(space + str(item.name))

    walk([item for item in get_resolver().url_patterns if "django-admin" not in str(item.pattern)], "")
    assert silent == open_to_all
