"""Open a granted declaration, check that it is the one that was claimed, and compare it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracer.domain.checks import CheckStatus
from tracer.domain.cross_checks import CrossCheck, cross_check
from tracer.domain.customs_comparison import (
    ComparedField,
    compare_fields,
    list_fields,
    with_paper,
)
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import DigitalLink, Gtin, Lot
from tracer.errors import (
    DatabaseUnavailableError,
    NotFoundError,
    VerificationError,
)
from tracer.operations.customs_claims import MAX_VIEW_BYTES, Claim, is_declaration, read_view
from tracer.operations.customs_grant import (
    MAX_CONTAINER_BYTES,
    open_granted,
    read_bounded,
    read_grant,
)
from tracer.operations.private_files import private_folder, write_private
from tracer.operations.station import Station
from tracer.operations.verify_batch import Verification, load_mirrored, verify_source


@dataclass(frozen=True)
class Reading:
    """A declaration beside what others say of its batch.

    Attributes:
        claim: the broker's, with the paper as far as it is open.
        hidden: fields that are not open here.
        fields: the open ones, compared; without a mirror nobody else is heard.
        checks: C1 to C12 over all papers and events, with this one as far as it is open.
        verification: whether what it was compared with is genuine; None without a mirror.
        missing: why it could not be compared; "" when it was.
    """

    claim: Claim
    hidden: int
    fields: Sequence[ComparedField]
    checks: Sequence[CrossCheck]
    verification: Verification | None
    missing: str

    @property
    def status(self) -> CheckStatus:
        """Of what it was compared with; ERROR when it could not be compared."""
        return CheckStatus.ERROR if self.verification is None else self.verification.status


def read_paper(path: Path) -> bytes:
    """A full view that somebody handed over as a file; see `read_bounded` for the errors."""
    return read_bounded(path, MAX_VIEW_BYTES)


def read_granted(container: Path, grant: Path, private_key: bytes) -> bytes:
    """A full view from an encrypted container and a grant, both files.

    Raises:
        TracerError: see `read_grant`, `read_bounded` and `open_granted`.
    """
    sealed = read_grant(grant)
    return open_granted(read_bounded(container, MAX_CONTAINER_BYTES), sealed, private_key)


def keep_paper(station: Station, claims: Sequence[Claim], data: bytes) -> Claim:
    """Find the claim that a paper hashes to, and keep the paper in private.

    Args:
        station: the ledger.
        claims: of one batch.
        data: text of the view.

    Returns:
        The claim; ask for it again to have it with its paper.

    Raises:
        VerificationError: no broker claimed this paper for this batch.
    """
    for claim in claims:
        view = read_view(station, claim.batch_id, claim.commitment, data)
        if view is not None and is_declaration(view):
            folder = private_folder(station.home, claim.batch_id)
            write_private(folder / f"{claim.commitment.hex()}.json", data)
            return claim
    raise VerificationError(
        "the paper hashes to no claim of this batch: it is changed, cut, or another paper",
        hint="Do not confirm. Ask the broker for the paper that was claimed.",
    )


def compare_claim(station: Station, claim: Claim, database_url: str) -> Reading:
    """A claim's paper beside everything that the mirror has of its batch.

    Args:
        station: the ledger; its node says whether the mirror's word counts.
        claim: with its paper.
        database_url: SQLAlchemy URL of the mirror.

    Raises:
        VerificationError: the paper is not at hand.
    """
    if claim.paper is None:
        raise VerificationError(
            "the paper is not at hand", hint="Name it: --paper FILE, or --desk URL."
        )
    options = station.base.options
    link = DigitalLink(Gtin.parse(claim.gtin), Lot.parse(claim.lot))
    try:
        source = load_mirrored(database_url, station.contents.folder, link)
    except (NotFoundError, DatabaseUnavailableError) as error:
        fields = list_fields(claim.paper)
        return Reading(claim, claim.paper.hidden, fields, (), None, str(error))
    verification = verify_source(
        source,
        rpc_url=options.rpc_url,
        contract=station.ledger.contract,
        finality=options.finality,
    )
    evidence = with_paper(Evidence(source.bundle), claim.commitment, claim.paper)
    fields = compare_fields(evidence, claim.commitment)
    if not fields:
        fields, missing = list_fields(claim.paper), "the mirror has not read the claim yet"
        return Reading(claim, claim.paper.hidden, fields, (), verification, missing)
    checks = cross_check(evidence)
    return Reading(claim, claim.paper.hidden, fields, checks, verification, "")
