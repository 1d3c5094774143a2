"""What people read. One permanent address per thing, whatever its stage."""

from django.urls import path

from pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("expiries/", views.expiries, name="expiries"),
    path("expiries/<slug:name>/", views.expiry, name="expiry"),
    path("expiries/<slug:name>/transcript", views.transcript, name="transcript"),
    path("reserves/", views.reserves, name="reserves"),
    path("attestors/", views.attestors, name="attestors"),
    path("accounts/<slug:address>/", views.account, name="account"),
]
