"""What an office file brings along besides its own text: other files inside it, links to files elsewhere. Nothing of it is opened."""

from tasks.importing.grid import Problem
from tasks.importing.package import Package

_EMBEDDED = {"oleObject", "package"}


def foreign_matter(package: Package) -> list[Problem]:
    """What a person should know of it. A chart's own data are no other file: only the document and its sheets are asked."""
    main = package.main_part()
    kinds = list(package.relations(main).values())
    for kind, target in list(kinds):
        if kind == "worksheet" and target in package:
            kinds += package.relations(target).values()
    problems = []
    embedded = sum(kind in _EMBEDDED for kind, _ in kinds)
    if embedded:
        problems.append(
            Problem(
                f"文件中嵌有 {embedded} 个其他文件（对象），其中的内容未读入。如属计划内容，请复制到表格中再导入。",
                decide=False,
            )
        )
    if any(kind == "aFChunk" for kind, _ in kinds):
        problems.append(
            Problem("文件中有一部分是由其他程序插入的，未读入。请用 WPS 或 Office 打开，重新保存后再导入。")
        )
    if any(kind == "externalLink" for kind, _ in kinds):
        problems.append(
            Problem(
                "文件引用了其他文件中的数据，已按本文件中保存的结果读取，未打开其他文件，请核对。",
                decide=False,
            )
        )
    return problems
