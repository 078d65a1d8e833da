"""The settings under test: the real ones, with the environment of a test run."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0123456789" * 4)
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("HTTPS", "0")
if "VAR_DIR" not in os.environ:
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="xigang-eco-tests-")

from xigang_eco.settings import *  # noqa: F403
from xigang_eco.settings import DATABASES, STORAGES

if _opened := os.environ.get("OPEN_TEST_DATABASE"):
    # A process that a test started: it opens the database of the test, which names it (see conftest.py).
    DATABASES["default"]["NAME"] = _opened
elif DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in real use. Threads of the live server would share one connection of a database in memory, and the
    # transactions of two requests would run into each other.
    DATABASES["default"]["TEST"] = {"NAME": tempfile.mkdtemp(prefix="xigang-eco-db-") + "/test.sqlite3"}

# One round of the real hash for each login would cost more than most tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
