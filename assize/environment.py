"""A small typed reader of environment variables.

Each getter returns a value of its type and notes what was asked for, so that the manual is generated from the code;
wrong values are collected, and `stop_if_wrong` ends the process with one plain line for each.

Any variable may lie in a file: NAME_FILE names it. So a secret need not stand in an environment, which others can
read and crash reports carry along.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

T = TypeVar("T")


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()

LEAST_SECRET = 6
"""Characters. A shorter word would be cut out of half of all log lines."""
LEAST_API_KEY = 16
"""Characters of a part of an address's path from which on it may be a key."""


@dataclass(frozen=True)
class Variable:
    """One variable as the manual shows it."""

    name: str
    kind: str
    default: object
    about: str


class Environment:
    """Reads variables out of `source`; collects problems instead of raising."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source
        self.variables: list[Variable] = []
        self.problems: list[str] = []
        self.secrets: set[str] = set()
        """What no log may show (assize/log_secrets.py): keys, passwords, tokens, those within addresses too."""

    def read(self, name: str, kind: str, parse: Callable[[str], T], default: T, blank: T, about: str) -> T:
        """The parsed value; the default where the variable is absent or empty; `blank` after a problem."""
        self.variables.append(Variable(name, kind, default, about))
        try:
            raw = self._raw(name)
        except OSError as problem:
            self.problems.append(f"{name}_FILE is wrong: {problem.strerror}: {self._source[f'{name}_FILE']}")
            return blank
        except UnicodeDecodeError:
            self.problems.append(f"{name}_FILE is wrong: what it names is no text")
            return blank
        if not raw:
            if default is not REQUIRED:
                return default
            self.problems.append(f"{name} is missing: {about}")
            return blank
        try:
            return parse(raw)
        except ValueError as problem:
            self.problems.append(f"{name} is wrong: {problem}")
            return blank

    def _raw(self, name: str) -> str:
        """The variable as it was given, or the content of the file that its twin names; empty where neither is set."""
        raw = self._source.get(name, "").strip()
        file = self._source.get(f"{name}_FILE", "").strip()
        if raw and file:
            self.problems.append(f"{name} and {name}_FILE are set: one of them must go")
        return raw or (Path(file).read_text(encoding="utf-8").strip() if file else "")

    def text(
        self, name: str, *, about: str, default: str = REQUIRED, least: int = 0, secret: bool = False
    ) -> str:
        """Any text of at least `least` characters."""

        def parse(raw: str) -> str:
            if len(raw) < least:
                raise ValueError(f"it wants at least {least} characters, it has {len(raw)}")
            return raw

        value = self.read(name, "text", parse, default, "", about)
        if secret:
            self._hide(value)
        return value

    def integer(
        self, name: str, *, about: str, default: int = REQUIRED, least: int = 0, most: int | None = None
    ) -> int:
        """A plain decimal integer within [least, most]."""

        def parse(raw: str) -> int:
            if not re.fullmatch(r"[0-9]{1,78}", raw):
                raise ValueError(f"{raw!r} is not a whole number")
            value = int(raw)
            if value < least or (most is not None and value > most):
                raise ValueError(f"{value} is not between {least} and {'any' if most is None else most}")
            return value

        return self.read(name, "integer", parse, default, least, about)

    def flag(self, name: str, *, about: str, default: bool) -> bool:
        """0 or 1."""

        def parse(raw: str) -> bool:
            if raw not in ("0", "1"):
                raise ValueError(f"{raw!r} is neither 0 nor 1")
            return raw == "1"

        return self.read(name, "0 or 1", parse, default, default, about)

    def choice(self, name: str, options: Iterable[str], *, about: str, default: str) -> str:
        """One of the options."""
        allowed = list(options)

        def parse(raw: str) -> str:
            if raw not in allowed:
                raise ValueError(f"{raw!r} is none of {', '.join(allowed)}")
            return raw

        return self.read(name, "one of " + ", ".join(allowed), parse, default, default, about)

    def words(self, name: str, *, about: str, default: list[str] = REQUIRED) -> list[str]:
        """Words between commas."""
        value = self.read(
            name, "list", lambda raw: [w.strip() for w in raw.split(",") if w.strip()], default, [], about
        )
        self._hide(*(secret for word in value if "://" in word for secret in _secrets_in(word)))
        return value

    def url(self, name: str, schemes: Iterable[str], *, about: str, default: str = REQUIRED) -> str:
        """An address with one of the schemes."""
        allowed = list(schemes)

        def parse(raw: str) -> str:
            if urlsplit(raw).scheme not in allowed:
                raise ValueError(f"it does not start with {' or '.join(s + '://' for s in allowed)}")
            return raw

        value = self.read(name, "url", parse, default, "", about)
        self._hide(*_secrets_in(value))
        return value

    def origin(self, name: str, *, about: str, default: str = REQUIRED) -> str:
        """Scheme, host and perhaps a port, and nothing else: https://assize.example"""

        def parse(raw: str) -> str:
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", raw):
                raise ValueError(f"{raw!r} is not https:// and a host in lower case, without path or slash at its end")
            return raw

        return self.read(name, "origin", parse, default, "", about)

    def address(self, name: str, *, about: str, default: str = REQUIRED) -> str:
        """An account's address, stored in lower case."""
        return self.read(name, "address", _hexadecimal(20), default, "", about)

    def key(self, name: str, *, about: str, default: str = REQUIRED) -> str:
        """A private key: 32 bytes in hex. It is never shown in a problem."""
        value = self.read(name, "private key", _hexadecimal(32, secret=True), default, "", about)
        self._hide(value.removeprefix("0x"))
        return value

    def path(self, name: str, *, about: str, default: Path | None = None) -> Path | None:
        """A file, which need not exist."""
        return self.read(name, "path", Path, default, None, about)

    def database(self, name: str, *, about: str) -> dict[str, Any]:
        """A PostgreSQL address as Django's DATABASES wants it."""
        value: dict[str, Any] = self.read(name, "url", database, REQUIRED, {}, about)
        self._hide(value.get("PASSWORD", ""), value.get("OPTIONS", {}).get("password", ""))
        return value

    def email(self, name: str, *, about: str, default: dict[str, Any]) -> dict[str, Any]:
        """A mail server as its parts: host, port, user, password, tls."""
        value = self.read(name, "url", email, default, {}, about)
        self._hide(value.get("password", ""))
        return value

    def require(self, process: str, *names: str) -> None:
        """Stop this process unless all of the named variables were given."""
        for name in names:
            if not self._given(name):
                self.problems.append(f"{name} is missing: the {process} cannot work without it")
        self.stop_if_wrong()

    def require_one(self, process: str, *names: str) -> None:
        """Stop this process unless one of the named variables was given."""
        if not self._given(*names):
            self.problems.append(f"{' or '.join(names)} is missing: the {process} cannot work without one of them")
        self.stop_if_wrong()

    def at_most_one(self, *names: str) -> None:
        """Note a problem where several of the named variables were given."""
        if len(given := self._given(*names)) > 1:
            self.problems.append(f"{' and '.join(given)} are set: at most one of {', '.join(names)} may be")

    def together(self, *names: str) -> None:
        """Note a problem where some of the named variables were given, but not all."""
        given = self._given(*names)
        for missing in [name for name in names if given and name not in given]:
            self.problems.append(f"{missing} is missing: {given[0]} is of no use without it")

    def _hide(self, *values: str) -> None:
        self.secrets.update(value for value in values if len(value) >= LEAST_SECRET)

    def _given(self, *names: str) -> list[str]:
        return [name for name in names if any(self._source.get(each, "").strip() for each in (name, f"{name}_FILE"))]

    def forbid(self, process: str, *names: str) -> None:
        """Stop this process if it was given what it must not know."""
        for name in self._given(*names):
            self.problems.append(f"{name} is set: the {process} must not have it")
        self.stop_if_wrong()

    def stop_if_wrong(self) -> None:
        """End the process with one line per problem and exit code 1, if there is any."""
        if self.problems:
            self._stop()

    def _stop(self) -> NoReturn:
        raise SystemExit("\n".join(f"settings: {problem}" for problem in self.problems))


