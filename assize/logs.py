"""One JSON object per line on standard error, whoever logs: our code, Django, Celery or gunicorn.

A line bears what is being worked on, bound where the work begins: `request` (assize/middleware.py), `task` and
`task_id` (assize/celery.py), `act` and `expiry` (oracle/services/acts.py), `transaction` (settlement/services).
"""

from collections.abc import Iterable
from typing import Any

import structlog

from assize.log_secrets import Censor

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# One list for the process: loggers keep the one that they were first used with, and tests exchange what is in it.
_OURS: list[Any] = [*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]


def logging_config(level: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Settings for logging.config.dictConfig; also sets structlog up. `secrets` are shown in no line."""
    structlog.configure(
        processors=_OURS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    json_lines = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Censor(secrets),
            structlog.processors.JSONRenderer(),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": json_lines},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # These have handlers of their own; here every line takes the one way out.
            **{
                name: {"handlers": [], "level": level, "propagate": True}
                for name in ("django", "django.server", "gunicorn.error", "gunicorn.access")
            },
            # At DEBUG it writes statements with their parameters: prices and salts without a name beside them.
            "django.db.backends": {"level": "INFO"},
        },
    }
