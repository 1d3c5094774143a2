"""deploy/ says what the code says: settings, keys, commands, ports, versions."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from assize.environment import REQUIRED
from assize.timetable import PUBLISH, QUEUES
from dev import accounts, anvil
from reporter import commands as reporter_commands

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNITS = {path.name: path.read_text() for path in sorted((DEPLOY / "systemd").glob("*.service"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VARIABLES = {variable.name: variable for variable in settings.ENVIRONMENT.variables}
REQUIRED_NAMES = {name for name, variable in VARIABLES.items() if variable.default is REQUIRED}
# Where several of them may be given, or a file that deploy_contracts writes gives it.
ADDRESSES = {"ORACLE_ADDRESS", "FACTORY_ADDRESS"}

OURS = [name for name, service in SERVICES.items() if service["image"].startswith("assize:")]
DJANGO = [name for name in OURS if not name.startswith("attestor-")]


def setting(name: str) -> str:
    """The variable that an environment's name stands for: itself, or what its file holds."""
    return name if name in VARIABLES else name.removesuffix("_FILE")


def given(service: dict[str, Any]) -> set[str]:
    return {setting(name) for name in service.get("environment", {})}


def secrets_of(service: dict[str, Any]) -> set[str]:
    return {each if isinstance(each, str) else each["source"] for each in service.get("secrets", [])}


def words(service: dict[str, Any]) -> list[str]:
    return [str(word) for part in ("entrypoint", "command") for word in service.get(part, [])]


def unit_lines(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.+)$", unit.replace("\\\n", " "), re.MULTILINE)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("name", DJANGO)
def test_compose__every_variable__is_a_setting_and_none_that_is_required_is_missing(name: str) -> None:
    assert given(SERVICES[name]) <= set(VARIABLES)
    assert given(SERVICES[name]) >= REQUIRED_NAMES - ADDRESSES


@pytest.mark.parametrize("name", [name for name in UNITS if "attestor" not in name])
def test_unit__every_variable__is_a_setting_and_none_that_is_required_is_missing(name: str) -> None:
    named = {setting(line.partition("=")[0]) for line in unit_lines(UNITS[name], "Environment")}
    example = set(re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "systemd" / "assize.env.example").read_text(), re.MULTILINE))
    assert named | example <= set(VARIABLES)
    assert named | example >= REQUIRED_NAMES - ADDRESSES


def test_env_example__every_variable_of_compose__is_explained_and_no_other() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    example = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE))
    assert used == example


def test_env_example__people_to_try_it_with__are_those_of_the_development_chain() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE))
    assert example["GUARDIANS"] == accounts.addresses(accounts.GUARDIANS)
    assert example["TREASURY_ADDRESS"] == accounts.address(accounts.TREASURY)
    assert int(example["CHAIN_ID"]) == anvil.CHAIN_ID


# ---------------------------------------------------------------- keys

SIGNS_FOR_THE_SERVICE = {"web", "worker", "indexer", "manage"}
PAYS = {"publisher", "contracts"}
OWNS_TABLES = {"migrate", "backup"}


def test_compose__each_key__is_with_the_processes_that_sign_with_it_and_no_other() -> None:
    holders: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for secret in secrets_of(service):
            holders.setdefault(secret, set()).add(name)
    assert holders["service_key"] == SIGNS_FOR_THE_SERVICE
    assert holders["publisher_keystore"] == holders["publisher_password"] == PAYS
    assert holders["database_owner_url"] == OWNS_TABLES
    assert holders["database_url"] == set(DJANGO) - OWNS_TABLES
    for number in (1, 2, 3):
        assert holders[f"attestor_{number}_key"] == {f"attestor-{number}"}
        assert secrets_of(SERVICES[f"attestor-{number}"]) == {f"attestor_{number}_key"}
    assert set(holders) == set(COMPOSE["secrets"])


def test_compose__no_secret__stands_in_an_environment() -> None:
    secret = {"SECRET_KEY", "SERVICE_KEY", "DATABASE_URL", "PUBLISHER_KEY", "PUBLISHER_KEYSTORE_PASSWORD"}
    for service in SERVICES.values():
        assert not secret & set(service.get("environment", {}))


