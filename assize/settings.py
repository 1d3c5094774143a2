"""Django's settings: what may be set (assize/variables.py), and below it what is the same everywhere."""

from datetime import timedelta

from assize.logs import logging_config
from assize.variables import *  # noqa: F403  Django reads them here

INSTALLED_APPS = [
    "assize",
    "desk",
    "operators",
    "ledger",
    "oracle",
    "evidence",
    "disputes",
    "settlement",
    "pages",
    "alerts",
    "rest_framework",
    "drf_spectacular",
    "unfold.apps.BasicAppConfig",
    "desk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
]
MIDDLEWARE = [
    "assize.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "assize.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "desk.middleware.StaffCookie",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "desk.middleware.StaffSessions",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "assize.urls"
WSGI_APPLICATION = "assize.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pages.sessions.logged_in",
                "pages.banner.intake",
            ]
        },
    }
]

# Connections are kept, and looked at before they are used again: PostgreSQL may have been restarted in between.
_connection = {**DATABASE, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
_server = [
    DATABASE["OPTIONS"].get("options", ""),
    f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s",
    f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_SECONDS}s",
    "" if DATABASE_ROLE == "none" else f"-c role={DATABASE_ROLE}",
]
_options = {**DATABASE["OPTIONS"], "options": " ".join(filter(None, _server))}
DATABASES = {"default": {**_connection, "OPTIONS": _options}}
if DATABASE_ROLE != "none":
    DATABASES["owner"] = _connection  # migrations may wait

# In each process's own memory: nothing here is the truth, and the web process needs no Redis.
_memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "TIMEOUT": None}
CACHES = {
    "default": {**_memory, "LOCATION": "default", "OPTIONS": {"MAX_ENTRIES": 100_000}},  # counters of the rate limits
    # The largest are megabytes: one of 10,000 acts has about 15.
    "transcripts": {**_memory, "LOCATION": "transcripts", "OPTIONS": {"MAX_ENTRIES": 16}},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# No client clock, no local zone: times are whole unix seconds, shown in UTC.
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # counts wrong passwords, and lets nobody on who is locked out
    "operators.roles.RoleBackend",
]
# Counted in the database, so by all web processes together: five wrong passwords of a name from an address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "desk.login.locked_out"
AXES_CLIENT_IP_CALLABLE = "desk.caller.address_of"
AXES_RESET_ON_SUCCESS = True  # once the second factor was right, too
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
OTP_TOTP_ISSUER = "Assize"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Asked from within, past the proxy.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# The largest act is a few kilobytes; whoever sends more is refused before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if mail else 'dummy'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = mail.get("host", ""), mail.get("port", 0)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail.get("user", ""), mail.get("password", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = mail.get("tls") == "starttls", mail.get("tls") == "tls"
EMAIL_TIMEOUT = 8

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG or not HTTPS

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": int(BEHIND_PROXY),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assize",
    "DESCRIPTION": "Bonded reports become one final expiry price. Integers are decimal strings.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "APPEND_COMPONENTS": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "assize.openapi.finish"],
    "ENUM_NAME_OVERRIDES": {
        "ExpiryStage": "protocol.stages.Stage",
        "ProblemCode": "oracle.api.codes.CHOICES",
        "FinalityCode": "settlement.finality.Reason",
        "EventKind": "oracle.events.CHOICES",
        "PublicationStage": "settlement.stages.PublicationStage",
        "RootStage": "settlement.root_stages.RootStage",
    },
}

# The admin. Its colours are in desk/static/desk/desk.css: unfold would write them into the page.
UNFOLD = {
    "SITE_TITLE": "Assize",
    "SITE_HEADER": "Assize",
    "SITE_ICON": "desk.navigation.icon",
    "SHOW_HISTORY": False,
    "SHOW_BACK_BUTTON": True,
    "ACCOUNT": {"navigation": [{"title": "Your account", "link": "desk.navigation.account"}]},
    "SIDEBAR": {"navigation": "desk.navigation.groups"},
}

LOGGING = logging_config(LOG_LEVEL, env.secrets)
LOGGING_CONFIG = "logging.config.dictConfig"
