#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xigang_eco.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The settings' own words say what to do. Status 1, as of a traceback, is an answer of some commands (import_plan).
        print(error, file=sys.stderr)
        sys.exit(os.EX_CONFIG)
