"""operators/shown.py in the desk's own pages."""

from django import template

from operators import shown

register = template.Library()
register.filter("second", shown.time)
