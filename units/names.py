"""Names of units as people write them: pure functions, no database."""

import re
import unicodedata

_BRACKETS = re.compile(r"[（(【\[].*?[)）】\]]")
_BLANKS = re.compile(r"\s+")
_PREFIXES = ("中共大连市西岗区", "大连市西岗区", "中共西岗区", "大连市", "西岗区", "西岗", "区", "市")
# The city's bureau names its branch in the district behind its own name.
_BRANCH = re.compile(r"(.{2,}?)(?:局|委)西岗区?分局")
_SUFFIXES = ("分局", "局")


def clean_name(name: str) -> str:
    """`name` in compatible widths (NFKC, full-width brackets kept) and without any white space."""
    text = unicodedata.normalize("NFKC", name)
    return _BLANKS.sub("", text).replace("(", "（").replace(")", "）")


def normalise_unit_name(name: str) -> str:
    """The form under which two spellings of one unit meet.

    Widths and blanks are folded, a bracketed remark, the district's prefix and the ending 局 or 分局 are
    dropped: 区发改局, 西岗区发改局 and 发改局 all give 发改, 市生态环境局西岗分局 gives 生态环境 as 西岗生态环境分局
    does. Two different units may meet too: the form stands for a unit where only one of all that are known
    has it, and only once in a cell (units/resolving.py, tasks/importing/resolve.py); otherwise it proposes.
    Idempotent; never empty for a name that has a letter.
    """
    text = _BLANKS.sub("", unicodedata.normalize("NFKC", name))
    text = _BRACKETS.sub("", text) or text
    if branch := _BRANCH.fullmatch(text):
        text = branch[1]
    changed = True
    while changed:
        changed = False
        for prefix in _PREFIXES:
            if text.startswith(prefix) and len(text) > len(prefix):
                text, changed = text[len(prefix) :], True
                break
        for suffix in _SUFFIXES:
            if text.endswith(suffix) and len(text) > len(suffix):
                text, changed = text[: -len(suffix)], True
                break
    return text
