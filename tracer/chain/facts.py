"""What a node says about one batch: the other half of every verification.

The node is the verifier's own choice. Nothing here compares; `tracer.domain.verify` does. Usually
one request is enough. A node that grows a block meanwhile, or refuses part of the request, is asked
again in smaller steps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tracer.chain.blocks import (
    Where,
    build_block_call,
    build_logs_filter,
    build_view_call,
    read_block,
    read_view,
)
from tracer.chain.decode import LedgerLog, RawLog, event_topic, parse_logs, parse_quantity
from tracer.chain.events import Appended, BatchRegistered, LedgerCreated, LedgerEvent
from tracer.chain.rpc import Call, Node
from tracer.chain.signing_keys import fetch_signers
from tracer.domain.blocks import BlockRef
from tracer.domain.bundle import (
    AppendedLog,
    BatchFacts,
    Bundle,
    ChainFacts,
    NodeRow,
    PartyFacts,
    RegisteredLog,
    SignerFacts,
)
from tracer.errors import MirrorGapError, RpcError, RpcUnavailableError

Finality = int | str
"""What makes a block final: a number of blocks on top of it, or the node's tag for final blocks."""

MAX_GLN: Final = 2**48 - 1
ATTEMPTS: Final = 5  # a chain that grows during five requests in a row grows too fast to be read
MIN_SPAN: Final = 16  # blocks; a node that refuses the logs of so few serves no logs at all
_NOT_REGISTERED: Final = BatchFacts(bytes(32), 0, 0, 0, recalled=False)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, all of it taken from the bundle: numbers in it may be damaged."""

    contract: bytes
    batch_id: bytes
    glns: tuple[int, ...]
    deploy_block: int
    mirror_block: int

    @classmethod
    def about(cls, bundle: Bundle) -> "_Question":
        glns = {bundle.batch.owner, *bundle.parties, *(append.gln for append in bundle.appends)}
        return cls(
            bundle.chain.contract,
            bundle.batch.batch_id,
            tuple(sorted(gln for gln in glns if 0 <= gln <= MAX_GLN)),
            bundle.chain.deploy_block,
            bundle.mirror.block_number,
        )


def fetch_chain_facts(node: Node, bundle: Bundle, finality: Finality) -> ChainFacts:
    """Ask a node everything that the bundle is compared with, all at one block.

    The block is the node's newest. It counts as final when nothing was written to the batch since
    the newest final block, so that nothing the node says about the batch can be taken back.

    Raises:
        RpcUnavailableError: no usable answer.
    """
    question = _Question.about(bundle)
    for _ in range(ATTEMPTS):
        try:
            answers = _ask_at_once(node, question, finality)
        except RpcError:
            answers = _ask_in_parts(node, question, finality)
        if answers is not None:
            suspects = _suspect_appends(question, answers)
            signers = fetch_signers(node, question.contract, answers.newest, suspects)
            return _build_facts(question, answers, signers, is_final=_is_final(answers, finality))
    raise RpcUnavailableError(
        "the node's newest block changes during every request", hint="Try again, or ask another."
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    chain_id: int
    genesis: BlockRef
    newest: BlockRef
    final: BlockRef | None
    mirror: BlockRef | None
    batch: BatchFacts
    parties: tuple[PartyFacts, ...]
    created: tuple[LedgerLog, ...]
    logs: tuple[LedgerLog, ...]


def _general_calls(question: _Question, finality: Finality, *, mirror_block: int) -> list[Call]:
    return [
        ("eth_chainId", ()),
        build_block_call(0),
        build_block_call("latest"),
        build_block_call(finality if isinstance(finality, str) else "latest"),
        build_block_call(mirror_block),
        build_view_call(question.contract, "batchOf", question.batch_id, block="latest"),
        build_view_call(question.contract, "partiesOf", question.glns, block="latest"),
        build_block_call("latest"),
    ]


def _logs_call(question: _Question, first: Where, last: Where) -> Call:
    topics = [_topics(BatchRegistered, Appended), f"0x{question.batch_id.hex()}"]
    return "eth_getLogs", [build_logs_filter(question.contract, first, last, topics)]


def _created_call(question: _Question) -> Call:
    place = question.deploy_block
    wanted = build_logs_filter(question.contract, place, place, [_topics(LedgerCreated)])
    return "eth_getLogs", [wanted]


def _topics(*events: type[LedgerEvent]) -> list[str]:
    return [f"0x{event_topic(event).hex()}" for event in events]


def _ask_at_once(node: Node, question: _Question, finality: Finality) -> _Answers | None:
    """One request; None when the chain grew meanwhile."""
    calls = _general_calls(question, finality, mirror_block=question.mirror_block)
    before, after = calls[:-1], calls[-1]  # the newest block is asked first and last
    results = node.batch(
        [*before, _created_call(question), _logs_call(question, question.deploy_block, "latest"),
         after]
    )  # fmt: skip
    created, logs = (_read_logs(question, results[place]) for place in (-3, -2))
    return _read_answers(question, [*results[:-3], results[-1]], created, logs)


def _ask_in_parts(node: Node, question: _Question, finality: Finality) -> _Answers | None:
    """For nodes that limit the range of logs, and for damaged numbers that no node accepts."""
    newest = read_block(node.batch([build_block_call("latest")])[0])
    if newest is None:
        raise RpcUnavailableError("the node has no newest block", hint="Ask another node.")
    mirror_block = min(question.mirror_block, newest.number + 1)
    is_possible = question.deploy_block <= newest.number
    created = node.batch([_created_call(question)]) if is_possible else [[]]
    first = question.deploy_block if is_possible else 0
    logs = _fetch_logs(node, question, first, newest.number)
    results = node.batch(_general_calls(question, finality, mirror_block=mirror_block))
    answers = _read_answers(question, results, _read_logs(question, created[0]), logs)
    return answers if answers is not None and answers.newest == newest else None


def _fetch_logs(node: Node, question: _Question, first: int, last: int) -> tuple[LedgerLog, ...]:
    """Logs of a range, halved as long as the node refuses it."""
    try:
        return _read_logs(question, node.batch([_logs_call(question, first, last)])[0])
    except RpcError:
        if last - first < MIN_SPAN:
            raise
    middle = (first + last) // 2
    left = _fetch_logs(node, question, first, middle)
    return left + _fetch_logs(node, question, middle + 1, last)


def _read_answers(
    question: _Question,
    results: Sequence[Any],
    created: tuple[LedgerLog, ...],
    logs: tuple[LedgerLog, ...],
) -> _Answers | None:
    chain_id, genesis, newest, final, mirror, batch, parties, newest_after = results
    first, last = read_block(genesis), read_block(newest)
    if first is None or last is None:
        raise RpcUnavailableError("the node has no blocks", hint="Ask another node.")
    if read_block(newest_after) != last:
        return None
    return _Answers(
        _read_chain_id(chain_id),
        first,
        last,
        read_block(final),
        read_block(mirror),
        _read_batch(batch),
        _read_parties(question, parties),
        created,
        logs,
    )


def _read_chain_id(result: object) -> int:
    try:
        return parse_quantity(result, "chainId")
    except MirrorGapError as error:
        raise RpcUnavailableError(str(error), hint="Ask another node.") from error


def _read_logs(question: _Question, result: object) -> tuple[LedgerLog, ...]:
    """Logs that a node with other aims may send: what is no log of the ledger is no answer."""
    try:
        raws = msgspec.convert(result, list[RawLog])
        logs = parse_logs(raws, question.contract)
    except (msgspec.ValidationError, MirrorGapError) as error:
        raise RpcUnavailableError(
            f"the node sends no proper logs: {error}", hint="Ask another node."
        ) from error
    return tuple(logs)


def _read_batch(result: object) -> BatchFacts:
    if result == "0x":  # no contract is there
        return _NOT_REGISTERED
    ((head, owner, holds, hold_round, recalled),) = read_view("batchOf", result)
    return BatchFacts(head, owner, holds, hold_round, recalled)


def _read_parties(question: _Question, result: object) -> tuple[PartyFacts, ...]:
    if result == "0x":
        return tuple(PartyFacts(bytes(20), 0, 0, 0, bytes(32)) for _ in question.glns)
    (parties,) = read_view("partiesOf", result)
    if len(parties) != len(question.glns):
        raise RpcUnavailableError("the node leaves parties out", hint="Ask another node.")
    return tuple(
        PartyFacts(bytes.fromhex(admin[2:]), roles, status, distrust_from, profile_digest)
        for admin, roles, status, distrust_from, profile_digest in parties
    )


def _suspect_appends(question: _Question, answers: _Answers) -> list[LedgerLog]:
    """Appends since a key of their writer is reported compromised; a log without a time is one."""
    since = {
        gln: party.distrust_from_unix
        for gln, party in zip(question.glns, answers.parties, strict=True)
        if party.distrust_from_unix
    }
    return [
        log
        for log in answers.logs
        if isinstance(log.event, Appended)
        and log.event.gln in since
        and (log.block_time_unix or since[log.event.gln]) >= since[log.event.gln]
    ]


def _build_facts(
    question: _Question, answers: _Answers, signers: dict[int, SignerFacts], *, is_final: bool
) -> ChainFacts:
    mirror, created = answers.mirror, answers.created
    node = NodeRow(
        chain_id=answers.chain_id,
        genesis_hash=answers.genesis.block_hash,
        deploy_block=created[0].block_number if created else None,
        block_number=answers.newest.number,
        block_hash=answers.newest.block_hash,
        block_time_unix=answers.newest.time_unix,
        final=is_final,
        mirror_block_number=question.mirror_block,
        mirror_block_hash=mirror.block_hash if mirror else None,
        mirror_block_time_unix=mirror.time_unix if mirror else None,
    )
    return ChainFacts(
        node,
        answers.batch,
        dict(zip(question.glns, answers.parties, strict=True)),
        next(iter(_registered(answers.logs)), None),
        tuple(_appended(answers.logs)),
        signers,
    )


def _is_final(answers: _Answers, finality: Finality) -> bool:
    if isinstance(finality, int):
        final_number = answers.newest.number - finality
    else:
        final_number = answers.final.number if answers.final else -1
    return all(log.block_number <= final_number for log in answers.logs)


def _registered(logs: Iterable[LedgerLog]) -> Iterable[RegisteredLog]:
    for log in logs:
        if isinstance(event := log.event, BatchRegistered):
            yield RegisteredLog(
                sequence=event.sequence,
                gln=event.gln,
                gtin=event.gtin.decode("ascii", errors="replace"),
                lot=event.lot,
                head=event.head,
                block_number=log.block_number,
                block_hash=log.block_hash,
                transaction_hash=log.transaction_hash,
                log_index=log.log_index,
            )


def _appended(logs: Iterable[LedgerLog]) -> Iterable[AppendedLog]:
    for log in logs:
        if isinstance(event := log.event, Appended):
            yield AppendedLog(
                sequence=event.sequence,
                gln=event.gln,
                head=event.head,
                records=event.records,
                block_number=log.block_number,
                block_hash=log.block_hash,
                transaction_hash=log.transaction_hash,
                log_index=log.log_index,
            )
