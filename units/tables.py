"""The table of accounts."""

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_tables2.config import RequestConfig

from units.models import Role, User

PER_PAGE = 50
# The order in which people are thought of, which is that of Role; the words in the database sort otherwise.
_ROLE_RANK = Case(*(When(role=role.value, then=Value(rank)) for rank, role in enumerate(Role)))


class AccountTable(tables.Table):
    """Accounts, each with a link to its page. `locked`: the user names that are locked out now."""

    name = tables.Column("姓名", attrs={"td": {"class": "nowrap"}})
    username = tables.Column("用户名")
    role = tables.Column("角色", attrs={"td": {"class": "nowrap"}})
    unit = tables.Column("所属单位", empty_values=())
    phone = tables.Column("电话", attrs={"td": {"class": "nowrap"}}, default="—")
    is_active = tables.Column("状态", attrs={"td": {"class": "nowrap"}})
    last_login = tables.Column("上次登录", attrs={"td": {"class": "nowrap"}}, default="从未登录")

    class Meta:
        order_by_field = "sort"
        empty_text = "没有符合条件的账号。"

    def __init__(self, data: QuerySet[User], *, locked: dict[str, datetime]) -> None:
        self.locked = locked
        super().__init__(data)
        self.caption = "账号"

    @classmethod
    def of(cls, request: HttpRequest, rows: QuerySet[User], locked: dict[str, datetime]) -> "AccountTable":
        """The table, sorted and paged as the address asks."""
        table = cls(rows, locked=locked)
        RequestConfig(request, paginate=False).configure(table)
        table.paginate(per_page=PER_PAGE)
        # The library's own paging takes the size of a page from the address, and stumbles over 0.
        table.page = table.paginator.get_page(request.GET.get("page"))
        return table

    def render_name(self, record: User) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("units:account", args=[record.pk]), record.name)

    def render_role(self, record: User) -> str:
        return record.get_role_display()

    def render_unit(self, record: User) -> str | SafeString:
        if record.unit is None:
            return "—"
        if record.unit.is_active:
            return record.unit.name
        return format_html('{} <span class="tag tag-warn">单位已停用</span>', record.unit.name)

    def render_last_login(self, value: datetime) -> str:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"

    def render_is_active(self, record: User) -> SafeString:
        marks = [("tag-approved", "启用") if record.is_active else ("tag-late", "停用")]
        if record.username in self.locked:
            marks.append(("tag-warn", "登录锁定"))
        if record.is_active and record.must_change_password:
            marks.append(("", "待改初始口令"))
        if record.is_demo:
            marks.append(("tag-warn", "演示"))
        return format_html_join(" ", '<span class="tag {}">{}</span>', marks)

    def order_role(self, rows: QuerySet[User], is_descending: bool) -> tuple[QuerySet[User], bool]:
        rank = _ROLE_RANK.desc() if is_descending else _ROLE_RANK.asc()
        return rows.order_by(rank, "unit__kind", "unit__order", "username"), True

    def order_unit(self, rows: QuerySet[User], is_descending: bool) -> tuple[QuerySet[User], bool]:
        keys: list[Any] = [F("unit__kind"), F("unit__order")]
        keys = [key.desc(nulls_last=True) if is_descending else key.asc(nulls_last=True) for key in keys]
        return rows.order_by(*keys, "role", "username"), True

    def order_last_login(self, rows: QuerySet[User], is_descending: bool) -> tuple[QuerySet[User], bool]:
        login = F("last_login")
        key = login.desc(nulls_last=True) if is_descending else login.asc(nulls_first=True)
        return rows.order_by(key, "username"), True
