"""A bulletin's body as it is edited: sections, each with its heading and its text, one paragraph a line.

The first section has no heading: it is what stands before 一、. Numbers are the system's: those of headings are not kept, those
of （一） and 1. are written anew, whatever was typed or pasted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.blocks import Block, blocks_from_text, heading_text, text_from_blocks


@dataclass(frozen=True)
class Section:
    """`text`: lines as people read and type them, with （一） and 1. before sub-headings and items."""

    heading: str
    text: str


def sections_of(body: Sequence[Block]) -> list[Section]:
    """The opening first, also where it is empty."""
    parts: list[tuple[str, list[Block]]] = [("", [])]
    for block in body:
        if block["kind"] == "h1":
            parts.append((block["text"], []))
        else:
            parts[-1][1].append(block)
    return [Section(heading, text_from_blocks(blocks)) for heading, blocks in parts]


def body_of(sections: Iterable[Section]) -> list[Block]:
    """What the sections make. A line 一、… within a text begins a section, as where a whole document was pasted."""
    body: list[Block] = []
    for place, section in enumerate(sections):
        heading = heading_text(section.heading)
        if place and heading:
            body.append({"kind": "h1", "text": heading})
        body += blocks_from_text(section.text)
    return body


def tidy(section: Section) -> Section:
    """The section as it will be kept: two that are the same then say the same."""
    return Section(heading_text(section.heading), text_from_blocks(blocks_from_text(section.text)))