def _hexadecimal(size: int, *, secret: bool = False) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if not re.fullmatch(rf"0x[0-9a-fA-F]{{{2 * size}}}", raw):
            shown = "it" if secret or len(raw) >= 64 else repr(raw)  # a key in the place of an address
            raise ValueError(f"{shown} is not 0x and {2 * size} hex digits")
        if secret and int(raw, 16) == 0:
            raise ValueError("a private key is not zero")
        return raw.lower()

    return parse


def _secrets_in(url: str) -> list[str]:
    """The password of an address, and whatever in its path or query may be a provider's key."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    words = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    keys = [word for word in words if len(word) >= LEAST_API_KEY]
    return [*keys, parts.password or "", unquote(parts.password or "")]


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:  # its words would show what stands there: half of a password with a slash in it
        raise ValueError("its port is no number; is a / or @ of the password written as %2F or %40?") from None


def email(url: str) -> dict[str, Any]:
    """smtp://user:password@host:port?tls=starttls, or smtps:// for TLS from the start. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("it is not smtp:// or smtps:// and a host")
    tls = dict(parse_qsl(parts.query)).get("tls", "none") if parts.scheme == "smtp" else "tls"
    if tls not in ("none", "starttls", "tls"):
        raise ValueError("tls must be none, starttls or tls")
    return {
        "host": parts.hostname,
        "port": _port(parts) or {"tls": 465, "starttls": 587, "none": 25}[tls],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": tls,
    }


def database(url: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name, or with ?host=/folder for a unix socket, for Django.

    Other query parameters go to libpq as they are (sslmode=require). Raises ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("it does not start with postgresql:// (no other database will do)")
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ValueError("it names no database")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    port = options.pop("port", None) or str(_port(parts) or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
    }
