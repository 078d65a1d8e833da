"""The database refuses to change or delete what is issued."""

from django.db import migrations

from reports.kept import KEPT
from xigang_eco.append_only import guard_operation


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_rendering_tells_of_issues"), ("tasks", "0004_append_only")]

    operations = [guard_operation(*KEPT)]
