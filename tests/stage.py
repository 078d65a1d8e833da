"""The world with something in every state, and where each address leads in it: for tests that visit every page."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from PIL import Image

from reports.models import Bulletin, Rendering, RenderingState
from reports.services.drafts import start_draft
from reports.services.issuing import issue_bulletin
from tasks.models import DemandLink, Evidence, FilingUpload, PlanDemand, ProgressUpdate
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft
from tasks.services.plan_imports import confirm_import, start_import
from tasks.services.review import return_update
from tests.conftest import Cast, World
from tests.filingbooks import downloaded, uploaded
from tests.lookups import make_demand
from units.models import GroupMembership, UnitAlias, User


def picture(name: str = "现场照片.png", colour: str = "green") -> SimpleUploadedFile:
    """A real PNG."""
    target = BytesIO()
    Image.new("RGB", (40, 30), colour).save(target, "PNG")
    return SimpleUploadedFile(name, target.getvalue(), "image/png")


# Addresses of one document on its way to become a plan.
IMPORTS = frozenset(
    f"tasks:{name}"
    for name in (
        "plan_import",
        "import_file",
        "import_marked",
        "import_replace",
        "import_details",
        "import_choose",
        "import_accept",
        "import_compare",
        "import_discard",
        "import_confirm",
    )
)


def plan_text(year: int, units: str) -> str:
    """A plan of two measures as it is pasted. The second names nobody, which somebody has to look at."""
    return (
        f"西岗区{year}年生态环境保护工作计划\n\n"
        "序号\t目标任务\t工作措施\t责任单位\t完成时限\n"
        f"1\t深入实施碳达峰行动\t持续推进碳排放核算。\t{units}\t{year}年12月底前\n"
        f"2\t推动督察整改\t落实督察整改。\t{'' if '、' in units else units}\t长期坚持\n"
    )


@dataclass
class Stage:
    """`submitted` 区发改局 on measure 1, `approved` 区发改局 on 2, `draft` 生态环境分局 on 1, `returned` a street on 2."""

    world: World
    submitted: ProgressUpdate
    approved: ProgressUpdate
    draft: ProgressUpdate
    returned: ProgressUpdate
    evidence: dict[str, Evidence]
    demand: PlanDemand
    link: DemandLink

    @property
    def cast(self) -> Cast:
        return self.world.cast

    def actors(self) -> dict[str, User | None]:
        """Column of the access table → account."""
        cast = self.cast
        return {
            "anonymous": None,
            "reporter": cast.reporter,
            "approver": cast.approver,
            "lead": cast.lead,
            "other": cast.other,
            "office": cast.office,
            "leader": cast.leader,
            "admin": cast.admin,
        }

    def url(self, spec: str) -> str:
        """The address of `name` or `name@variant`; KeyError for a name that this stage does not know.

        `@issued` issues the quarter first, for real.
        """
        name, _, variant = spec.partition("@")
        if variant == "issued" and not Bulletin.objects.issued().filter(period=self.world.q1).exists():
            issue_bulletin(period_id=self.world.q1.pk, actor=self.cast.office)
        return reverse(name, kwargs=self._kwargs(name, variant))

    def _paper(self) -> str:
        """The key of a paper that was asked for; it is made."""
        return Rendering.objects.create(
            key="1" * 64,
            format="pdf",
            state=RenderingState.DONE,
            asked_by=self.cast.office,
            asked_at=timezone.now(),
        ).key

    def _brought(self, variant: str) -> int:
        """A document on its way to become a plan, with names to decide on; with @done one that has become the plan of 2023."""
        if variant == "done":
            record = start_import(
                actor=self.cast.office, data=plan_text(2023, "区发改局"), name="2023年计划.txt"
            )
            confirm_import(import_id=record.pk, actor=self.cast.office)
        else:
            units = "区发改委、区水务集团、各街道"
            record = start_import(actor=self.cast.office, data=plan_text(2025, units), name="2025年计划.txt")
        return record.pk

    def _workbook(self, variant: str) -> FilingUpload:
        """A filled-in workbook with a text that stands nowhere else, uploaded by the lead's unit or by one of the office for it."""
        actor = getattr(self.cast, variant) if variant else self.cast.lead
        book = downloaded(actor, self.world.q1, self.world.sthj)
        return uploaded(
            actor, self.world.q1, self.world.sthj, book.put(1, progress_text="表中填写的新文字。")
        )

    def _kwargs(self, name: str, variant: str) -> dict[str, Any]:
        world = self.world
        page = {"plan_code": world.plan.code, "quarter": 1}
        if name == "tasks:filing_upload":
            return page | {"code": world.fgj.code}
        if name.startswith("tasks:filing_upload_"):
            return {"pk": self._workbook(variant).pk}
        filing = {"assignment_id": world.support.pk, "period_id": world.q1.pk}
        if variant == "returned":
            filing["assignment_id"] = world.street_duties[0].pk
        update = getattr(self, variant, self.submitted)
        evidence = self.evidence.get(variant, self.evidence["submitted"])
        # A unit's own account, or with @office one that only administrators keep.
        account = self.cast.colleague if variant == "office" else self.cast.street
        by_name: dict[str, dict[str, Any]] = {
            "units:account": {"pk": account.pk},
            "units:account_reset": {"pk": account.pk},
            "units:account_unlock": {"pk": account.pk},
            "units:account_active": {"pk": account.pk},
            "units:unit_edit": {"pk": world.fgj.pk},
            "units:unit_move": {"pk": world.fgj.pk},
            "units:alias_add": {"pk": world.fgj.pk},
            "units:alias_delete": {"pk": UnitAlias.objects.filter(unit=world.fgj).earliest("pk").pk},
            "tasks:filing": filing,
            "tasks:autosave": filing,
            "tasks:discard": filing,
            "tasks:no_work": filing,
            "tasks:evidence_upload": filing,
            "tasks:withdraw": {"pk": update.pk},
            "tasks:update": {"pk": update.pk},
            "tasks:review": {"pk": update.pk},
            "tasks:decide": {"pk": update.pk},
            "tasks:reopen": {"pk": update.pk},
            "tasks:evidence": {"pk": evidence.pk},
            "tasks:evidence_preview": {"pk": evidence.pk},
            "tasks:evidence_detach": {"pk": evidence.pk},
            "tasks:measure_manage": page | {"number": 1},
            "tasks:measure_summary": page | {"number": 2},
            "tasks:period_state": page | {"target": 2},
            "tasks:period_dates": page | {"target": 2},
            "tasks:measure_kind": page | {"number": 2},
            "tasks:measure_deadline": page | {"number": 1},
            "tasks:measure_lead": page | {"number": 2},
            "tasks:settle_party": page | {"number": 3, "order": 1},
            "tasks:duty_quarters": page | {"number": 1, "pk": world.support.pk},
            "tasks:group": {"pk": world.street_group.pk},
            "tasks:group_confirm": {"pk": world.street_group.pk},
            "tasks:group_delete": {"pk": world.street_group.pk},
            "tasks:group_alias_add": {"pk": world.street_group.pk},
            "tasks:group_alias_delete": {
                "pk": UnitAlias.objects.filter(group=world.street_group).earliest("pk").pk
            },
            "tasks:member_add": {"pk": world.street_group.pk},
            "tasks:member_end": {
                "pk": GroupMembership.objects.filter(group=world.street_group).earliest("pk").pk
            },
            "tasks:member_remove": {
                "pk": GroupMembership.objects.filter(group=world.street_group).earliest("pk").pk
            },
            "tasks:demand_link": page | {"pk": self.demand.pk},
            "tasks:demand_unlink": page | {"pk": self.link.pk},
            "reports:rendering": {"key": self._paper() if variant == "made" else "0" * 64},
            "reports:bulletin_file": page | {"file_format": "pdf"},
            "reports:edition_file": page | {"file_format": "pdf", "edition": 1},
            "reports:edition": page | {"edition": 1},
            "reports:measure": page | {"number": 1},
            "reports:task": page | {"number": 1},
            "reports:unit": page | {"code": world.fgj.code},
            "reports:unit_sheet": page | {"code": world.fgj.code},
            "tasks:filing_book": page | {"code": world.fgj.code},
            "reports:unit_forms": page | {"code": world.fgj.code},
            "reports:filing_form": page | {"number": 1, "code": world.fgj.code},
        }
        if name in IMPORTS:
            return {"pk": self._brought(variant)}
        if name in by_name:
            return by_name[name]
        return page if needs(name) == {"plan_code", "quarter"} else {}


