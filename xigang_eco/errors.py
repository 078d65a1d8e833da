"""Error pages in Chinese; a script gets the same words as JSON."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token


def _answer(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return JsonResponse({"error": f"{title}。{advice}"}, status=status)
    return render(request, "error.html", {"status": status, "title": title, "advice": advice}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, "提交的文字过多", "请返回上一页精简后重新提交；详细材料可作为佐证上传。")
    return _answer(request, 400, "请求无法识别", "地址或提交的内容有误，请返回上一页检查后重试。")


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request,
        403,
        "页面已过期",
        "页面打开过久，或浏览器未接受本系统的 Cookie。请返回上一页刷新后重试；若反复出现，请在浏览器中允许本站 Cookie。",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "没有权限", "您的账号不能进行此项操作。如确需办理，请与区生态办联系。")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "页面不存在", "您访问的内容不存在，或不在您的查阅范围内。")


def too_large(request: HttpRequest) -> HttpResponse:
    return _answer(
        request,
        413,
        "上传内容过大",
        f"单个文件不能超过 {settings.EVIDENCE_MAX_MB} MB，请压缩或拆分后重新上传。已填写的文字不受影响。",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(
        request, 500, "系统出错", "本次操作没有完成，数据未改动。请稍后重试；若仍不成功，请联系系统管理员。"
    )
