"""A plan as a workbook of ours: all of it, to keep, to edit in WPS and to import again.

`contents` is the plan without ids, `layout` the sheets and their heads, `writing` and `reading` the two ways.
"""
