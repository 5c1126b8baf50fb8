"""All settings, in one file.

What differs between installations comes from the environment and is read here, once. `LEADSYNC_ENV` says what kind
of installation this is: `demo` (the default: embedded database, broker and mail under `LEADSYNC_VAR`, nothing else
needed), `test`, or `production`, which refuses to start without its secrets and addresses.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from leadsync.core.logs import without_secrets

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
LEADSYNC_ENV: str = env.str("LEADSYNC_ENV", default="demo")
if LEADSYNC_ENV not in {"demo", "test", "production"}:
    raise ImproperlyConfigured(f"LEADSYNC_ENV is {LEADSYNC_ENV!r}; it must be demo, test or production.")
PRODUCTION = LEADSYNC_ENV == "production"
TESTING = LEADSYNC_ENV == "test"

LEADSYNC_VAR = Path(env.str("LEADSYNC_VAR", default="") or BASE_DIR / "var").resolve()
LEADSYNC_VAR.mkdir(parents=True, exist_ok=True)


def _required(name: str, what: str) -> str:
    """Read a variable that production cannot do without; the message says what it is for."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. It holds {what}, and LEADSYNC_ENV=production needs it."
        )
    return value


def _kept_key() -> str:
    """The demo's key: made at the first start, kept in LEADSYNC_VAR so that sign-ins survive a restart."""
    path = LEADSYNC_VAR / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text().strip() or secrets.token_urlsafe(64)


DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY = _required("SECRET_KEY", "the key that signs sessions and links") if PRODUCTION else _kept_key()
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
if PRODUCTION and not ALLOWED_HOSTS:
    _required("ALLOWED_HOSTS", "the host names under which people reach LeadSync, separated by commas")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
LEADSYNC_BASE_URL: str = (
    _required("LEADSYNC_BASE_URL", "the address put into mails, such as https://leads.example.com")
    if PRODUCTION
    else env.str("LEADSYNC_BASE_URL", default=f"http://127.0.0.1:{env.str('PORT', default='8000')}")
).rstrip("/")

# ---------------------------------------------------------------------------------------------- applications
INSTALLED_APPS = [
    "leadsync.core",
    "leadsync.accounts",
    "leadsync.notices",
    "campaigns",
    "leads",
    "leadsync.hooks",
    "leadsync.intake",
    "feedback",
    "leadsync.exchange",
    "leadsync.meetings",
    "leadsync.privacy",
    "leadsync.kpi",
    "leadsync.start",
    "leadsync.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_countries",  # names of countries in the reader's language
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "simple_history",
    "django_structlog",
]

MIDDLEWARE = [
    "leadsync.ops.Operations",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "leadsync.core.middleware.Faults",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "leadsync.core.middleware.HtmxRedirects",
    "allauth.account.middleware.AccountMiddleware",
    "leadsync.accounts.middleware.Person",
    "leadsync.core.middleware.DomainErrors",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "leadsync.urls"
WSGI_APPLICATION = "leadsync.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "leadsync.core.forms.Renderer"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leadsync.shell.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "leadsync.core.templatetags.ui",
            ],
        },
    }
]

# ---------------------------------------------------------------------------------------------- database, cache
DATABASE_URL: str = (
    _required("DATABASE_URL", "the address of the PostgreSQL database, postgres://user:password@host/name")
    if PRODUCTION
    else env.str("DATABASE_URL", default=f"sqlite:///{LEADSYNC_VAR / 'leadsync.sqlite3'}")
)
DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
_database = DATABASES["default"]
if "sqlite" in _database["ENGINE"]:
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000;"
        ),
    }
else:
    _database["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=0 if TESTING else 60)
    _database["CONN_HEALTH_CHECKS"] = True
    _database["DISABLE_SERVER_SIDE_CURSORS"] = True
    _database.setdefault("OPTIONS", {})["connect_timeout"] = 5
    _database["OPTIONS"]["options"] = (
        f"-c statement_timeout={env.int('DATABASE_STATEMENT_TIMEOUT_MS', default=30_000)}"
    )

CACHE_URL: str = env.str("CACHE_URL", default="")
if CACHE_URL:
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "leadsync.core.cache.PatientRedisCache", "LOCATION": CACHE_URL}
    }
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"},
    }

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "leadsync.core.middleware.csrf_failure"

