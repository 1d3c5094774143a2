"""Operators' accounts are made on the host (`manage.py createsuperuser`), never in the admin.

Who could make accounts, or change somebody else's password, there could be both people that a proposal takes.
"""

from django.contrib import admin
from django.contrib.auth import admin as registers_them
from django.contrib.auth.models import Group, User

assert registers_them.UserAdmin is not None
admin.site.unregister([User, Group])
