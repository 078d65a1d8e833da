"""Deadlines as they are printed, and the days they mean."""

import pytest

from tasks.importing.deadlines import parse_deadline


def told(text: str, year: int | None = 2024) -> str:
    deadline = parse_deadline(text, year)
    days = [day.isoformat() if day else "" for day in (deadline.starts, deadline.ends)]
    return " ".join([deadline.kind, *days]).strip()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2024年12月底前", "date  2024-12-31"),
        ("2016 年底前", "date  2016-12-31"),
        ("6月底前", "date  2024-06-30"),
        ("2月底前", "date  2024-02-29"),
        ("2024年6月30日", "date  2024-06-30"),
        ("2024年6月30日前完成", "date  2024-06-30"),
        ("12月31日前", "date  2024-12-31"),
        ("2024.6.30", "date  2024-06-30"),
        ("2024/12/31", "date  2024-12-31"),
        ("2024-12-31 00:00:00", "date  2024-12-31"),
        ("２０２４年１２月底前", "date  2024-12-31"),
        ("二〇二四年十二月底前", "date  2024-12-31"),
        ("十月底前", "date  2024-10-31"),
        ("6月中旬", "date  2024-06-20"),
        ("年底前", "date  2024-12-31"),
        ("今年年底", "date  2024-12-31"),
        ("次年3月底前", "date  2025-03-31"),
        ("2024年", "date  2024-12-31"),
        ("到2025年", "date  2025-12-31"),
        ("一季度末", "date  2024-03-31"),
        ("上半年完成", "date  2024-06-30"),
        ("2024年6月底前完成排查，12月底前完成整改", "date  2024-12-31"),
        ("2024年6月底前完成50%；12月底前全部完成", "date  2024-12-31"),
        ("2024年12月底前完成，长期坚持", "date  2024-12-31"),
        ("按照国家要求，2024年底前", "date  2024-12-31"),
        ("2024年内完成", "date  2024-12-31"),
        ("即日起至2024年底", "date  2024-12-31"),
        ("“十四五”末", "date  2025-12-31"),
        ("2016—2017年底前", "range 2016-01-01 2017-12-31"),
        ("2016-2018 年底前", "range 2016-01-01 2018-12-31"),
        ("2024年3月—10月", "range 2024-03-01 2024-10-31"),
        ("2024年10月至2025年3月", "range 2024-10-01 2025-03-31"),
        ("3月1日至10月31日", "range 2024-03-01 2024-10-31"),
        ("1-12月", "range 2024-01-01 2024-12-31"),
        ("第三季度", "range 2024-07-01 2024-09-30"),
        ("上半年", "range 2024-01-01 2024-06-30"),
        ("长期坚持", "ongoing"),
        ("持续推进", "ongoing"),
        ("常态工作", "ongoing"),
        ("常态化\n推进", "ongoing"),
        ("全年", "ongoing"),
        ("2024年全年", "ongoing"),
        ("每季度", "ongoing"),
        ("每年12月底前", "ongoing"),
        ("2024年6月起", "ongoing 2024-06-01"),
        # 明显 is no 明年.
        ("持续推进，2024年底前取得明显成效", "date  2024-12-31"),
        ("2024年12月31日（持续推进）", "date  2024-12-31"),
        ("2024年11月30日24时前", "date  2024-11-30"),
        ("24年12月底", "date  2024-12-31"),
        ("年内完成", "date  2024-12-31"),
        ("来年3月底", "date  2025-03-31"),
        ("10月—次年3月", "range 2024-10-01 2025-03-31"),
        ("立行立改并长期坚持", "ongoing"),
        ("全年，每季度末报送", "ongoing"),
        ("每季度最后一个月25日前", "ongoing"),
        ("每季度报送进展，2024年底前完成", "date  2024-12-31"),
    ],
)
def test_what_is_printed_is_read(text: str, meaning: str) -> None:
    assert told(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "省出台文件后2个月完成",
        "2016年6底前",
        "2月30日前",
        "13月底前",
        "按上级要求",
        "按时序进度",
        "立行立改",
        "即知即改",
        # Before it begins, or by its end.
        "10月前",
        "2025年前完成",
        "四季度前",
        "汛期前",
        "2024年汛期前",
        "2024年供暖期结束后",
        "方案印发后三个月内，2024年底前",
        "收到通知后10个工作日内",
        "2024年底前完成80家",
        "见附件",
        "2025年—2024年",
    ],
)
def test_what_is_not_understood_is_left(text: str) -> None:
    assert told(text) == "unknown"


def test_a_month_without_a_year_needs_the_year_of_the_plan() -> None:
    assert told("6月底前", None) == "unknown"
    assert told("2023年6月底前", None) == "date  2023-06-30"
    assert told("2023年6月底前，10月底前", None) == "date  2023-10-31"
    assert told("长期坚持", None) == "ongoing"
