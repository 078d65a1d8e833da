"""The styles of an official document under the names that a clerk looks for, and the fonts with their stand-ins."""

from dataclasses import dataclass

from reports.renderers.head import MASTHEAD_PITCH, MASTHEAD_PT
from reports.renderers.imprint import PITCH_PT
from reports.renderers.layout import BODY_PT, SMALL_PT, TABLE_LINE_PT, TABLE_PT, TITLE_LINE_PT, TITLE_PT
from reports.renderers.matrix import CELL_LINE_PT, CELL_PT, LEGEND_LINE_PT, LEGEND_PT
from reports.renderers.word.markup import DECLARED, twips
from reports.renderers.word.page import LINE, TRACKING, characters

TITLE_FONT, FANG, HEI, KAI, SONG = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
RED = "D7000F"
# Four fifths of an exact pitch lie above the baseline: so far below its line the red rule lies 4 mm below the letters.
_RULE_GAP_PT = 7
# Lines of the 版记, and what a row of it has below them, so that letters stand in the middle of a row.
IMPRINT_BELOW_PT = 2.5
IMPRINT_LINE_PT = PITCH_PT - IMPRINT_BELOW_PT

# Font → (other names that Word tries where it is missing, panose, family, pitch). All of the Chinese character set.
_FONTS = {
    TITLE_FONT: ("FZXiaoBiaoSong-B05S,方正小标宋_GBK,华文中宋,STZhongsong", "03000509000000000000", "script"),
    FANG: ("FangSong_GB2312,仿宋,FangSong,华文仿宋", "02010609030101010101", "modern"),
    HEI: ("SimHei", "02010609060101010101", "modern"),
    KAI: ("KaiTi_GB2312,楷体,KaiTi,华文楷体", "02010609030101010101", "modern"),
    SONG: ("SimSun", "02010600030101010101", "auto"),
}


@dataclass(frozen=True)
class ParagraphStyle:
    """`line`: exact pitch in points, 0: as high as what is in it. Indents in characters of the grid. `tracked`: set as close as the grid is.

    The grid is for what a clerk adds without a style. These styles keep its measures by themselves, with an exact pitch and
    a tracking: LibreOffice would give two cells to a character of 16 pt, for the cells are narrower, and fonts that
    stand in for others may be higher than a line.
    """

    id: str
    name: str
    based_on: str = "Normal"
    next: str = ""
    font: str = ""
    size: float = 0
    colour: str = ""
    line: float | None = None
    tracked: bool | None = None
    before: int = 0
    after: int = 0
    first: float = 0
    left: float = 0
    right: float = 0
    hanging: float = 0
    # Twips that later lines stand further in than the first.
    label: int = 0
    align: str = ""
    outline: int | None = None
    keep_next: bool = False
    page_break: bool = False
    no_orphans: bool = False
    borders: str = ""
    tabs: str = ""
    quick: bool = True

    def xml(self) -> str:
        following = f'<w:next w:val="{self.next}"/>' if self.next else ""
        quick = "<w:qFormat/>" if self.quick else ""
        return (
            f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{self.id}"><w:name w:val="{self.name}"/>'
            f'<w:basedOn w:val="{self.based_on}"/>{following}{quick}'
            f"<w:pPr>{self._paragraph()}</w:pPr><w:rPr>{self._characters()}</w:rPr></w:style>"
        )

    def _paragraph(self) -> str:
        line = self.line if self.line is not None or self.based_on != "Normal" else LINE / 20
        spacing = f'<w:spacing w:before="{self.before}" w:after="{self.after}"'
        # A picture needs a line as high as it is.
        if line:
            spacing += f' w:line="{twips(line)}" w:lineRule="exact"'
        parts = [
            "<w:keepNext/>" if self.keep_next else "",
            "<w:pageBreakBefore/>" if self.page_break else "",
            "<w:widowControl/>" if self.no_orphans else "",
            f"<w:pBdr>{self.borders}</w:pBdr>" if self.borders else "",
            f"<w:tabs>{self.tabs}</w:tabs>" if self.tabs else "",
            '<w:adjustRightInd w:val="0"/><w:snapToGrid w:val="0"/>',
            f"{spacing}/>",
            f'<w:ind w:left="{self.label}" w:hanging="{self.label}"/>' if self.label else "",
            indent(left=self.left, right=self.right, first=self.first, hanging=self.hanging),
            f'<w:jc w:val="{self.align}"/>' if self.align else "",
            "" if self.outline is None else f'<w:outlineLvl w:val="{self.outline}"/>',
        ]
        return "".join(parts)

    def _characters(self) -> str:
        looks = fonts(self.font) if self.font else ""
        looks += '<w:snapToGrid w:val="0"/>'
        if self.colour:
            looks += f'<w:color w:val="{self.colour}"/>'
        if self.tracked is not None or self.based_on == "Normal":
            looks += f'<w:spacing w:val="{0 if self.tracked is False else TRACKING}"/>'
        if self.size:
            looks += f'<w:sz w:val="{round(self.size * 2)}"/><w:szCs w:val="{round(self.size * 2)}"/>'
        return looks


