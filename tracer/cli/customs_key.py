"""`tracer customs key`: the key that opens granted papers, and keys of the customs system."""

import time
from typing import Annotated, Any

import typer

from tracer.cli.context import password_reader
from tracer.cli.options import AsJson, Light, PasswordFile
from tracer.cli.parsing import parse_time
from tracer.cli.render import print_facts, print_json, print_line, print_table, spell_time
from tracer.domain.customs_belief import PinnedKey
from tracer.errors import KeyUnavailableError
from tracer.operations.customs_keys import MAX_UNIX, CustomsKeys, read_public_key
from tracer.settings import load_settings

app = typer.Typer(help="Make the key that opens papers; pin keys of the customs system.")

PublicKeyArgument = Annotated[
    str, typer.Argument(metavar="PUBLIC_KEY", help="Ed25519, 64 hexadecimal digits.")
]


@app.command("new")
def new_key(
    *,
    light: Light = False,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the key (X25519) to which brokers grant papers; a password opens its file."""
    settings = load_settings()
    password = password_reader(password_file or settings.key_password_file, confirm=True)
    keys = CustomsKeys(settings.home / "customs")
    public = keys.create_opening_key(password(), light=light)
    facts = {"publicKey": public.hex(), "file": str(keys.opening_file)}
    if as_json:
        print_json(facts)
        return
    print_facts(facts)
    print_line("give the public key to brokers; keep a copy of the file and its password")


@app.command("list")
def list_keys(*, as_json: AsJson = False) -> None:
    """Show the opening key's public half and the pinned keys of the customs system."""
    keys = CustomsKeys(load_settings().home / "customs")
    try:
        opening: str | None = keys.opening_public_key().hex()
    except KeyUnavailableError:
        opening = None
    pinned = list(keys.pinned().values())
    if as_json:
        print_json({"openingKey": opening, "pinned": [_key_json(key) for key in pinned]})
        return
    print_line(f"opening key: {opening or 'none; tracer customs key new makes one'}")
    rows = [
        (key.key_id, key.name, spell_time(key.valid_from_unix), spell_time(key.valid_until_unix))
        for key in pinned
    ]
    empty = "no key of a customs system is pinned; no statement will be believed"
    print_table(("key id", "name", "valid from", "valid until"), rows, empty)


@app.command()
def pin(
    public_key: PublicKeyArgument,
    *,
    name: Annotated[str, typer.Option(help="Whose key it is.")],
    valid_from: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="First moment it may state. Default: always."),
    ] = None,
    valid_until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Last moment it may state. Default: for ever."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Believe what this key of the customs system states. Compare it by telephone first."""
    key = PinnedKey(
        read_public_key(public_key),
        name,
        parse_time(valid_from) if valid_from else 0,
        parse_time(valid_until) if valid_until else MAX_UNIX,
    )
    CustomsKeys(load_settings().home / "customs").pin(key)
    if as_json:
        print_json(_key_json(key))
    else:
        print_line(f"statements of {key.name}'s key {key.key_id} are believed from now on")


@app.command()
def unpin(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As tracer customs key list.")],
    *,
    keep_earlier: Annotated[
        bool, typer.Option("--keep-earlier", help="Still believe what it stated before now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Believe a key no more: it was replaced, or somebody else has it."""
    until_unix = int(time.time()) if keep_earlier else None
    key = CustomsKeys(load_settings().home / "customs").unpin(key_id, until_unix)
    if as_json:
        print_json({**_key_json(key), "keptUntil": until_unix})
    else:
        print_line(f"statements of {key.name}'s key {key.key_id} are believed no more")


def _key_json(key: PinnedKey) -> dict[str, Any]:
    return {
        "keyId": key.key_id,
        "publicKey": key.public_key.hex(),
        "name": key.name,
        "validFrom": key.valid_from_unix,
        "validUntil": key.valid_until_unix,
    }
