"""Adding and taking away evidence. Files merge naturally, so they do not count as a version of the filing."""

import hashlib
import logging
from io import BytesIO
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from tasks.errors import WorkflowError
from tasks.evidence_types import BadFile, FileType, check_file, clean_file_name
from tasks.models import Assignment, Evidence, ProgressUpdate, ReportingPeriod
from tasks.models.filing import evidence_storage
from tasks.previews import BrokenPicture, preview_of
from tasks.readings import filed_evidence_ids
from tasks.services.filing import ensure_update
from units.models import User

logger = logging.getLogger(__name__)

# Enough for a quarter's proof on one measure; more belongs into one archive.
FILES_MAX = 30


def attach_evidence(
    *, assignment: Assignment, period: ReportingPeriod, actor: User, upload: UploadedFile
) -> Evidence:
    """Check, store and attach one file. The same content attached twice stays one file.

    Raises BadFile for the file, WorkflowError where the filing takes none; then nothing is left in the storage.
    """
    name = clean_file_name(upload.name or "")
    stream, size = upload.file, upload.size or 0
    if stream is None:
        raise BadFile("没有收到文件，请重新选择。")
    kind = check_file(name, stream, size, max_bytes=settings.EVIDENCE_MAX_BYTES)
    # Cheap refusals come before the disk is written; the locked check below is the one that counts.
    _require_room(_open_update(assignment, period, actor))
    preview = _preview(name, kind, stream)
    evidence = Evidence(
        name=name,
        content_type=kind.content_type,
        size=size,
        sha256=_sha256(upload),
        uploaded_by=actor,
    )
    stored: list[str] = []
    try:
        evidence.file.save(name, File(stream), save=False)
        stored.append(evidence.file.name or "")
        if preview:
            evidence.preview.save("preview.jpg", File(BytesIO(preview)), save=False)
            stored.append(evidence.preview.name or "")
        with transaction.atomic():
            update = _open_update(assignment, period, actor)
            twin = update.evidence.attached().filter(sha256=evidence.sha256, size=evidence.size).first()
            if twin is None:
                _require_room(update)
                evidence.update = update
                evidence.save()
    except BaseException:
        _remove(stored)
        raise
    if twin is not None:
        _remove(stored)
        return twin
    return evidence


@transaction.atomic
def detach_evidence(*, evidence_id: int, actor: User) -> Evidence:
    """Take a file off an editable filing. One that was ever handed in stays stored; another is deleted."""
    evidence = Evidence.objects.select_related("update__assignment__measure", "update__period").get(
        pk=evidence_id
    )
    _open_update(evidence.update.assignment, evidence.update.period, actor)
    evidence = Evidence.objects.select_for_update(of=("self",)).filter(pk=evidence_id).first() or evidence
    if evidence.detached_at is not None:
        return evidence
    if evidence.pk in filed_evidence_ids(evidence.update_id):
        evidence.detached_at = timezone.now()
        evidence.save(update_fields=["detached_at"])
        return evidence
    stored = [name for name in (evidence.file.name, evidence.preview.name) if name]
    Evidence.objects.filter(pk=evidence_id).delete()
    transaction.on_commit(lambda: _remove(stored))
    return evidence


def _open_update(assignment: Assignment, period: ReportingPeriod, actor: User) -> ProgressUpdate:
    """The filing, locked within the caller's transaction, if the actor may change it now."""
    update = ensure_update(assignment=assignment, period=period, actor=actor)
    if not update.is_editable:
        raise WorkflowError(f"本填报当前为“{update.get_status_display()}”，不能增减佐证材料。")
    return update


def _require_room(update: ProgressUpdate) -> None:
    if update.evidence.attached().count() >= FILES_MAX:
        raise WorkflowError(
            f"每项填报最多上传 {FILES_MAX} 个佐证材料，请先移除不需要的文件，或打包为一个 zip 文件。"
        )


def _preview(name: str, kind: FileType, stream: IO[bytes]) -> bytes | None:
    if not kind.is_picture:
        return None
    try:
        return preview_of(stream)
    except BrokenPicture as error:
        # Cameras write HEIC in more ways than the decoder reads; JPEG and PNG that do not decode are damaged.
        if kind.content_type == "image/heic":
            logger.info("no preview of a HEIC picture: %s", error)
            return None
        raise BadFile(f"“{name}”无法打开，图片可能已损坏。请重新导出或拍照后上传。") from error


def _sha256(upload: UploadedFile) -> str:
    digest = hashlib.sha256()
    upload.seek(0)
    for piece in upload.chunks():
        digest.update(piece)
    upload.seek(0)
    return digest.hexdigest()


def _remove(names: list[str]) -> None:
    storage: Storage = evidence_storage()
    for name in names:
        storage.delete(name)
