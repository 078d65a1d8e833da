from django.apps import AppConfig
from django.core.checks import register


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "看板与通报"

    def ready(self) -> None:
        from reports import audit, checks

        audit.register()
        register(checks.fonts_are_usable)
