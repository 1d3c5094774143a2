"""What may be set, by environment variables: the only place that reads them.

Every variable is declared here once; docs/operating/settings.md is generated from these declarations.
"""

import os
from pathlib import Path

from assize import contracts_file
from assize.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env = Environment(os.environ)

# Web

SECRET_KEY = env.text(
    "SECRET_KEY", least=32, secret=True, about="signs sessions; at least 32 random characters"
)
DEBUG = env.flag("DEBUG", default=False, about="Django's debug pages; never where others can reach them")
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", about="host names that the web process answers to, comma-separated"
)
PUBLIC_URL = env.origin(
    "PUBLIC_URL", about="where people reach these pages, as in https://assize.example; a login is signed for it"
)
EXPLORER_URL = env.origin(
    "EXPLORER_URL",
    default="",
    about="a block explorer of the chain, as in https://explorer.assize.example: pages link addresses and transactions"
    " to its /address/... and /tx/...; empty: no links",
)
HTTPS = env.flag(
    "HTTPS", default=True, about="redirect to https, secure cookies, HSTS; 0 only on one's own machine"
)
if HTTPS and PUBLIC_URL.startswith("http://"):
    env.problems.append("PUBLIC_URL is wrong: it must begin with https:// where HTTPS is on")
BEHIND_PROXY = env.flag(
    "BEHIND_PROXY",
    default=False,
    about="trust X-Forwarded-Proto and the last address of X-Forwarded-For; only behind a proxy that sets both itself",
)
ACTS_PER_MINUTE = env.integer(
    "ACTS_PER_MINUTE", default=120, about="signed acts of one account that one web process takes; 0: any number"
)
POSTS_PER_MINUTE = env.integer(
    "POSTS_PER_MINUTE",
    default=1200,
    about="POSTs to the API from one address, or one /64 of IPv6, that one web process takes; 0: any number",
)
EVIDENCE_KIB_PER_MINUTE = env.integer(
    "EVIDENCE_KIB_PER_MINUTE",
    default=8192,
    about="KiB of evidence from one address, or one /64 of IPv6, that one web process takes; 0: any number",
)
EVIDENCE_MIB = env.integer(
    "EVIDENCE_MIB", default=4096, about="MiB of evidence that are kept in all; beyond it none is taken, and acts go on"
)
EVENT_STREAMS = env.integer(
    "EVENT_STREAMS",
    default=4,
    about="event streams that one web process serves at a time; each holds a thread: stay below gunicorn's --threads",
)
STAFF_IDLE_MINUTES = env.integer(
    "STAFF_IDLE_MINUTES", default=30, least=1, about="after which a session of staff ends where nobody uses it"
)
STATIC_ROOT = env.path(
    "STATIC_ROOT", default=BASE_DIR / "staticfiles", about="where collectstatic puts files"
)
LOG_LEVEL = env.choice(
    "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO", about="least level that is logged"
)
METRICS_TOKEN = env.text(
    "METRICS_TOKEN",
    default="",
    least=32,
    secret=True,
    about="bearer token of who may read /metrics, at least 32 random characters; empty: there is no /metrics",
)

# Alerts

mail = env.email(
    "EMAIL_URL",
    default={},
    about="server that alerts are mailed by: smtp://user:password@host:587?tls=starttls, or smtps://; empty: no mail",
)
EMAIL_FROM = env.text(
    "EMAIL_FROM", default="", about="who alerts are from, as in Assize <alerts@assize.example>"
)
WEBHOOKS_ANYWHERE = env.flag(
    "WEBHOOKS_ANYWHERE",
    default=False,
    about="let webhooks go to http, any port and private addresses; only on one's own machine and in tests",
)
env.together("EMAIL_URL", "EMAIL_FROM")

# Services

DATABASE = env.database(
    "DATABASE_URL", about="PostgreSQL, by a user that owns the tables: postgresql://user:password@host/name"
)
DATABASE_ROLE = env.text(
    "DATABASE_ROLE",
    default="assize_app",
    about="role that every process but migrations works as; it owns nothing. `none`: as the user itself",
)
LOCK_TIMEOUT_SECONDS = env.integer(
    "LOCK_TIMEOUT_SECONDS",
    default=20,
    about="wait for a lock of the database, mostly the book's, before giving up (503 for an act); 0: for ever",
)
IDLE_TRANSACTION_SECONDS = env.integer(
    "IDLE_TRANSACTION_SECONDS",
    default=15,
    about="after which PostgreSQL ends a transaction whose process says nothing, and frees its locks; 0: never",
)
REDIS_URL = env.url(
    "REDIS_URL", ("redis", "rediss", "redis+socket"), about="Celery's broker; losing it loses no outcome"
)
RPC_URL = env.url(
    "RPC_URL",
    ("http", "https"),
    about="JSON-RPC of the node that says what gas and fees cost; another of RPC_URLS where it does not answer",
)

