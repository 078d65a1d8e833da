"""变更记录: what was changed in the settings of units, plan and accounts, with before and after."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from units import changelog
from units.access import KEEPERS, current_user, roles_allowed
from units.filtersets import ChangeFilter
from units.querysets import changes_visible_to
from xigang_eco.http import BAD_QUERY

PER_PAGE = 50


@require_safe
@roles_allowed(*KEEPERS)
def change_log(request: HttpRequest) -> HttpResponse:
    """The changes that the person sees, the latest first."""
    rows = changes_visible_to(current_user(request))
    filters = ChangeFilter(request.GET, queryset=rows, request=request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    refused = filters.refused
    context = {
        "filters": filters,
        "refused": refused,
        "page": page,
        "changes": changelog.read(page.object_list),
    }
    return render(request, "units/change_log.html", context, status=BAD_QUERY if refused else None)
