"""What people read. One permanent address per thing, whatever its stage."""

from django.urls import path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from pages import expiry, listing, mine, papers, sandbox, series, sessions, verifying, views, vote
from pages.acting import views as acting
from pages.acting.money_forms import ACCOUNT_FORMS
from pages.acting.send_forms import ACCOUNT_SENDS
from pages.acting.vote_forms import EXPIRY_FORMS

urlpatterns = [
    path("", views.home, name="home"),
    path("how/", views.how, name="how"),
    path("expiries/", listing.expiries, name="expiries"),
    path("expiries/<slug:name>/", expiry.expiry, name="expiry"),
    path("expiries/<slug:name>/transcript", views.transcript, name="transcript"),
    path("expiries/<slug:name>/verify", verifying.verify, name="verify"),
    path("simulate/", sandbox.sandbox, name="simulate"),
    path("series/", series.series_list, name="series"),
    path("series/<slug:address>/", series.series_page, name="series-page"),
    path("series/<slug:address>/redeem/", acting.on_series, name="redeem"),
    *(path(f"expiries/<slug:name>/{word}/", acting.on_expiry, {"word": word}, word) for word in EXPIRY_FORMS),
    path("vote/", vote.index, name="vote"),
    path("vote/<slug:name>/<int:number>/", vote.ballot, name="vote-ballot"),
    path("vote/<slug:name>/<int:number>/reveal", vote.reveal, name="vote-reveal"),
    path("me/", mine.me, name="me"),
    *(path(f"me/{word}/", acting.on_account, {"word": word}, word) for word in ACCOUNT_FORMS),
    *(path(f"me/{word}/", acting.on_sender, {"word": word}, word) for word in ACCOUNT_SENDS),
    path("receipts/<slug:digest>/", mine.receipt, name="receipt"),
    path("receipts/<slug:digest>.json", mine.receipt_file, name="receipt-file"),
    path("evidence/<slug:digest>/", papers.evidence, name="evidence"),
    path("evidence/<slug:digest>/files/<int:n>", papers.file, name="evidence-file"),
    path("out/<slug:digest>/<int:n>/", papers.out, name="out"),
    path("login/", sessions.login_page, name="login"),
    path("login/text", sessions.challenge, name="login-text"),
    path("login/enter", sessions.enter, name="login-enter"),
    path("logout/", sessions.leave, name="logout"),
    path("reserves/", views.reserves, name="reserves"),
    path("status", views.status, name="status"),
    path("status/", require_safe(RedirectView.as_view(pattern_name="status", permanent=True)), name="status-slash"),
    path("attestors/", views.attestors, name="attestors"),
    path("accounts/<slug:address>/", views.account, name="account"),
]
