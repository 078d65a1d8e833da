from django.urls import path, register_converter

from reports.views import bulletins, drafts, editions, files, issuing, renderings, verify


class StoredName:
    """Format of a stored file ↔ its name in an address: bulletin.pdf, bulletin.docx, bulletin.xlsx, brief.pdf."""

    regex = r"bulletin\.(?:pdf|docx|xlsx)|brief\.pdf"

    def to_python(self, value: str) -> str:
        name, _, extension = value.partition(".")
        return "brief" if name == "brief" else extension

    def to_url(self, value: str) -> str:
        return "brief.pdf" if value == "brief" else f"bulletin.{value}"


register_converter(StoredName, "stored")

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path("bulletins/", bulletins.bulletins, name="bulletins"),
    path("bulletins/verify/", verify.verify, name="verify"),
    path(PLAN + "bulletin/", bulletins.bulletin, name="bulletin"),
    path(PLAN + "bulletin/start/", drafts.start, name="bulletin_start"),
    path(PLAN + "bulletin/draft/", drafts.draft, name="bulletin_draft"),
    path(PLAN + "bulletin/rewrite/", drafts.rewrite, name="bulletin_rewrite"),
    path(PLAN + "bulletin/preview.pdf", files.preview, name="bulletin_preview"),
    path(PLAN + "bulletin/issue/", issuing.issue, name="bulletin_issue"),
    path(PLAN + "bulletin/progress/", issuing.progress, name="bulletin_progress"),
    path(PLAN + "<stored:file_format>", files.current, name="bulletin_file"),
    path(PLAN + "bulletin/correct/", editions.correct, name="bulletin_correct"),
    path(PLAN + "bulletin/correct/cancel/", editions.cancel, name="correction_cancel"),
    path(PLAN + "bulletin/e<int:edition>/", editions.edition, name="edition"),
    path(PLAN + "bulletin/e<int:edition>/<stored:file_format>", files.edition, name="edition_file"),
    path("renderings/<slug:key>/", renderings.rendering, name="rendering"),
]