# ---------------------------------------------------------------------------------------------- people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "leadsync.accounts.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
USERSESSIONS_TRACK_ACTIVITY = False  # it would write to the database at every page
# How many proxies stand in front: the visitor's address, by which attempts are limited, is that far from the end of
# X-Forwarded-For. Production has one that ends TLS; without any the header is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXIES", default=1 if PRODUCTION else 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# ---------------------------------------------------------------------------------------------- language, time, numbers
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pl", "Polski"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "leadsync" / "locale"]
FORMAT_MODULE_PATH = "leadsync.formats"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "UTC"  # the company's zone is data: see leadsync.accounts.middleware

# ---------------------------------------------------------------------------------------------- files
STATIC_URL = "static/"
STATIC_ROOT = LEADSYNC_VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = LEADSYNC_VAR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# One copy of each file, under its hashed name; source maps of libraries are not worth compressing.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "webp", "gif", "woff", "woff2", "map")
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MOST_BYTES = 50 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "leadsync.core.uploads.NotTooLarge",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ---------------------------------------------------------------------------------------------- mail
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="LeadSync <leadsync@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_URL: str = (
    _required("EMAIL_URL", "the mail server, smtp+tls://user:password@host:587")
    if PRODUCTION
    else env.str("EMAIL_URL", default="")
)


def _mailers(url: str) -> dict[str, Any]:
    """Turn EMAIL_URL into Django's MAILERS; without one, mails become files under LEADSYNC_VAR/mail."""
    if not url:
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(LEADSYNC_VAR / "mail")},
        }
    parsed = env.email_url_config(url)
    return {
        "BACKEND": parsed["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": parsed["EMAIL_HOST"],
            "port": parsed["EMAIL_PORT"],
            "username": parsed["EMAIL_HOST_USER"],
            "password": parsed["EMAIL_HOST_PASSWORD"],
            "use_tls": parsed.get("EMAIL_USE_TLS", False),
            "use_ssl": parsed.get("EMAIL_USE_SSL", False),
            "timeout": 20,
        },
    }


MAILERS = {"default": _mailers(EMAIL_URL)}

# ---------------------------------------------------------------------------------------------- out of the house
# The company's webhook: https only. Plain http is for trying things out, never for production.
OUTGOING_ALLOWS_HTTP: bool = env.bool("OUTGOING_ALLOWS_HTTP", default=DEBUG) and not PRODUCTION

# ---------------------------------------------------------------------------------------------- forms
# How often a hosted form may be sent in ten minutes: from one address (an office, a stand at a fair), and by everybody.
FORM_RATE: int = env.int("FORM_RATE", default=20)
FORM_RATE_ALL: int = env.int("FORM_RATE_ALL", default=600)

# ---------------------------------------------------------------------------------------------- workers
# Beat keeps when it ran last in memory: the schedule is written in code, and what is due is in the database. Celery's
# own keeps it in a file, a SQLite one from Python 3.13 on, where beat was seen to end with "locking protocol".
CELERY_BEAT_SCHEDULER = "leadsync.core.beat_scheduler:AliveScheduler"
CELERY_BROKER_URL: str = (
    _required("CELERY_BROKER_URL", "the address of Redis, redis://host:6379/0")
    if PRODUCTION
    else env.str("CELERY_BROKER_URL", default="filesystem://localhost")
)
TICK_SECONDS: float = env.float("TICK_SECONDS", default=60.0)  # how often beat has the promise swept
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 3_000
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(LEADSYNC_VAR / "beat-schedule")  # touched at each tick, holds nothing
if CELERY_BROKER_URL.startswith("filesystem"):
    _broker = LEADSYNC_VAR / "broker"
    for _name in ("messages", "control", "processed"):
        (_broker / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        "store_processed": True,
        "processed_folder": str(_broker / "processed"),
        # It is looked at again only once both messages in hand are done: once a second would be two tasks a second.
        "polling_interval": 0.2,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3_600,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "global_keyprefix": env.str("CELERY_KEY_PREFIX", default=""),
    }

