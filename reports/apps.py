from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "看板与通报"

    def ready(self) -> None:
        from reports import audit

        audit.register()
