"""The one settings file. Every switch is an environment variable, read loudly (see env.py).

The README lists the variables. Nothing here is unsafe by default: DEBUG is off, HTTPS is on, and
without SECRET_KEY the process refuses to start unless DEBUG was switched on by hand.
"""

from ipaddress import ip_network
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from xigang_eco import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- switches -------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", False)
HTTPS = env.flag("HTTPS", not DEBUG)
VAR_DIR = Path(env.text("VAR_DIR") or BASE_DIR / "var").resolve()
IDLE_MINUTES = env.number("IDLE_MINUTES", 30, minimum=1, maximum=24 * 60)
EVIDENCE_MAX_MB = env.number("EVIDENCE_MAX_MB", 50, minimum=1, maximum=2048)
# Addresses of reverse proxies whose X-Forwarded-* headers are believed; from anyone else they are ignored.
TRUSTED_PROXIES = env.names("TRUSTED_PROXIES")
try:
    TRUSTED_PROXY_NETWORKS = [ip_network(item) for item in TRUSTED_PROXIES if item != "unix"]
except ValueError as error:
    raise ImproperlyConfigured(f"环境变量 TRUSTED_PROXIES 应为 IP 地址、网段或 unix：{error}") from None

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "未设置 SECRET_KEY：正式运行必须通过环境变量提供密钥。试用请运行 script/server。"
        )
    SECRET_KEY = "development-only-" + "insecure" * 8
elif not DEBUG and len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY 过短：应为不少于 32 个字符的随机文本。")

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ("localhost", "127.0.0.1") if DEBUG else ())
if not ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("未设置 ALLOWED_HOSTS：请填写访问本系统所用的域名或地址，以逗号分隔。")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")

# --- applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.forms",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "auditlog",
    "axes",
    "csp",
    "django_filters",
    "django_tables2",
    "units",
    "tasks",
    "reports",
]

MIDDLEWARE = [
    "xigang_eco.middleware.RequestGuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "units.middleware.IdleLogoutMiddleware",
    "units.middleware.LoginRequiredMiddleware",
    "units.middleware.PasswordChangeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "units.middleware.ChangeLogMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "xigang_eco.urls"
FORM_RENDERER = "xigang_eco.forms.Renderer"
WSGI_APPLICATION = "xigang_eco.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tasks.context_processors.plan_switch",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_database_url = env.text("DATABASE_URL")
if _database_url:
    try:
        DATABASES = {
            "default": dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True)
        }
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            "DATABASE_URL 无法识别，示例：postgres://用户:口令@主机:5432/库名"
        ) from error
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(VAR_DIR / "db.sqlite3"),
        }
    }
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # A deferred transaction that turns to writing fails at once, whatever the timeout.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

CACHES = {
    "default": {
        # Holds figures and page fragments under keys that carry the plan's revision, so that each
        # process may keep its own: a stale entry is never asked for again.
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 2000},
    }
}

# --- accounts and sessions ------------------------------------------------------------------------
AUTH_USER_MODEL = "units.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "units.passwords.DissimilarPasswordValidator"},
    {"NAME": "units.passwords.LongPasswordValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "units.passwords.UncommonPasswordValidator"},
    {"NAME": "units.passwords.MixedPasswordValidator"},
]
LOGIN_URL = "units:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "units:login"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "units.views.session.csrf_failure"

# By user name and address together: one person cannot lock out a building behind one address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# The lock lasts as long as its page says, also when people keep trying.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "units.views.session.locked_out"
AXES_CLIENT_IP_CALLABLE = "units.addresses.client_address"
AXES_VERBOSE = False

# The change log keeps names as they stood, not ids that say nothing once a unit is renamed.
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
# Loading a fixture is nobody's change.
AUDITLOG_DISABLE_ON_RAW_SAVE = True

# --- transport ------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        # Widths of progress bars and the like; style elements stay forbidden.
        "style-src-attr": [UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# --- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    # Evidence is never served by a web server: no base_url, only a checked view opens it.
    "evidence": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "evidence",
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
WHITENOISE_MANIFEST_STRICT = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
MEDIA_ROOT = VAR_DIR / "media"

EVIDENCE_MAX_BYTES = EVIDENCE_MAX_MB * 1024 * 1024
# One upload carries one file and a little form data.
REQUEST_MAX_BYTES = EVIDENCE_MAX_BYTES + 1024 * 1024
# Long text must reach the form, which answers with a message and keeps what was typed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# --- PDF ------------------------------------------------------------------------------------------
# A folder with licensed 小标宋, 仿宋_GB2312 …; empty: the free fonts that come with the project.
FONT_DIR = env.text("FONT_DIR")
if FONT_DIR and not Path(FONT_DIR).is_dir():
    raise ImproperlyConfigured(f"环境变量 FONT_DIR 所指的文件夹不存在：{FONT_DIR}")
# How many files are made at the same time, each in a process of its own; whatever else is asked for waits its turn.
RENDER_PROCESSES = env.number("RENDER_PROCESSES", 2, minimum=1, maximum=32)

# --- tables, filters, logging ---------------------------------------------------------------------
DJANGO_TABLES2_TEMPLATE = "table.html"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.choice("LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
}
