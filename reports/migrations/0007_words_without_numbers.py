"""Drafts lose the numbers of their headings, which follow from the order now, and their generated text gets keys."""

import re
from typing import Any

from django.db import migrations

_PATTERNS = {
    "h1": r"^[一二三四五六七八九十]{1,3}、",
    "h2": r"^（[一二三四五六七八九十]{1,3}）",
    "h3": r"^\d{1,2}[.．]",
}


def forwards(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model("reports", "Bulletin")
    for draft in model.objects.exclude(status="issued"):
        draft.body = [_without_number(block) for block in draft.body]
        draft.generated = [_with_key(place, block) for place, block in enumerate(draft.generated)]
        draft.save(update_fields=["body", "generated"])


def _with_key(place: int, block: dict[str, Any]) -> dict[str, Any]:
    if "sentences" in block:
        return block
    return {
        "kind": block["kind"],
        "key": f"before.{place}",
        "sentences": [{"key": f"before.{place}.text", "text": _without_number(block)["text"]}],
    }


def _without_number(block: dict[str, str]) -> dict[str, str]:
    pattern = _PATTERNS.get(block["kind"])
    return block | {"text": re.sub(pattern, "", block["text"])} if pattern else block


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_append_only")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True)]
