"""The typed reader of environment variables."""

from pathlib import Path

import pytest

from assize.environment import Environment, database


def test_integer__not_canonical__one_line_says_which_and_why() -> None:
    env = Environment({"DEPTH": "1e3"})
    assert env.integer("DEPTH", about="blocks", default=7) == 0
    with pytest.raises(SystemExit) as stopped:
        env.stop_if_wrong()
    assert str(stopped.value) == "settings: DEPTH is wrong: '1e3' is not a whole number"


def test_integer__beyond_bounds__refused() -> None:
    env = Environment({"BEAT_SECONDS": "61"})
    env.integer("BEAT_SECONDS", about="", default=60, least=1, most=60)
    assert env.problems == ["BEAT_SECONDS is wrong: 61 is not between 1 and 60"]


def test_variable__empty__is_missing() -> None:
    env = Environment({"SECRET_KEY": " "})
    env.text("SECRET_KEY", about="signs sessions")
    assert env.problems == ["SECRET_KEY is missing: signs sessions"]


def test_variable__in_a_file__its_content_without_the_line_s_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0x" + "11" * 32 + "\n")
    env = Environment({"SERVICE_KEY_FILE": str(tmp_path / "secret")})
    assert env.key("SERVICE_KEY", about="") == "0x" + "11" * 32
    assert env.problems == []


def test_variable__given_twice_or_in_no_file__said_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    env = Environment(
        {
            "A": "offen",
            "A_FILE": str(tmp_path / "secret"),
            "B_FILE": "/no/such/file",
            "C_FILE": str(tmp_path / "binary"),
        }
    )
    assert [env.text(name, about="") for name in "ABC"] == ["offen", "", ""]
    assert env.problems == [
        "A and A_FILE are set: one of them must go",
        "B_FILE is wrong: No such file or directory: /no/such/file",
        "C_FILE is wrong: what it names is no text",
    ]


def test_process__given_a_key_in_a_file_that_it_must_not_have__stops() -> None:
    with pytest.raises(SystemExit, match="PUBLISHER_KEY is set: the web process must not have it"):
        Environment({"PUBLISHER_KEY_FILE": "/run/secrets/key"}).forbid("web process", "PUBLISHER_KEY")


def test_problems__several__all_of_them_at_once() -> None:
    env = Environment({"DEBUG": "yes", "RPC_URL": "ws://x"})
    env.flag("DEBUG", about="", default=False)
    env.url("RPC_URL", ("http", "https"), about="")
    with pytest.raises(SystemExit) as stopped:
        env.stop_if_wrong()
    assert str(stopped.value).splitlines() == [
        "settings: DEBUG is wrong: 'yes' is neither 0 nor 1",
        "settings: RPC_URL is wrong: it does not start with http:// or https://",
    ]


@pytest.mark.parametrize("key", ["0x" + "1" * 63, "1" * 64, "0x" + "0" * 64, "0x" + "g" * 64])
def test_key__wrong__refused_and_never_shown(key: str) -> None:
    env = Environment({"SERVICE_KEY": key})
    assert env.key("SERVICE_KEY", about="") == ""
    assert len(env.problems) == 1
    assert key.removeprefix("0x")[:20] not in env.problems[0]


def test_address__checksummed__stored_in_lower_case() -> None:
    env = Environment({"A": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"})
    assert env.address("A", about="") == "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def test_process__given_a_key_it_must_not_have__stops() -> None:
    env = Environment({"PUBLISHER_KEY": "0x" + "1" * 64})
    with pytest.raises(SystemExit, match="PUBLISHER_KEY is set: the web process must not have it"):
        env.forbid("web process", "PUBLISHER_KEY")


def test_process__without_a_key_it_needs__stops() -> None:
    with pytest.raises(SystemExit, match="PUBLISHER_KEY is missing: the worker cannot work without it"):
        Environment({}).require("worker", "PUBLISHER_KEY")


def test_database__host_port_password__all_read() -> None:
    read = database("postgresql://ann:p%40ss@db.example:5433/assize?sslmode=require")
    assert read == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "assize",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///assize?host=/run/a%20b",
        "postgres://@/assize?host=/run/a%20b",
        "postgresql://%2Frun%2Fa%20b/assize",
    ],
)
def test_database__unix_socket__host_is_its_folder(url: str) -> None:
    assert database(url)["HOST"] == "/run/a b"


@pytest.mark.parametrize("url", ["sqlite:///x", "postgresql://host", "mysql://h/d", "postgresql://h:x/d"])
def test_database__not_a_postgresql_database__refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"start with|names no|port"):
        database(url)


def test_signers__two_of_them__one_line_names_both() -> None:
    env = Environment({"A": "1", "C": "2"})
    env.at_most_one("A", "B", "C")
    assert env.problems == ["A and C are set: at most one of A, B, C may be"]


def test_settings_that_belong_together__one_without_the_other__is_missed() -> None:
    env = Environment({"FILE": "1"})
    env.together("FILE", "PASSWORD")
    assert env.problems == ["PASSWORD is missing: FILE is of no use without it"]


def test_process__without_any_of_what_it_needs_one_of__stops() -> None:
    with pytest.raises(SystemExit, match="A or B is missing: the worker cannot work without one of them"):
        Environment({"C": "1"}).require_one("worker", "A", "B")
    Environment({"B": "1"}).require_one("worker", "A", "B")
