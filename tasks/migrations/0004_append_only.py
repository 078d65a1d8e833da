"""The database refuses to change what happened to a filing, and amendments that are closed."""

from django.db import migrations

from tasks.kept import KEPT
from xigang_eco.append_only import guard_operation


class Migration(migrations.Migration):
    dependencies = [("tasks", "0003_amendment_issuing")]

    operations = [guard_operation(*KEPT)]
