"""The first draft of a bulletin's text, from the quarter's figures and from what units wrote. Nothing here is invented.

It runs as such bulletins do: basis → overall judgement with figures → what is done and moving, by task → what lags, by
measure and unit → who filed late, was returned or did not file → next steps. The last quarter's also sums up the year.
"""

from reports.words.draft import Words, draft_words
from reports.words.text import KeyedBlock, Sentence

__all__ = ["KeyedBlock", "Sentence", "Words", "draft_words"]
