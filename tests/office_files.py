"""Word files and workbooks read back: their text, and whether Word would take their XML."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from lxml import etree

from tests.gbt_papers import COPIES, NUMBER, TITLE, paper

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PLAN = {"code": "2024", "title": "西岗区2024年生态环境保护工作计划及措施清单", "year": 2024, "quarter": 1}
# What a head may have, all of it.
FULL = {
    "document_number": NUMBER,
    "masthead": "西岗区生态环境保护委员会文件",
    "recipients": "各街道办事处，区直各有关部门",
    "cc": COPIES,
    "printed_by": "西岗区生态环境保护委员会办公室",
}
# The order of children that ECMA-376 part 1 gives each of these (annex A.1); Word refuses a file with another.
ORDER = {
    "pPr": """pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs
        suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid
        spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl
        divId cnfStyle rPr sectPr pPrChange""",
    "rPr": """rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid vanish
        webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em lang
        eastAsianLayout specVanish oMath""",
    "sectPr": """headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols
        formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings""",
    "tblPr": """tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd
        tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription""",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
    "tbl": "tblPr tblGrid tr",
    "tr": "tblPrEx trPr tc",
    "tc": "tcPr p",
    "style": """name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat locked rsid pPr
        rPr tblPr trPr tcPr tblStylePr""",
    "styles": "docDefaults latentStyles style",
    "docDefaults": "rPrDefault pPrDefault",
    "pBdr": "top left bottom right between bar",
    "tblBorders": "top left start bottom right end insideH insideV",
    "tblCellMar": "top left start bottom right end",
    "font": """altName panose1 charset family notTrueType pitch sig embedRegular""",
    "settings": """writeProtection view zoom removePersonalInformation embedTrueTypeFonts mirrorMargins bordersDoNotSurroundHeader
        bordersDoNotSurroundFooter trackRevisions defaultTabStop evenAndOddHeaders drawingGridHorizontalSpacing
        drawingGridVerticalSpacing characterSpacingControl footnotePr endnotePr compat docVars rsids themeFontLang
        clrSchemeMapping decimalSymbol listSeparator""",
    "compat": "spaceForUL doNotExpandShiftReturn adjustLineHeightInTable useFELayout compatSetting",
    "drawing": "inline anchor",
}
# The same for drawings (DrawingML, and Office 2010's text boxes).
DRAWING_ORDER = {
    "anchor": """simplePos positionH positionV extent effectExtent wrapNone wrapSquare wrapTight wrapThrough wrapTopAndBottom
        docPr cNvGraphicFramePr graphic""",
    "inline": "extent effectExtent docPr cNvGraphicFramePr graphic",
    "wsp": "cNvPr cNvSpPr cNvCnPr spPr style extLst linkedTxbx txbx bodyPr",
    "pic": "nvPicPr blipFill spPr",
    "spPr": "xfrm custGeom prstGeom noFill solidFill ln",
}


def bulletin(body: list[dict[str, str]] | None = None, **changes: Any) -> dict[str, Any]:
    """A bulletin whose chart needs no drawing, unless that is asked for with `drawn`."""
    drawn = changes.pop("drawn", False)
    changes.setdefault("title", TITLE)
    made = {**paper(body or [{"kind": "p", "text": "现将有关情况通报如下："}], **changes), "plan": PLAN}
    if not drawn:
        made["charts"]["parts"] = [part | {"option": None} for part in made["charts"]["parts"]]
    return made


def parts_of(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xml_of(content: bytes, name: str = "word/document.xml") -> Any:
    return etree.fromstring(parts_of(content)[name])


def named(root: Any, tag: str) -> list[Any]:
    return list(root.iter(f"{{{W}}}{tag}"))


def value(element: Any, attribute: str = "val") -> str | None:
    found = element.get(f"{{{W}}}{attribute}")
    return None if found is None else str(found)


def local(element: Any) -> str:
    return str(etree.QName(element).localname)


def misplaced(root: Any) -> Iterator[str]:
    """Children that ECMA-376 does not know in their place."""
    for element in root.iter(etree.Element):
        ours = ORDER if etree.QName(element).namespace == W else DRAWING_ORDER
        order = ours.get(local(element))
        if order is None:
            continue
        places = [
            order.split().index(local(child)) if local(child) in order.split() else -1 for child in element
        ]
        if -1 in places or places != sorted(places):
            yield f"{local(element)}: {[local(child) for child in element]}"


def text_of(element: Any) -> str:
    """The text of a paragraph, line breaks left out."""
    return "".join(item.text or "" for item in named(element, "t"))


def paragraphs(content: bytes) -> list[tuple[str, str]]:
    """(style's id, text) of the paragraphs of the document that stand in no table."""
    body = xml_of(content).find(f"{{{W}}}body")
    return [(value(named(item, "pStyle")[0]) or "", text_of(item)) for item in body if local(item) == "p"]


def tables(content: bytes) -> list[list[list[str]]]:
    """The text of each cell of each table of the body."""
    body = xml_of(content).find(f"{{{W}}}body")
    return [
        [
            ["\n".join(text_of(p) for p in named(cell, "p")) for cell in named(row, "tc")]
            for row in named(table, "tr")
        ]
        for table in body
        if local(table) == "tbl"
    ]