# Chain

CHAIN_ID = env.integer(
    "CHAIN_ID", least=1, about="EIP-155 id of the chain; part of everything that is signed"
)
CONTRACTS_FILE = env.path(
    "CONTRACTS_FILE",
    about="JSON written by deploy_contracts; gives the addresses below where they are not set",
)
_deployed = contracts_file.addresses(CONTRACTS_FILE)
ORACLE_ADDRESS = env.address(
    "ORACLE_ADDRESS",
    default=_deployed.oracle,
    about="the price oracle; the verifying contract of all signatures",
)
FACTORY_ADDRESS = env.address("FACTORY_ADDRESS", default=_deployed.factory, about="the series factory")
FACTORY_BLOCK = env.integer(
    "FACTORY_BLOCK", default=_deployed.block, about="block from which on the factory's logs are read"
)
FEEDS_ADDRESS = env.address(
    "FEEDS_ADDRESS", default=_deployed.feeds, about="the factory of price feeds; empty: none are listed or recognised"
)
ESCROW_ADDRESS = env.address(
    "ESCROW_ADDRESS", default=_deployed.escrow, about="the escrow that holds the bonds; empty: no deposits"
)
ESCROW_BLOCK = env.integer(
    "ESCROW_BLOCK", default=_deployed.escrow_block, about="block from which on the escrow is indexed"
)
RPC_URLS = env.words(
    "RPC_URLS",
    default=[RPC_URL],
    about="nodes by different providers, comma-separated: what they agree on is believed, and all of them get our"
    " transactions; RPC_URL where left out",
)
RPC_QUORUM = env.integer(
    "RPC_QUORUM",
    default=len(RPC_URLS) // 2 + 1,
    least=len(RPC_URLS) // 2 + 1,
    most=max(len(RPC_URLS), 1),
    about="how many of RPC_URLS must say the same before it is believed; a majority at least",
)
REORG_BOUND = env.integer(
    "REORG_BOUND",
    default=64,
    about="blocks that a reorganisation may take back; one that is deeper, or that takes back what was credited,"
    " stops the escrow's index with an alarm",
)
ESCROW_GIFTS = env.integer(
    "ESCROW_GIFTS",
    default=0,
    about="wei that the escrow may hold above what its logs explain before roots stop: anybody can force wei upon it",
)
ROOT_SECONDS = env.integer(
    "ROOT_SECONDS", default=86_400, least=1, about="between two roots of what each account is owed"
)
OPERATOR_DEPOSITS = env.flag(
    "OPERATOR_DEPOSITS",
    default=False,
    about="let `manage.py deposit` credit accounts by word alone; for tests and benches, never with real money",
)
TREASURY_ADDRESS = env.address("TREASURY_ADDRESS", about="account that fees are due to")
FINALITY_DEPTH = env.integer(
    "FINALITY_DEPTH", default=64, about="blocks below the head at which what the chain says is taken as final"
)
FINALITY_TAG = env.choice(
    "FINALITY_TAG",
    ("none", "safe", "finalized"),
    default="none",
    about="the chain's own word for what is final, in place of FINALITY_DEPTH where the chain has one",
)
CONFIRMATION_DEPTH = env.integer(
    "CONFIRMATION_DEPTH", default=12, least=1, about="blocks that confirm a transaction of ours"
)
MAX_FEE_GWEI = env.integer(
    "MAX_FEE_GWEI", default=300, least=1, about="the most that a transaction of ours pays per gas, tip included"
)
LEAST_TIP_GWEI = env.integer(
    "LEAST_TIP_GWEI", default=1, about="the least paid per gas above the base fee, also where others pay nothing"
)
BUMP_SECONDS = env.integer(
    "BUMP_SECONDS",
    default=60,
    least=1,
    about="without a block after which a transaction's fees are raised, by an eighth or to what is paid by then",
)
CHAIN_CLOCK_SECONDS = env.integer(
    "CHAIN_CLOCK_SECONDS",
    default=300,
    about="the newest block may be so much older or newer than our clock before opening and publishing stop with an"
    " alarm; 0: not compared",
)
FINALITY_STALL_SECONDS = env.integer(
    "FINALITY_STALL_SECONDS",
    default=3_600,
    about="the newest final block may be so old before there is an alarm; 0: not compared",
)
PRICE_OVERDUE_SECONDS = env.integer(
    "PRICE_OVERDUE_SECONDS",
    default=7_200,
    least=1,
    about="a final price may be so long on its way to a final block of the chain before there is an alarm",
)

