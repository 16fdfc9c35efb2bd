"""Everything that the shelf keeps of a batch, and how long it stays true."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tracer.domain.bundle import Bundle
from tracer.domain.evidence import SUPPLY_KINDS, Evidence, suppliers_of
from tracer.domain.kinds import Kind
from tracer.domain.status import find_best_before
from tracer.domain.times import day_unix, read_day
from tracer.store.contents import number_keys
from tracer_api.services import Services
from tracer_api.shelf.studio import NEVER_ISSUED, Studio, UnpublishableError
from tracer_api.shelf.tables import PageRow
from tracer_api.shelf.tins import TinList, pack_tins
from tracer_api.shelf.values import PLAIN

__all__ = ["Made", "UnpublishableError", "make_documents"]

NUMBER: Final = "n"  # begins a dependency on a number
DAY_S: Final = 24 * 3600
FRESH_S: Final = DAY_S  # whatever this module overlooks is put right within a day
LACKING_S: Final = 5
"""A page that lacks contents is made anew after so many seconds; they may be on their way."""

LACKING_SHARE: Final = 10
"""And later after a tenth of the time that has passed since, at most `LACKING_MAX_S`: contents
that have been missing for a week need not be looked for every five seconds."""

LACKING_MAX_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Made:
    """Everything that the shelf keeps of a batch."""

    page: PageRow
    docs: Mapping[str, bytes]
    deps: frozenset[str]
    tins: TinList | None


def _no_pulse() -> None:
    """Nobody waits."""


def make_documents(
    services: Services, bundle: Bundle, pulse: Callable[[], None] = _no_pulse
) -> Made:
    """Make everything that the shelf keeps of a batch.

    Args:
        services: of the server whose answers these are.
        bundle: of the batch, without a tin.
        pulse: called every now and then; it all takes a second.

    Raises:
        UnpublishableError: something about the batch is unusual.
    """
    now_unix, row = services.now(), bundle.batch
    if not PLAIN.fullmatch(row.lot):
        raise UnpublishableError("its lot has characters that addresses escape")
    tins = _pack_list(services, bundle)
    studio = Studio(services, bundle, now_unix, tins, pulse)
    docs = dict(studio.documents())
    until = fresh_until(bundle, now_unix, is_whole=studio.is_sound and not bundle.warnings)
    blocks = [(row.block_number, row.block_hash)]
    blocks += [(append.block_number, append.block_hash) for append in bundle.appends]
    last = max(blocks, key=lambda block: block[0])
    page = PageRow(row.gtin, row.lot, row.batch_id, row.head, *last, now_unix, until)
    return Made(page, docs, frozenset(dependencies(bundle)), tins)


def fresh_until(bundle: Bundle, now_unix: int, *, is_whole: bool) -> int:
    """The first second at which a page is not true any more by itself.

    That is the end of its best-before day, as the verdict has it; a page that lacks contents, or
    has damaged ones, is made anew soon, and every page once a day.
    """
    until = now_unix + FRESH_S
    day = read_day(find_best_before(Evidence(bundle)))
    if day is not None and day_unix(day) + DAY_S > now_unix:
        until = min(until, day_unix(day) + DAY_S)
    if not is_whole:
        newest = max((row.recorded_at_unix for row in bundle.appends), default=0)
        pause = min((now_unix - newest) // LACKING_SHARE, LACKING_MAX_S)
        until = min(until, now_unix + max(LACKING_S, pause))
    return until


def dependencies(bundle: Bundle) -> Iterator[str]:
    """What else than the batch's own logs its page depends on.

    Parties, those included that a receipt names and the ledger does not know yet; and numbers of
    papers, which a paper of another batch may use as well.
    """
    yield from map(party_dep, {*bundle.parties, *Evidence(bundle).parties})
    for record in bundle.records:
        text = bundle.contents.get(record.digest)
        if record.kind in SUPPLY_KINDS and text:
            with suppress(ValueError, RecursionError):
                body = json.loads(text)
                yield from map(
                    party_dep, suppliers_of(record, body) if isinstance(body, dict) else ()
                )
    for view in bundle.documents.values():
        yield from map(number_dep, number_keys(view))


def party_dep(gln: int) -> str:
    """A party as a dependency."""
    return f"p{gln}"


def number_dep(key: bytes) -> str:
    """A number of papers as a dependency."""
    return f"{NUMBER}{key.hex()}"


def _pack_list(services: Services, bundle: Bundle) -> TinList | None:
    """The batch's serial list; None when it has issued none."""
    roots = [row.digest for row in bundle.records if row.kind == Kind.SERIALS]
    if not roots:
        return None
    if len(roots) > 1:
        raise UnpublishableError("it has more than one serial list")
    serials = services.contents.get_serials(roots[0]) or []
    if not serials:
        raise UnpublishableError("its serial list is not at hand")
    if not all(map(PLAIN.fullmatch, serials)) or not {*NEVER_ISSUED}.isdisjoint(serials):
        raise UnpublishableError("a serial has characters that addresses escape")
    try:
        tins = pack_tins(serials)
    except ValueError as error:
        raise UnpublishableError(str(error)) from error
    if tins.root != roots[0]:
        raise UnpublishableError("its serial list is damaged")
    return tins
