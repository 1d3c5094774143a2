"""What people read. One permanent address per thing, whatever its stage."""

from django.urls import path

from pages import series, views

urlpatterns = [
    path("", views.home, name="home"),
    path("expiries/", views.expiries, name="expiries"),
    path("expiries/<slug:name>/", views.expiry, name="expiry"),
    path("expiries/<slug:name>/transcript", views.transcript, name="transcript"),
    path("series/", series.series_list, name="series"),
    path("series/<slug:address>/", series.series_page, name="series-page"),
    path("reserves/", views.reserves, name="reserves"),
    path("attestors/", views.attestors, name="attestors"),
    path("accounts/<slug:address>/", views.account, name="account"),
]