def test_units__each_key__is_with_the_processes_that_sign_with_it_and_no_other() -> None:
    def with_(what: str) -> set[str]:
        return {name.removeprefix("assize-").removesuffix(".service") for name, text in UNITS.items() if what in text}

    assert with_("SERVICE_KEY_FILE") == SIGNS_FOR_THE_SERVICE - {"manage"}
    assert with_("PUBLISHER_KEYSTORE=") == with_("User=assize-publisher\n") == {"publisher"}
    assert with_("database_owner_url") == OWNS_TABLES


def test_new_secrets__every_file__is_a_secret_of_compose() -> None:
    text = (DEPLOY / "new_secrets.py").read_text()
    made = set(re.findall(r'^        "(\w+)":', text, re.MULTILINE)) | {f"attestor_{n}_key" for n in (1, 2, 3)}
    assert made == set(COMPOSE["secrets"])


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize("name", OURS)
def test_compose__every_command__is_one_of_ours(name: str) -> None:
    assert_known(words(SERVICES[name]))


@pytest.mark.parametrize("name", UNITS)
def test_unit__every_command__is_one_of_ours(name: str) -> None:
    for line in unit_lines(UNITS[name], "ExecStart"):
        program, *rest = line.split()
        assert program.startswith("/opt/assize/.venv/bin/")
        assert_known([program.rsplit("/", 1)[1], *rest])


def assert_known(command: list[str]) -> None:
    match [word.removesuffix("3") if word.startswith("python") else word for word in command]:
        case ["python", "manage.py"] | []:
            pass  # by hand, or what the image does by itself
        case ["python", "manage.py", name, *_]:
            assert name in get_commands()
        case ["python", "-m", "reporter", name, *options]:
            parsed = [word for word in options if word.startswith("--")]
            known = reporter_commands.parser().parse_args(
                [name, *(f"{word.partition('=')[0]}={_sample(word)}" for word in parsed)]
            )
            assert known.command == "attest"
        case ["gunicorn", module, *_]:
            assert import_module(module)
        case ["celery", "-A", module, "worker", "-Q", queue, *_]:
            assert import_module(module).__name__ == "assize"
            assert queue in QUEUES
        case ["celery", "-A", "assize", "beat", "--schedule", *_]:
            pass
        case other:
            pytest.fail(f"unknown: {other}")


def _sample(word: str) -> str:
    return "1" if word.partition("=")[0] in ("--depth", "--port") else "x"


@pytest.mark.parametrize("commands", ["compose", "systemd"])
def test_queues__every_one__has_a_process_and_publish_is_where_the_key_is(commands: str) -> None:
    lines = (
        {name: " ".join(words(service)) for name, service in SERVICES.items()}
        if commands == "compose"
        else {name[7:-8]: " ".join(unit_lines(text, "ExecStart")) for name, text in UNITS.items()}
    )
    taken = {queue[1]: name for name, line in lines.items() if (queue := re.search(r"-Q (\w+)", line))}
    assert taken == {"book": "worker", "chain": "indexer", PUBLISH: "publisher"}
    assert set(taken) == set(QUEUES)


def test_image__its_own_command__is_that_of_the_web_unit() -> None:
    image = re.findall(r'"([^"]+)"', DOCKERFILE[DOCKERFILE.index("\nCMD [") :])
    (unit,) = unit_lines(UNITS["assize-web.service"], "ExecStart")
    assert [word for word in image if "8000" not in word] == [
        word.removeprefix("/opt/assize/.venv/bin/") for word in unit.split() if "8000" not in word
    ]


# ---------------------------------------------------------------- ports, health