def build_stage(world: World) -> Stage:
    """Files in every state, each with a picture as evidence."""
    evidence = {}
    for state, duty, actor in (
        ("submitted", world.support, world.cast.reporter),
        ("approved", world.terminal, world.cast.reporter),
        ("draft", world.lead, world.cast.lead),
        ("returned", world.street_duties[0], world.cast.street),
    ):
        evidence[state] = attach_evidence(
            assignment=duty, period=world.q1, actor=actor, upload=picture(f"{state}现场照片.png")
        )
    returned = world.file(world.street_duties[0])
    returned = return_update(
        update_id=returned.pk,
        actor=world.cast.office,
        version=returned.version,
        reason="请补充管网改造长度。",
    )
    draft = save_draft(
        assignment=world.lead,
        period=world.q1,
        actor=world.cast.lead,
        values=world.values(progress_text="分局草稿文字，不应外传。"),
        base_version=0,
    )
    demand = make_demand(world)
    submitted = world.file(world.support, progress_text="发改局已提交文字。")
    approved = world.approve(world.file(world.terminal, progress_text="发改局已通过文字。"))
    start_draft(period_id=world.q1.pk, actor=world.cast.office)
    return Stage(
        world=world,
        submitted=submitted,
        approved=approved,
        draft=draft,
        returned=returned,
        evidence=evidence,
        demand=demand,
        link=DemandLink.objects.create(demand=demand, measure=world.measures[0]),
    )


def patterns() -> dict[str, set[str]]:
    """Every address of the site, include()s too: its full name (or its route where it has none) → its parameters."""
    return dict(_walk(get_resolver().url_patterns, "", "", set()))


def _walk(items: list[Any], space: str, route: str, parameters: set[str]) -> list[tuple[str, set[str]]]:
    found: list[tuple[str, set[str]]] = []
    for item in items:
        path = route + str(item.pattern)
        known = parameters | set(item.pattern.converters)
        if isinstance(item, URLResolver):
            inner = f"{space}{item.namespace}:" if item.namespace else space
            found += _walk(item.url_patterns, inner, path, known)
        elif isinstance(item, URLPattern):
            found.append((space + item.name if item.name else path, known))
    return found


def needs(name: str) -> set[str]:
    """The parameters of an address."""
    return patterns()[name]