# Keys. Each is given only to the process that signs with it.

SERVICE_KEY = env.key(
    "SERVICE_KEY",
    default="",
    about="signs receipts, beats and the service's acts; web and the workers of `book` and `chain` refuse to start"
    " without it",
)
# Who pays gas for publications: one of these three, for the worker alone.
PUBLISHER_KEYSTORE = env.path(
    "PUBLISHER_KEYSTORE", about="signer: an encrypted keystore file; `manage.py new_keystore` makes one"
)
PUBLISHER_KEYSTORE_PASSWORD_FILE = env.path(
    "PUBLISHER_KEYSTORE_PASSWORD_FILE", about="file of mode 600 with the password of PUBLISHER_KEYSTORE as first line"
)
WEB3SIGNER_URL = env.url(
    "WEB3SIGNER_URL", ("http", "https"), default="", about="signer: JSON-RPC of a Web3Signer that has the key"
)
PUBLISHER_ADDRESS = env.address("PUBLISHER_ADDRESS", default="", about="the account that WEB3SIGNER_URL signs for")
WEB3SIGNER_CLIENT_CERTIFICATE = env.path(
    "WEB3SIGNER_CLIENT_CERTIFICATE", about="PEM with a certificate and its key that is shown to WEB3SIGNER_URL"
)
WEB3SIGNER_CA = env.path(
    "WEB3SIGNER_CA", about="PEM that the certificate of WEB3SIGNER_URL is checked by; the system's where left out"
)
PUBLISHER_KEY = env.key("PUBLISHER_KEY", default="", about="signer: the bare key, for development")
PUBLISHER_TRANSACTION_CAP_WEI = env.integer(
    "PUBLISHER_TRANSACTION_CAP_WEI", default=10**18, least=1, about="the most that one transaction may cost in gas"
)
PUBLISHER_DAILY_CAP_WEI = env.integer(
    "PUBLISHER_DAILY_CAP_WEI",
    default=5 * 10**18,
    least=1,
    about="the most that all transactions signed in 24 hours may cost, in gas and rewards; beyond it nothing is signed",
)
PUBLISHER_REWARD_CAP_WEI = env.integer(
    "PUBLISHER_REWARD_CAP_WEI", default=10**18, least=0, about="the most that one proposal may fund a reward with"
)
PUBLISHER_LEAST_WEI = env.integer(
    "PUBLISHER_LEAST_WEI",
    default=10**17,
    about="an alarm where the signer has less to pay gas with; 0: not compared",
)
SIGNERS = ("PUBLISHER_KEYSTORE", "WEB3SIGNER_URL", "PUBLISHER_KEY")
SIGNER_SETTINGS = (
    *SIGNERS,
    "PUBLISHER_KEYSTORE_PASSWORD_FILE",
    "PUBLISHER_ADDRESS",
    "WEB3SIGNER_CLIENT_CERTIFICATE",
    "WEB3SIGNER_CA",
)
env.at_most_one(*SIGNERS)
env.together("PUBLISHER_KEYSTORE", "PUBLISHER_KEYSTORE_PASSWORD_FILE")
env.together("WEB3SIGNER_URL", "PUBLISHER_ADDRESS")

# Time, in seconds

BEAT_SECONDS = env.integer(
    "BEAT_SECONDS",
    default=60,
    least=1,
    most=60,
    about="between two beats of the book (PROTOCOL 7: every 60 s)",
)
CLOCK_TOLERANCE_SECONDS = env.integer(
    "CLOCK_TOLERANCE_SECONDS",
    default=60,
    about="a process whose clock is further ahead of the database's writes nothing into the book; 0: not compared",
)
UNBONDING_DELAY = env.integer(
    "UNBONDING_DELAY", default=604_800, about="between unstaking and free money (PROTOCOL 8)"
)

env.stop_if_wrong()
