"""季度填报表: a unit's filings of one quarter as a workbook that is filled in offline and brought back.

`layout` is what writing and reading agree on; `content` gathers, `book` writes.
"""
