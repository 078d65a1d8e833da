"""Sentences tied to the data: what changed is told, what is adopted is exact, and the office's words stay."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.blocks import Block, plain
from reports.sentences import adopted, changes, fingerprint
from reports.words import KeyedBlock, draft_words
from reports.words.prose import split_sentences
from tests.quarters import course_of, quarters


def block(kind: str, key: str, **sentences: str) -> KeyedBlock:
    return {
        "kind": kind,
        "key": key,
        "sentences": [{"key": f"{key}.{name}", "text": text} for name, text in sentences.items()],
    }


OLD = [
    block("p", "basis", opening="现通报如下："),
    block("h1", "overall", heading="总体情况"),
    block("p", "overall", percent="总体完成比例为40%。", scope="共3项措施。"),
    block("h1", "behind", heading="滞后事项"),
    block("h3", "behind.1", state="第1项措施滞后。", a="甲局滞后。"),
    block("h3", "behind.2", state="第2项措施滞后。"),
    block("h1", "next", heading="下一步工作"),
    block("p", "next", demand="抓好落实。"),
]
NEW = [
    *OLD[:2],
    block("p", "overall", percent="总体完成比例为55%。", scope="共3项措施。"),
    OLD[3],
    block("h3", "behind.1", state="第1项措施滞后。", b="乙局滞后。"),
    block("h3", "behind.3", state="第3项措施滞后。"),
    *OLD[6:],
]
CALM = [*OLD[:3], *OLD[6:]]


def body(*texts: str) -> list[Block]:
    """Lines `kind text`."""
    return [dict(zip(("kind", "text"), line.split(" ", 1), strict=True)) for line in texts]


def lines(blocks: Sequence[Block]) -> list[str]:
    return [f"{row['kind']} {row['text']}" for row in blocks]


def keys(told: Sequence[object]) -> list[str]:
    return [change.key for change in told]  # type: ignore[attr-defined]


def test_what_changed_is_told_in_order_with_old_and_new() -> None:
    told = changes(plain(OLD), OLD, NEW)
    assert [(change.key, change.old, change.new, change.manual) for change in told] == [
        ("overall.percent", "总体完成比例为40%。", "总体完成比例为55%。", False),
        ("behind.1.a", "甲局滞后。", "", False),
        ("behind.2.state", "第2项措施滞后。", "", False),
        ("behind.1.b", "", "乙局滞后。", False),
        ("behind.3.state", "", "第3项措施滞后。", False),
    ]
    assert changes(plain(OLD), OLD, OLD) == []
    assert fingerprint(told) == fingerprint(changes(plain(OLD), OLD, NEW))
    assert fingerprint(told) != fingerprint(changes(plain(OLD), OLD, CALM))


def test_one_sentence_is_adopted_and_no_other() -> None:
    text, generated = adopted(plain(OLD), OLD, NEW, ["overall.percent"])
    assert lines(text)[2] == "p 总体完成比例为55%。共3项措施。"
    assert lines(text)[3:] == lines(plain(OLD))[3:]
    assert keys(changes(text, generated, NEW)) == keys(changes(plain(OLD), OLD, NEW))[1:]


def test_new_ones_come_behind_their_neighbours_and_vanished_ones_go() -> None:
    text, generated = adopted(plain(OLD), OLD, NEW, keys(changes(plain(OLD), OLD, NEW)))
    assert lines(text) == lines(plain(NEW))
    assert generated == NEW
    # A section comes back with its heading, also for one sentence of it.
    text, _ = adopted(plain(CALM), CALM, OLD, ["behind.2.state"])
    assert lines(text)[3:5] == ["h1 滞后事项", "h3 第2项措施滞后。"]


EDITED = body(
    "p 现通报如下：",
    "h1 总体情况",
    "p 总体完成比例为40%，好于预期。共3项措施。办公室另记一句。",
    "p 办公室另起一段。",
    "h1 滞后事项",
    "h3 第1项措施滞后。甲局滞后。",
    "h3 第2项措施滞后。",
    "p 办公室对滞后事项的说明。",
    "h1 办公室自拟一节",
    "p 内容。",
    "h1 下一步工作",
    "p 抓好落实。",
)


def test_what_the_office_rewrote_is_shown_and_never_replaced() -> None:
    told = changes(EDITED, OLD, NEW)
    assert [change.key for change in told if change.manual] == ["overall.percent"]
    text, generated = adopted(EDITED, OLD, NEW, keys(told))
    assert lines(text) == [
        *lines(EDITED)[:5],
        "h3 第1项措施滞后。乙局滞后。",
        "h3 第3项措施滞后。",
        *lines(EDITED)[7:],
    ]
    # It has been dealt with, and is told again only when the data change again.
    assert generated == NEW
    assert changes(text, generated, NEW) == []
    assert keys(changes(text, generated, OLD))[0] == "overall.percent"


def test_what_the_office_deleted_or_moved_does_not_come_back() -> None:
    without = [row for row in plain(OLD) if "滞后" not in row["text"]]
    told = changes(without, OLD, NEW)
    assert {change.key for change in told if not change.manual} == {"overall.percent"}
    text, _ = adopted(without, OLD, NEW, keys(told))
    assert lines(text) == [
        lines(without)[0],
        lines(without)[1],
        "p 总体完成比例为55%。共3项措施。",
        *lines(without)[3:],
    ]
    moved = [*plain(OLD)[:2], *plain(OLD)[3:], plain(OLD)[2]]
    told = changes(moved, OLD, NEW)
    assert [change.key for change in told if change.manual] == ["overall.percent"]


def test_a_heading_stays_while_words_of_the_office_stand_under_it() -> None:
    told = changes(EDITED, OLD, CALM)
    assert [change.key for change in told if change.manual] == ["behind.heading"]
    text, _ = adopted(EDITED, OLD, CALM, keys(told))
    assert lines(text)[4:6] == ["h1 滞后事项", "p 办公室对滞后事项的说明。"]


def test_a_new_section_does_not_cut_the_offices_paragraphs_off_from_theirs() -> None:
    edited = [*plain(CALM)[:3], *body("p 办公室另起一段。"), *plain(CALM)[3:]]
    text, _ = adopted(edited, CALM, OLD, keys(changes(edited, CALM, OLD)))
    assert lines(text)[3:5] == ["p 办公室另起一段。", "h1 滞后事项"]


def test_an_opening_that_the_office_put_first_stays_first() -> None:
    edited = [*body("p 经核实，原通报有误。"), *plain(OLD)]
    text, _ = adopted(edited, OLD, NEW, keys(changes(edited, OLD, NEW)))
    assert lines(text) == ["p 经核实，原通报有误。", *lines(plain(NEW))]


def test_a_paragraph_that_moved_goes_with_all_its_sentences() -> None:
    one, other = block("h3", "甲", a="甲局一。", b="甲局二。"), block("h3", "乙", a="乙局一。", b="乙局二。")
    old, new = [OLD[6], one, other], [OLD[6], other, one]
    told = changes(plain(old), old, new)
    assert [change.moved for change in told] == [True, True]
    assert adopted(plain(old), old, new, [told[0].key]) == (plain(new), new)


def test_keys_that_nobody_knows_change_nothing() -> None:
    assert adopted(plain(OLD), OLD, NEW, ["nothing", ""]) == (plain(OLD), OLD)


# --- any edit, any data -----------------------------------------------------------------------------


def words_of(data: st.DataObject, number: int) -> list[KeyedBlock]:
    quarter = data.draw(quarters(number))
    return draft_words(course_of(quarter), quarter.texts).blocks


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_without_edits_adopting_all_gives_the_fresh_text(data: st.DataObject) -> None:
    number = data.draw(st.integers(1, 4))
    old, new = words_of(data, number), words_of(data, number)
    told = changes(plain(old), old, new)
    assert not [change for change in told if change.manual]
    assert bool(told) == (plain(old) != plain(new))
    assert adopted(plain(old), old, new, keys(told)) == (plain(new), new)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_one_after_another_comes_to_the_same(data: st.DataObject) -> None:
    number = data.draw(st.integers(1, 4))
    old, new = words_of(data, number), words_of(data, number)
    text, generated = plain(old), old
    for _ in range(200):
        told = changes(text, generated, new)
        if not told:
            break
        chosen = data.draw(st.sampled_from(keys(told)))
        text, generated = adopted(text, generated, new, [chosen])
    assert changes(text, generated, new) == []
    assert sorted(lines(text)) == sorted(lines(plain(new)))


Edit = Callable[[list[list[str]], list[str], st.DataObject, int], None]


def edited(blocks: list[Block], data: st.DataObject) -> tuple[list[Block], list[str]]:
    """The text after some edits, and the sentences that are the office's own."""
    rows = [(row["kind"], split_sentences(row["text"])) for row in blocks]
    own = []
    for number in range(data.draw(st.integers(1, 6))):
        if not rows:
            break
        place = data.draw(st.integers(0, len(rows) - 1))
        sentences = rows[place][1]
        at = data.draw(st.integers(0, len(sentences) - 1))
        mark = f"办公室第{number}处修改。"
        what = data.draw(st.sampled_from(["write", "add", "delete", "drop", "move", "paragraph", "section"]))
        if what == "write":
            sentences[at] = mark
            own.append(mark)
        elif what == "add":
            sentences.insert(at + 1, mark)
            own.append(mark)
        elif what == "delete":
            del sentences[at]
        elif what == "drop":
            del rows[place]
        elif what == "move":
            rows.insert(data.draw(st.integers(0, len(rows) - 1)), rows.pop(place))
        else:
            rows.insert(place, ("p" if what == "paragraph" else "h1", [mark]))
            own.append(mark)
        rows = [(kind, sentences) for kind, sentences in rows if sentences]
    made = [{"kind": kind, "text": "".join(sentences)} for kind, sentences in rows]
    text = "".join(row["text"] for row in made)
    # An edit may have been edited away again.
    return made, [mark for mark in sorted(own, key=text.find) if mark in text]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_whatever_the_office_wrote_stays_word_for_word_and_in_its_order(data: st.DataObject) -> None:
    number = data.draw(st.integers(1, 4))
    old, new = words_of(data, number), words_of(data, number)
    mine, own = edited(plain(old), data)
    told = changes(mine, old, new)
    text, generated = adopted(mine, old, new, keys(told))
    after = "".join(row["text"] for row in text)
    assert [mark for mark in sorted(own, key=after.find) if mark in after] == own
    # What it deleted does not come back.
    before = [sentence for row in mine for sentence in split_sentences(row["text"])]
    gone = {change.new for change in told if change.manual}
    for sentence in gone - set(before) - {change.new for change in told if not change.manual}:
        if sentence and sentence not in {piece["text"] for row in old for piece in row["sentences"]}:
            assert sentence not in [piece for row in text for piece in split_sentences(row["text"])]
    assert generated == new
    assert changes(text, generated, new) == []


@pytest.mark.parametrize("kind", ["p", "h2", "h3"])
def test_words_added_to_a_sentence_make_it_the_offices(kind: str) -> None:
    old, new = (
        [block(kind, "a", x="完成40%。", y="其余照旧。")],
        [block(kind, "a", x="完成55%。", y="其余照旧。")],
    )
    for typed in (
        "据核实，完成40%。其余照旧。",
        "完成40%，好于预期。其余照旧。",
        "“完成40%。”其余照旧。",
        "（完成40%。）其余照旧。",
    ):
        [change] = changes([{"kind": kind, "text": typed}], old, new)
        assert change.manual, typed
    [change] = changes([{"kind": kind, "text": "完成40%。另有一句。其余照旧。"}], old, new)
    assert not change.manual
