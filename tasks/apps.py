from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = "计划与填报"

    def ready(self) -> None:
        from tasks import audit

        audit.register()
