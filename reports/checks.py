"""What `manage.py check` says about printing: a font folder that is not usable is known before anybody issues."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from reports.renderers.fonts import FontError, licensed_faces


def fonts_are_usable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        licensed_faces(settings.FONT_DIR)
    except FontError as error:
        return [Error(str(error), hint="检查环境变量 FONT_DIR 所指的文件夹。", id="reports.E001")]
    return []