def fonts(name: str) -> str:
    """One font for everything: digits and Latin letters, too, are set in the Chinese face, as in the PDF."""
    return f'<w:rFonts w:ascii="{name}" w:eastAsia="{name}" w:hAnsi="{name}" w:cs="{name}"/>'


def indent(*, left: float = 0, right: float = 0, first: float = 0, hanging: float = 0) -> str:
    """Indents in characters; the same in twips for programs that know no others."""
    found = []
    for name, count in (("left", left), ("right", right), ("hanging", hanging), ("firstLine", first)):
        if count:
            hundredths, length = characters(count)
            found.append(f'w:{name}Chars="{hundredths}" w:{name}="{length}"')
    return f"<w:ind {' '.join(found)}/>" if found else ""


def _rule(side: str, eighths: int, space: int = 0, colour: str = "auto") -> str:
    return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="{space}" w:color="{colour}"/>'


PARAGRAPHS = (
    ParagraphStyle("Masthead", "发文机关标志", tracked=False, next="DocumentNumber", font=TITLE_FONT, size=MASTHEAD_PT, colour=RED,
                   line=MASTHEAD_PT * MASTHEAD_PITCH, before=1984, after=2 * LINE, align="center"),
    # The red rule, as wide as the text, 4 mm below its letters.
    ParagraphStyle("DocumentNumber", "发文字号", next="DocumentTitle", after=2 * LINE, align="center",
                   borders=_rule("bottom", 12, _RULE_GAP_PT, RED)),
    ParagraphStyle("DocumentTitle", "公文标题", tracked=False, next="Recipients", font=TITLE_FONT, size=TITLE_PT, line=TITLE_LINE_PT,
                   after=LINE, align="center"),
    ParagraphStyle("EditionNote", "版次说明", next="Recipients", font=KAI, after=LINE, align="center"),
    ParagraphStyle("Recipients", "主送机关", next="BodyText"),
    ParagraphStyle("BodyText", "公文正文", first=2),
    ParagraphStyle("Heading1", "一级标题", based_on="BodyText", next="BodyText", font=HEI, outline=0, keep_next=True),
    ParagraphStyle("Heading2", "二级标题", based_on="BodyText", next="BodyText", font=KAI, outline=1, keep_next=True),
    ParagraphStyle("Heading3", "三级标题", based_on="BodyText", next="BodyText", outline=2, keep_next=True),
    ParagraphStyle("AnnexNote", "附件说明", left=6.2, hanging=1.2, keep_next=True),
    ParagraphStyle("Signature", "署名", next="SignedOn", right=2, align="right", keep_next=True),
    ParagraphStyle("SignedOn", "成文日期", right=2, align="right"),
    ParagraphStyle("Remark", "附注", first=2),
    ParagraphStyle("AnnexLabel", "附件标识", next="AnnexTitle", font=HEI, after=LINE, page_break=True, keep_next=True),
    ParagraphStyle("AnnexTitle", "附件标题", tracked=False, next="BodyText", font=TITLE_FONT, size=TITLE_PT, line=TITLE_LINE_PT,
                   after=200, align="center", outline=0, keep_next=True),
    ParagraphStyle("Caption", "图表标题", tracked=False, font=HEI, size=TABLE_PT, line=TABLE_LINE_PT, before=120, after=80,
                   align="center", keep_next=True),
    ParagraphStyle("Picture", "图形", tracked=False, line=0, align="center", keep_next=True),
    ParagraphStyle("TableText", "表格正文", tracked=False, no_orphans=True, size=TABLE_PT, line=TABLE_LINE_PT),
    ParagraphStyle("TableCentred", "表格居中", tracked=False, based_on="TableText", align="center"),
    ParagraphStyle("TableHead", "表头", tracked=False, based_on="TableText", font=HEI, align="center", keep_next=True),
    ParagraphStyle("MatrixText", "对照表格", based_on="TableText", size=CELL_PT, line=CELL_LINE_PT, align="center"),
    ParagraphStyle("TableNote", "表注", based_on="TableText", size=LEGEND_PT, line=LEGEND_LINE_PT, before=80),
    ParagraphStyle("Imprint", "版记", tracked=False, size=SMALL_PT, line=IMPRINT_LINE_PT, align="left"),
    ParagraphStyle("ImprintNames", "主送抄送", based_on="Imprint", label=3 * twips(SMALL_PT)),
    ParagraphStyle("ImprintDate", "印发日期", tracked=False, based_on="Imprint", align="right"),
    ParagraphStyle("PageNumber", "页码", tracked=False, font=SONG, size=SMALL_PT, line=SMALL_PT, align="right"),
    ParagraphStyle("PageNumberEven", "页码（双页）", tracked=False, based_on="PageNumber", align="left"),
    ParagraphStyle("Mark", "页眉标记", tracked=False, font=HEI, size=12, line=12, colour="888888", align="center"),
    # Carries the break of a section behind a table, or holds room: as good as invisible.
    ParagraphStyle("Spacer", "占位", tracked=False, size=1, line=0.7, quick=False),
)  # fmt: skip