# ---------------------------------------------------------------------------------------------- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "leadsync.accounts.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["leadsync.accounts.api_auth.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["leadsync.core.api.Json"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "leadsync.core.api.FirstRenderer",
    "DEFAULT_PAGINATION_CLASS": "leadsync.core.api.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["leadsync.core.api.PersonThrottle"],
    "DEFAULT_THROTTLE_RATES": {"person": env.str("API_RATE", default="1200/min")},
    "EXCEPTION_HANDLER": "leadsync.core.problems.problem",
    "COERCE_DECIMAL_TO_STRING": True,
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LeadSync API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Everything a person can do with leads and campaigns: the same rights, the same rules, the same "
    "figures. Sign in with a token of Settings, Tokens. Instants are ISO 8601 with an offset, amounts are text in the "
    "company's currency, refusals are problem documents (RFC 9457).",
    "TAGS": [
        {"name": "leads", "description": "Leads: log, read, correct."},
        {
            "name": "work",
            "description": "What sales does with leads: contact, mark, plan, hand over, win, lose.",
        },
        {"name": "imports", "description": "Lists of leads from files."},
        {"name": "intake", "description": "Forms and sources that leads come in by."},
        {"name": "duplicates", "description": "Leads that are one: merge, and take it back."},
        {"name": "campaigns", "description": "Campaigns, spend and visits."},
        {"name": "channels", "description": "Channels, contact points and their proofs."},
        {"name": "ideas", "description": "Ideas for campaigns, and votes for them."},
        {
            "name": "markets",
            "description": "What is known of markets; what sales says before a campaign goes live.",
        },
        {"name": "gates", "description": "The first leads of a campaign, and what is decided about it then."},
        {
            "name": "agreement",
            "description": "The definition of a good lead and the promises, signed by both sides.",
        },
        {"name": "disputes", "description": "Marks that marketing does not agree with."},
        {"name": "questions", "description": "Questions between the departments."},
        {"name": "exchange", "description": "What people learned at the other department, bookings, wins."},
        {"name": "meetings", "description": "Joint meetings: agendas, decisions, minutes."},
        {"name": "alerts", "description": "What needs somebody, and who takes care of it."},
        {"name": "plan", "description": "What both departments signed to reach in a month."},
        {"name": "figures", "description": "Reports."},
        {"name": "people", "description": "Oneself, colleagues, notices."},
        {"name": "personal data", "description": "Consent, everything about one person, erasing, exports."},
        {"name": "hooks", "description": "Other systems that are told what happens to leads."},
        {"name": "routing", "description": "Which rep gets which lead."},
        {"name": "words", "description": "Reasons and tags that people choose from."},
        {"name": "first steps", "description": "What a new company does first."},
    ],
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "CampaignKind": "campaigns.models.Campaign.Kind",
        "CampaignState": "campaigns.models.Campaign.State",
        "ActivityKind": "leads.models.Activity.Kind",
        "ContactKind": "leads.api.work.CONTACT_KINDS",
        "PointKind": "campaigns.models.ContactPoint.Kind",
        "CriterionKind": "leads.models.Criterion.Kind",
        "SourceKind": "leadsync.intake.models.Source.Kind",
        "MessageState": "leadsync.intake.models.Payload.State",
        "ImportState": "leads.models.Import.State",
        "QuestionKind": "leads.api.known.QUESTION_KINDS",
        "BackTestState": "leads.models.BackTest.State",
        "ExchangeKind": "leadsync.exchange.models.KindChoices",
        "MeetingState": "leadsync.meetings.models.Meeting.StateChoices",
        "HandedInSource": "leadsync.meetings.api_agenda.HANDED_IN",
        "VoiceTopic": "leads.models.voice.Topic",
        "DisputeVerdict": "feedback.models.Decision.Verdict",
        "BackTestVerdict": "leads.models.BackTestLead.Verdict",
        "LeadStage": "leads.models.lead.StageChoices",
        "LeadMark": "leads.models.lead.MarkChoices",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "leadsync.core.api_schema.document_refusals",
        "leadsync.core.api_examples.fill_in_examples",
    ],
}

# ---------------------------------------------------------------------------------------------- security
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "style-src-attr": [CSP.UNSAFE_INLINE],  # widths of bars and rings are data: style="--v:61"
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# ---------------------------------------------------------------------------------------------- logs, metrics
METRICS: bool = env.bool("METRICS", default=False)
if METRICS:
    # Read by prometheus_client when it is imported: web processes add up their counts through files there.
    (LEADSYNC_VAR / "metrics").mkdir(exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(LEADSYNC_VAR / "metrics"))
LOG_LEVEL: str = env.str("LOG_LEVEL", default="WARNING" if TESTING else "INFO")
LOG_JSON: bool = env.bool("LOG_JSON", default=PRODUCTION)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared_processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                structlog.processors.JSONRenderer()
                if LOG_JSON
                else structlog.dev.ConsoleRenderer(colors=False),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"propagate": True, "handlers": []},
        "urllib3": {"level": "WARNING"},  # below that it writes whole addresses, and a webhook's is a secret
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        *_shared_processors[1:],
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
