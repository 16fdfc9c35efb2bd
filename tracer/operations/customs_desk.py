"""Fetch a paper that a broker granted from the desk that keeps it, and open it here."""

from typing import Final
from urllib.parse import urlencode

from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.json_form import Form
from tracer.errors import InputError, NotFoundError, TransientError
from tracer.operations.customs_claims import Claim, spell_digest
from tracer.operations.customs_grant import MAX_CONTAINER_BYTES, SealedKey, open_granted
from tracer.operations.desk_client import DeskClient
from tracer.vault.rows import check_doc_id

MAX_PAPERS: Final = 10_000  # of one batch at one desk


def fetch_paper(client: DeskClient, claim: Claim, private_key: bytes) -> bytes:
    """The full view of a claimed paper.

    The desk decides whether this party may have it; it cannot give another paper unnoticed,
    because the view has to hash to the claim.

    Args:
        client: signs requests with the customs party's key.
        claim: whose paper is wanted.
        private_key: customs' X25519 key, 32 bytes.

    Raises:
        NotFoundError: the desk has no such paper for this party, or its grant has ended.
        VerificationError: the container is not what its owner stored, or sealed for another key.
        TransientError: the desk does not answer usably.
    """
    doc_id = _find(client, claim)
    target = f"/v1/documents/{doc_id}/container/view"
    sealed = SealedKey.parse(client.send("GET", f"{target}/key").text)
    if sealed.name.doc_id != doc_id or sealed.name.part != "view":
        raise TransientError(
            f"the desk sends the key of another paper than {doc_id}", hint="Is it a desk?"
        )
    container = client.send("GET", target).content
    return open_granted(container[: MAX_CONTAINER_BYTES + 1], sealed, private_key)


def _find(client: DeskClient, claim: Claim) -> str:
    """The id of the paper that was stated with the claim's commitment."""
    names = {"gtin": Gtin.parse(claim.gtin).value, "lot": Lot.parse(claim.lot).value}
    listed = client.ask("GET", f"/v1/documents?{urlencode(names)}")
    try:
        papers = Form(listed.get("documents"), "documents").array(MAX_PAPERS)
        found = [it.value for it in papers if isinstance(it.value, dict)]
        ids = [it.get("id") for it in found if it.get("commitment") == claim.commitment.hex()]
        if ids:
            return check_doc_id(str(ids[0]))
    except InputError as error:
        raise TransientError(f"the desk's answer is no list of papers: {error}") from error
    raise NotFoundError(
        f"the desk shows no paper with the commitment {spell_digest(claim.commitment)}",
        hint="Ask the broker to grant it to the key that tracer customs key list shows.",
    )