def test_ports__compose_image_and_health_checks__agree() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}, "only web can be reached"
    assert re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[1] == "8000"  # type: ignore[index]
    assert '"0.0.0.0:8000"' in DOCKERFILE
    (path,) = re.findall(r"urlopen\('http://localhost:8000(/[a-z/]+)'", DOCKERFILE)
    assert resolve(path)
    assert re.match(settings.SECURE_REDIRECT_EXEMPT[0], path.lstrip("/")), "it is asked without TLS"
    for number in (1, 2, 3):
        service = SERVICES[f"attestor-{number}"]
        assert "--port=9100" in service["command"]
        assert "http://127.0.0.1:9100/healthz" in service["healthcheck"]["test"][-1]


# ---------------------------------------------------------------- what a process may do


@pytest.mark.parametrize("name", SERVICES)
def test_container__whatever_it_is__is_no_root_and_can_write_nothing_but_what_is_named(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "/tmp" in service["tmpfs"]


def test_networks__database_and_broker__are_out_of_everybody_else_s_reach() -> None:
    on = {name: set(service["networks"]) for name, service in SERVICES.items()}
    assert COMPOSE["networks"]["data"] == COMPOSE["networks"]["public"] == {"internal": True}
    assert on["postgres"] == on["redis"] == {"data"}
    assert not {name for name in on if name.startswith("attestor-") and "data" in on[name]}
    assert {name for name in on if "edge" in on[name]} == {"web", "worker"}


@pytest.mark.parametrize("name", UNITS)
def test_unit__whatever_it_is__is_no_root(name: str) -> None:
    (user,) = unit_lines(UNITS[name], "User")
    assert user.startswith("assize")
    hardening = (DEPLOY / "systemd" / "assize-.service.d" / "hardening.conf").read_text()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "PrivateDevices=yes"):
        assert f"\n{line}\n" in hardening


def test_image__it__is_no_root_and_its_user_is_a_number() -> None:
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


# ---------------------------------------------------------------- versions, what is in the image


def test_versions__every_image__is_pinned() -> None:
    images = {service["image"] for service in SERVICES.values()}
    images |= set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    for image in images:
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", image), image
    assert f"ghcr.io/foundry-rs/foundry:v{anvil.VERSION}" in images
    assert f"assize:{PROJECT['project']['version']}" in images


def test_versions__dump_and_server__are_of_one_major_version() -> None:
    server = re.search(r"postgres:(\d+)", SERVICES["postgres"]["image"])
    assert server
    assert f"postgresql-client-{server[1]}" in DOCKERFILE


def test_image__what_is_copied__is_every_package_but_those_of_development() -> None:
    packages = set(PROJECT["tool"]["importlinter"]["root_packages"]) - {"dev"}
    let_in = set(re.findall(r"^!([\w./-]+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert let_in == packages | {"manage.py", "deploy/requirements.txt"}


def pins(file: Path) -> dict[str, str]:
    """Every package with its version, condition and hashes."""
    text = re.sub(r"\\\n\s+|^\s*#.*\n", "", file.read_text(), flags=re.MULTILINE)
    found = (line.partition("==") for line in text.splitlines() if "==" in line)
    return {name: " ".join(rest.split()) for name, _, rest in found}


def test_requirements__of_the_image__are_those_that_were_tested_and_nothing_of_tests() -> None:
    whole, image = pins(ROOT / "requirements.txt"), pins(DEPLOY / "requirements.txt")
    upper, lower = (ROOT / "requirements.in").read_text().split("# -- what builds and tests --")
    named = {
        part: {re.split(r"[\[=><;]", line)[0].strip().lower() for line in text.splitlines() if line and line[0] != "#"}
        for part, text in (("runs", upper), ("tests", lower))
    }
    hashes = {name: re.findall(r"--hash=\S+", rest) for name, rest in whole.items()}
    assert {name: re.findall(r"--hash=\S+", rest) for name, rest in image.items()} == {
        name: hashes[name] for name in image
    }
    assert {name: rest.split()[0] for name, rest in image.items()} == {name: whole[name].split()[0] for name in image}
    bare = {re.sub(r"\[.*\]", "", name) for name in image}
    assert named["runs"] <= bare, "make requirements"
    assert not named["tests"] & bare
