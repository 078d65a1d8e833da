"""Short marks of what a filing's fields hold: they tell whether a person changed a field without the old text being sent along."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tasks.numbers import number_text


def fingerprints(content: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Field → the mark of its value; a field without one counts as empty."""
    return {name: fingerprint(content.get(name)) for name in names}


def fingerprint(value: Any) -> str:
    """Twelve hexadecimal signs. Blanks at the ends and zeros after the last decimal say nothing."""
    text = number_text(value) if isinstance(value, Decimal) else str(value or "").strip()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
