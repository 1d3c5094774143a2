"""The Django project: settings, Celery, addresses, logging. It knows no rule of the protocol."""

from assize.celery import app as celery_app

__all__ = ["celery_app"]