def styles_xml() -> str:
    """The part word/styles.xml."""
    sizes = f'<w:sz w:val="{round(BODY_PT * 2)}"/><w:szCs w:val="{round(BODY_PT * 2)}"/>'
    # As Word's own Chinese documents have it. With Chinese for Latin letters, too, numbers would break like ideographs.
    run_defaults = f'{fonts(FANG)}{sizes}<w:lang w:val="en-US" w:eastAsia="zh-CN"/>'
    # Punctuation neither hangs out of the text block nor begins a line; no blanks between Chinese and digits.
    normal = (
        '<w:widowControl w:val="0"/><w:kinsoku/><w:overflowPunct w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
        '<w:jc w:val="both"/>'
    )
    faces = "".join(
        f'<w:style w:type="character" w:customStyle="1" w:styleId="{key}"><w:name w:val="{name}"/>'
        f"<w:qFormat/><w:rPr>{fonts(font)}</w:rPr></w:style>"
        for key, name, font in (("InHei", "文内黑体", HEI), ("InKai", "文内楷体", KAI))
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:styles {DECLARED}>'
        f"<w:docDefaults><w:rPrDefault><w:rPr>{run_defaults}</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"
        # None of Word's own styles stands in the list beside these.
        '<w:latentStyles w:defLockedState="0" w:defUIPriority="99" w:defSemiHidden="1" w:defUnhideWhenUsed="0"'
        ' w:defQFormat="0" w:count="376"/>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:semiHidden/>'
        # The grid's pitch is counted from the size of this style; LibreOffice looks for it here only.
        f"<w:pPr>{normal}</w:pPr><w:rPr>{sizes}</w:rPr></w:style>"
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>'
        "<w:semiHidden/></w:style>"
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:semiHidden/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
        f"{faces}{''.join(style.xml() for style in PARAGRAPHS)}{_table_styles()}</w:styles>"
    )


def _table_style(
    key: str, name: str, edges: str, *, above: int, beside: int, below: int | None = None
) -> str:
    """A style for tables; room `above` and `below` the text of a cell and `beside` it, in twips."""
    sides = {"top": above, "left": beside, "bottom": above if below is None else below, "right": beside}
    margins = "".join(f'<w:{side} w:w="{width}" w:type="dxa"/>' for side, width in sides.items())
    return (
        f'<w:style w:type="table" w:customStyle="1" w:styleId="{key}"><w:name w:val="{name}"/><w:basedOn w:val="TableNormal"/>'
        f"<w:qFormat/><w:tblPr><w:tblBorders>{edges}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr></w:style>"
    )


def _table_styles() -> str:
    grid = "".join(_rule(side, 4) for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    # 0.35 mm outside, 0.25 mm between.
    imprint = _rule("top", 8) + _rule("bottom", 8) + _rule("insideH", 6)
    return (
        _table_style("AnnexTable", "公文表格", grid, above=60, beside=57)
        # Columns of the width of two small characters.
        + _table_style("MatrixTable", "对照表", grid, above=40, beside=20)
        + _table_style("FigureTable", "图表数据表", grid, above=40, beside=57)
        + _table_style(
            "ImprintTable",
            "版记表格",
            imprint,
            above=0,
            below=twips(IMPRINT_BELOW_PT),
            beside=twips(SMALL_PT),
        )
    )


def font_table_xml() -> str:
    """The part word/fontTable.xml: what Word may take where a machine has no licence for a face."""
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:panose1 w:val="{panose}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
        for name, (others, panose, family) in _FONTS.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {DECLARED}>{entries}</w:fonts>'
