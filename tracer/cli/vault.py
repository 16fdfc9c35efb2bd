"""`tracer vault`: make the vault of encrypted papers, look after its keys and its blobs."""

from typing import Annotated, Any

import typer

from tracer.cli.options import AsJson
from tracer.cli.render import (
    print_facts,
    print_json,
    print_line,
    print_note,
    print_table,
    progress,
    spell_time,
)
from tracer.cli.vault_opening import PassphraseFile, command_vault, read_passphrase, vault_places
from tracer.domain.identifiers import Gln
from tracer.errors import InputError, VerificationError
from tracer.settings import load_settings
from tracer.vault.places import create_vault
from tracer.vault.rotation import RotationReport
from tracer.vault.scrub import ORPHAN_GRACE_S, Damage, ScrubReport

app = typer.Typer(help="Keep papers encrypted: keys, rotation, scrub, grants, erasure.")

DocumentArgument = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="The document's id, 26 characters.")
]
RESTORE = "Restore the blobs from a backup: what was stored opens again."


@app.command()
def init(
    *,
    light: Annotated[
        bool,
        typer.Option(
            "--light", help="Make guessing the passphrase cheap: only for demonstrations and tests."
        ),
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the vault: a root key behind a passphrase, and tables. A second run changes nothing."""
    settings = load_settings()
    places = vault_places(settings)
    is_new = not places.key_file.exists()
    passphrase = read_passphrase(settings, passphrase_file, confirm=is_new)
    public_key = create_vault(places, passphrase, light=light)
    facts = {
        "keyFile": str(places.key_file),
        "blobs": places.blobs_url,
        "publicKey": public_key.hex(),
    }
    if as_json:
        print_json(facts)
        return
    print_facts(facts)
    if is_new:
        print_note("Keep a copy of the key file elsewhere: without it no paper can be opened.")


@app.command()
def status(*, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Show what the vault holds, its keys, and the head of its audit log, to be noted elsewhere."""
    with command_vault(passphrase_file) as vault:
        found, public_key = vault.status(), vault.public_key
    facts: dict[str, Any] = {
        "documents": found.documents,
        "plaintextBytes": found.plaintext_bytes,
        "publicKey": public_key.hex(),
        "auditNumber": found.head.number,
        "auditHash": found.head.entry_hash.hex(),
    }
    keys = [
        {
            "org": f"{key.org:013d}",
            "version": key.version,
            "documents": key.documents,
            "createdAtUnix": key.created_at_unix,
            "destroyedAtUnix": key.destroyed_at_unix,
        }
        for key in found.keys
    ]
    if as_json:
        print_json(facts | {"keys": keys})
        return
    states = [f"{count:,} {state}" for state, count in sorted(found.documents.items())]
    print_facts(facts | {"documents": states or "none"})
    rows = [
        (
            f"{key.org:013d}",
            key.version,
            f"{key.documents:,}",
            spell_time(key.created_at_unix),
            spell_time(key.destroyed_at_unix) if key.destroyed_at_unix else "",
        )
        for key in found.keys
    ]
    print_table(("party", "key", "documents", "made", "destroyed"), rows, "there are no keys")


@app.command()
def rotate(
    gln: Annotated[
        str | None,
        typer.Argument(metavar="[GLN]", help="A party. Default: every one that has a key."),
    ] = None,
    *,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Give parties a new key. Wraps are renewed, papers stay as they are; a stopped run goes on."""
    with command_vault(passphrase_file) as vault:
        orgs = [int(Gln.parse(gln).value)] if gln else vault.organisations()
        reports = []
        for org in orgs:
            with progress(f"new key for {org:013d}", quiet=as_json) as on_step:
                reports.append(vault.rotate(org, on_step))
    if as_json:
        print_json({"rotations": [_rotation_json(report) for report in reports]})
    elif not reports:
        print_line("there are no keys")
    for report in [] if as_json else reports:
        resumed = ", finishing a rotation that was stopped" if report.resumed else ""
        print_line(
            f"{report.org:013d} has key {report.version}:"
            f" {report.rewrapped:,} documents renewed{resumed}"
        )
    damaged = [doc_id for report in reports for doc_id in report.damaged]
    if damaged:
        raise VerificationError(
            f"the keys of {len(damaged)} documents do not open: {', '.join(damaged[:10])}",
            hint="Restore the vault's database from a backup; their old keys were kept.",
        )


@app.command()
def scrub(
    *,
    grace_s: Annotated[
        int,
        typer.Option(
            "--grace",
            metavar="SECONDS",
            min=0,
            help="Leave orphans that are younger: an upload may be about to name them.",
        ),
    ] = ORPHAN_GRACE_S,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Read every blob again and remove orphans. Exit code 3: something is damaged or missing."""
    with command_vault(passphrase_file) as vault, progress("blobs", quiet=as_json) as on_step:
        report = vault.scrub(on_step, grace_s=grace_s)
    if as_json:
        print_json(_scrub_json(report))
    else:
        _print_scrub(report)
    if report.audit_fault is not None:
        raise VerificationError(
            f"line {report.audit_fault} of the audit log was changed",
            hint="Somebody wrote to the vault's database. Compare it with a backup.",
        )
    if not report.is_clean:
        raise VerificationError(
            f"{len(report.damaged)} parts are damaged, {len(report.missing)} are missing",
            hint=RESTORE,
        )


@app.command()
def erase(
    document: DocumentArgument,
    *,
    sure: Annotated[
        bool, typer.Option("--yes", help="Confirm: nobody can undo this, backups aside.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Destroy a paper: its key, grants, attributes and containers. Its public view stays."""
    if not sure:
        raise InputError(
            f"document {document[:40]} would be destroyed for good",
            hint="Add --yes if that is what you want.",
        )
    with command_vault(passphrase_file) as vault:
        vault.erase(document, actor="operator")
        found = vault.find(document)
    commitment = found.commitment.hex() if found and found.commitment else None
    if as_json:
        print_json({"docId": document, "state": "ERASED", "commitment": commitment})
        return
    print_line(f"document {document} is erased")
    if commitment is not None:
        print_line(f"what was published of it stays: the public view of {commitment}")


@app.command()
def grants(
    document: DocumentArgument,
    *,
    revoke: Annotated[
        str | None,
        typer.Option(metavar="GRANT", help="Take this grant back first.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """List who else may open a paper, until when and what for; or take a grant back."""
    with command_vault(passphrase_file) as vault:
        if revoke is not None:
            vault.revoke_grant(document, revoke, actor="operator")
        found = vault.grants(document)
    if as_json:
        print_json({"grants": [grant.to_json() for grant in found]})
        return
    rows = [
        (
            grant.grant_id,
            f"{grant.grantee:013d}",
            spell_time(grant.expires_at_unix),
            spell_time(grant.revoked_at_unix) if grant.revoked_at_unix else "",
            grant.purpose,
        )
        for grant in found
    ]
    print_table(("grant", "party", "until", "revoked", "purpose"), rows, "there are no grants")


def _rotation_json(report: RotationReport) -> dict[str, Any]:
    return {
        "org": f"{report.org:013d}",
        "version": report.version,
        "rewrapped": report.rewrapped,
        "destroyed": list(report.destroyed),
        "resumed": report.resumed,
        "damaged": list(report.damaged),
    }


def _scrub_json(report: ScrubReport) -> dict[str, Any]:
    def spell(found: Damage) -> dict[str, str]:
        return {"docId": found.doc_id, "part": found.part, "reason": found.reason}

    return {
        "ok": report.is_clean,
        "parts": report.parts,
        "plaintextBytes": report.plaintext_bytes,
        "damaged": [spell(found) for found in report.damaged],
        "missing": [spell(found) for found in report.missing],
        "orphans": list(report.orphans),
        "waiting": report.waiting,
        "auditFault": report.audit_fault,
    }


def _print_scrub(report: ScrubReport) -> None:
    for found in (*report.damaged, *report.missing):
        print_line(f"{found.doc_id} ({found.part}): {found.reason}")
    print_line(
        f"{report.parts:,} parts read, {report.plaintext_bytes:,} bytes of plaintext open;"
        f" {len(report.orphans):,} orphans removed, {report.waiting:,} too young"
    )
