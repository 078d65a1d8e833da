"""The real settings, plus the bare page that everything is measured against."""

from xigang_eco.settings import *  # noqa: F403

ROOT_URLCONF = "script.benchmark.urls"
