"""A bulletin's text as it is written: blocks of sentences, each sentence under a key of its own.

A key says what a sentence is about (`behind.18.zhujianju`), never what it says, so that the same sentence is found again
when the data have changed. The headings' numbers are not part of the text: see blocks.numbered.
"""

from dataclasses import dataclass, field
from typing import TypedDict


class Sentence(TypedDict):
    key: str
    text: str


class KeyedBlock(TypedDict):
    """A block as Bulletin.generated keeps it: `kind` as in Bulletin.body, its text is that of its sentences together."""

    kind: str
    key: str
    sentences: list[Sentence]


@dataclass
class Part:
    """What stands under one heading （一） or item, or a paragraph where it is the only one of its kind."""

    key: str
    heading: str = ""
    sentences: list[Sentence] = field(default_factory=list)

    def say(self, name: str, text: str) -> None:
        """Add a sentence under `name`; an empty one is none."""
        if text:
            self.sentences.append({"key": f"{self.key}.{name}", "text": text})


@dataclass
class Text:
    """Blocks in reading order."""

    blocks: list[KeyedBlock] = field(default_factory=list)

    def section(self, key: str, heading: str) -> None:
        """一、"""
        self._add("h1", key, [{"key": f"{key}.heading", "text": heading}])

    def paragraph(self, part: Part) -> None:
        self._add("p", part.key, part.sentences)

    def part(self, part: Part) -> None:
        """（一）"""
        # Alone on its line a heading has no end mark.
        heading = f"{part.heading}。" if part.sentences else part.heading
        self._add("h2", part.key, [{"key": f"{part.key}.heading", "text": heading}, *part.sentences])

    def items(self, parts: list[Part]) -> None:
        """1. 2. …; a single one stands as a paragraph without a number."""
        for part in parts:
            self._add("h3" if len(parts) > 1 else "p", part.key, part.sentences)

    def _add(self, kind: str, key: str, sentences: list[Sentence]) -> None:
        if sentences:
            self.blocks.append({"kind": kind, "key": key, "sentences": sentences})
