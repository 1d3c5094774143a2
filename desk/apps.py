from django.apps import AppConfig
from django.contrib.admin import apps


class DeskConfig(AppConfig):
    """What operators see and do: the queue of work, a page for each thing, proposals of every kind."""

    name = "desk"
    default = True


class DeskAdminConfig(apps.AdminConfig):
    """Django's admin with our site in it."""

    default = False
    default_site = "desk.site.DeskSite"
