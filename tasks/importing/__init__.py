"""Reading a year's plan from the document it came in.

`read_plan(Source) -> PlanReading` is pure: bytes in, dataclasses out, no database. `resolve(reading, directory)` says whom
the printed names mean. Nothing here saves.

    sources (word, excel, pasted) → grid.Document → heads, rows → measures, parties, deadlines, sections → PlanReading
"""
