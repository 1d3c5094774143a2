"""Makes every key and password of a new installation, each in a file of its own that only user 10001 may read.

    docker run --rm -i --user 0 -v "$PWD/secrets:/secrets" assize:0.1.0 python3 - /secrets < new_secrets.py

It prints the addresses that go into .env, and no secret. It replaces nothing: a folder that has a file is refused.
"""

import json
import os
import secrets
import sys
from pathlib import Path

from eth_account import Account

UID = 10001
ATTESTORS = 3
DATABASE = "postgresql://{user}:{password}@{host}/assize"


def make(folder: Path, host: str) -> dict[str, str]:
    """Write all files; the lines for .env. `host` is where PostgreSQL listens."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty: nothing was made")
    passwords = {name: secrets.token_hex(24) for name in ("superuser", "owner", "app", "publisher")}
    publisher, attestors = Account.create(), [Account.create() for _ in range(ATTESTORS)]
    files = {
        "secret_key": secrets.token_urlsafe(64),
        "service_key": key(Account.create()),
        "publisher_keystore": json.dumps(Account.encrypt(publisher.key, passwords["publisher"])),
        "publisher_password": passwords["publisher"],
        "postgres_password": passwords["superuser"],
        "database_owner_password": passwords["owner"],
        "database_app_password": passwords["app"],
        "database_owner_url": DATABASE.format(user="assize_owner", password=passwords["owner"], host=host),
        "database_url": DATABASE.format(user="assize_login", password=passwords["app"], host=host),
        **{f"attestor_{number}_key": key(each) for number, each in enumerate(attestors, start=1)},
    }
    for name, content in files.items():
        write(folder / name, content)
    if os.geteuid() == 0:
        os.chown(folder, UID, UID)
    return {"ATTESTORS": ",".join(each.address.lower() for each in attestors), "PUBLISHER": publisher.address.lower()}


def key(account: Account) -> str:
    """32 bytes in hex."""
    return f"0x{bytes(account.key).hex()}"


def write(file: Path, content: str) -> None:
    """A new file of mode 600: readable by nobody else from its first byte on."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(content + "\n")
    if os.geteuid() == 0:
        os.chown(file, UID, UID)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: new_secrets.py FOLDER [HOST OF POSTGRESQL]")
    made = make(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "postgres")
    print("\n".join(f"{name}={value}" for name, value in made.items()))
