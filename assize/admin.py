"""Operators' accounts are made on the host (`manage.py staff`), never in the admin.

Who could make accounts, or change somebody else's password or second factor, there could be both people that a proposal
takes.
"""

from django.contrib import admin
from django.contrib.auth import admin as registers_them
from django.contrib.auth.models import Group, User
from django_otp.plugins.otp_static import admin as registers_codes
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp import admin as registers_apps
from django_otp.plugins.otp_totp.models import TOTPDevice

assert registers_them.UserAdmin is not None
assert registers_codes.StaticDeviceAdmin is not None
assert registers_apps.TOTPDeviceAdmin is not None
admin.site.unregister([User, Group, StaticDevice, TOTPDevice])
