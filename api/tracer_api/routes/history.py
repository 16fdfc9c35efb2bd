"""Scans are counted, and what the counts say of the tin is answered.

The only routes that write. They take the path of a tin, the browser's time zone and whether this
device has scanned the code before; of the request itself nothing is kept, neither its address nor
its headers nor its time of day. What cannot be counted is answered as "unknown".
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from tracer.domain.cards import VerdictCode
from tracer.domain.clones import (
    MAX_REGIONS_SHOWN,
    UNKNOWN,
    Assessment,
    History,
    Scan,
    assess,
    build_tin_key,
    day_of,
    day_text,
)
from tracer.domain.identifiers import DigitalLink
from tracer.domain.inner_codes import parse_code, verify_code
from tracer.domain.lab import MARKET
from tracer.domain.messages import Message
from tracer.errors import (
    DatabaseUnavailableError,
    InputError,
    InvalidDigitalLinkError,
    LimitExceededError,
    NotPermittedError,
)
from tracer.store.scanned import ScannedTin, find_scanned_tin
from tracer.store.session import reading
from tracer_api.limits import MAX_REPORT_BYTES
from tracer_api.regions import MAX_ZONE_CHARS
from tracer_api.schemas import (
    HistoryAnswer,
    OpeningAnswer,
    Outcome,
    Problem,
    Reason,
    RegionCount,
    ScanAnswer,
)
from tracer_api.services import Services, ServicesDep

router = APIRouter(
    prefix="/v1",
    tags=["scan history"],
    responses={
        400: {"model": Problem, "description": "not such a report, or not a tin"},
        403: {"model": Problem, "description": "sent by another site's page"},
        404: {"model": Problem, "description": "no such tin was issued"},
        413: {"model": Problem, "description": "longer than a report is"},
        503: {"model": Problem, "description": "the mirror is out of reach"},
    },
)

_OPENING_KEYS: Final = {
    Outcome.WRONG: "clone.wrong-code",
    Outcome.NO_CODES: "clone.no-codes",
    Outcome.TOO_MANY: "clone.too-many",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a page sends: one scan, or one use of the code under a seal.

    Attributes:
        link: the tin.
        zone: IANA time zone of the browser, or "".
        again: this device has scanned the code before.
        code: under the seal; "" in reports of scans.
    """

    link: DigitalLink
    zone: str
    again: bool
    code: str = ""


async def read_report(request: Request, members: Mapping[str, type]) -> Report:
    """Read a report's body; nothing in it is trusted.

    Raises:
        NotPermittedError: another site's page sent it.
        LimitExceededError: longer than `MAX_REPORT_BYTES`.
        InputError: not JSON of this form.
        InvalidDigitalLinkError: the path names no tin.
    """
    check_sender(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("a report has the type application/json")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_REPORT_BYTES:
            raise LimitExceededError(f"a report has at most {MAX_REPORT_BYTES} bytes")
    return parse_report(body, members)


def parse_report(body: bytes, members: Mapping[str, type]) -> Report:
    """Read a report.

    Args:
        body: JSON.
        members: names that may stand in it, with their types; `path` must.

    Raises:
        InputError: not JSON of this form.
        InvalidDigitalLinkError: the path names no tin.
    """
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("a report is JSON") from error
    if not isinstance(value, dict) or any(
        type(item) is not members.get(name) for name, item in value.items()
    ):
        raise InputError(f"a report is an object with {', '.join(members)}")
    path = value.get("path", "")
    if not path.startswith("/01/"):
        raise InvalidDigitalLinkError("the path names no tin", hint="/01/…/10/…/21/…")
    link = DigitalLink.parse(f"https://host{path}")
    zone = value.get("zone", "")
    code = parse_code(value.get("code", "")) if "code" in members else ""
    return Report(link, zone[:MAX_ZONE_CHARS], value.get("again", False), code)


def check_sender(request: Request) -> None:
    """Refuse what another site's page sends through its visitor's browser.

    Browsers say where a request comes from; a program that says nothing could say anything.

    Raises:
        NotPermittedError: it comes from elsewhere.
    """
    site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
    is_ours = site in {"same-origin", None}
    if origin is not None and site is None:
        is_ours = urlsplit(origin).netloc == request.headers.get("host", "")
    if not is_ours:
        raise NotPermittedError("only our own page reports scans")


def find_tin(services: Services, report: Report) -> ScannedTin:
    """The tin that a report is about.

    Raises:
        NotFoundError: it was not issued.
    """
    link = report.link
    if link.lot is None or link.serial is None:
        raise InvalidDigitalLinkError("the path names no tin")
    with reading(services.engine) as session:
        return find_scanned_tin(session, services.contents, link.gtin, link.lot, link.serial)


def count(
    tin: ScannedTin, scan: Scan, add: Callable[..., History]
) -> tuple[History | None, Assessment]:
    """Count a scan and judge it by what was counted before; unknown when that fails."""
    key = build_tin_key(tin.batch_id, tin.serial)
    try:
        before = add(key, scan.day, scan.region, again=scan.again)
    except DatabaseUnavailableError:
        return None, UNKNOWN
    before = replace(before, market=MARKET, sold_day=tin.sold_day)
    return before, assess(before, scan)


def answer_scan(services: Services, report: Report, region: str) -> ScanAnswer:
    """Count one scan.

    Raises:
        NotFoundError: the tin was not issued.
    """
    tin = find_tin(services, report)
    scan = Scan(day_of(services.now()), region, report.again)
    before, judged = count(tin, scan, services.scans.count_scan)
    return ScanAnswer(
        state=judged.state,
        score=round(judged.score, 3),
        verdict=judged.verdict,
        reasons=[_reason(it) for it in judged.reasons],
        region=region,
        history=None if before is None else _summary(before),
    )


def answer_opening(services: Services, report: Report, region: str) -> OpeningAnswer:
    """Compare one code with the tin's commitment, and count it if it is right.

    Raises:
        NotFoundError: the tin was not issued.
    """
    tin, day = find_tin(services, report), day_of(services.now())
    refused = _refuse(services, tin, report.code, day)
    if refused is not None:
        verdict = VerdictCode.NOT_VERIFIED if refused is Outcome.WRONG else None
        message = Message(_OPENING_KEYS.get(refused, "clone.unknown"))
        return OpeningAnswer(
            outcome=refused,
            state=UNKNOWN.state,
            score=0.0,
            verdict=verdict,
            reasons=[_reason(message)],
            region=region,
        )
    scan = Scan(day, region, report.again, opens=True)
    before, judged = count(tin, scan, services.scans.count_opening)
    since = None if before is None or before.opened is None else day_text(before.opened.day)
    is_first = before is not None and before.opened is None
    return OpeningAnswer(
        outcome=Outcome.UNKNOWN if before is None else Outcome.FIRST if is_first else Outcome.AGAIN,
        since=since,
        state=judged.state,
        score=round(judged.score, 3),
        verdict=judged.verdict,
        reasons=[_reason(it) for it in judged.reasons],
        region=region,
        history=None if before is None else _summary(before),
    )


def _refuse(services: Services, tin: ScannedTin, code: str, day: int) -> Outcome | None:
    """Why a code does not open this tin; None if it does.

    While tries cannot be counted none is allowed.
    """
    key = build_tin_key(tin.batch_id, tin.serial)
    commitment = services.contents.get_inner(tin.root, tin.serial)
    if commitment is None:
        return Outcome.NO_CODES
    try:
        if not services.scans.may_try(key, day):
            return Outcome.TOO_MANY
        if verify_code(commitment, tin.batch_id, tin.serial, code):
            return None
        services.scans.count_wrong_code(key, day)
    except DatabaseUnavailableError:
        return Outcome.UNKNOWN
    return Outcome.WRONG


def _reason(message: Message) -> Reason:
    return Reason(key=message.key, params=dict(message.params), english=message.english)


def _summary(history: History) -> HistoryAnswer:
    """What was counted before, without the days of each scan."""
    totals: dict[str, int] = defaultdict(int)
    for it in history.scans:
        totals[it.region] += it.firsts + it.repeats
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    days = [it.day for it in history.scans]
    return HistoryAnswer(
        scans=sum(totals.values()),
        devices=sum(it.firsts for it in history.scans),
        since=day_text(min(days)) if days else None,
        regions=[RegionCount(region=it, scans=n) for it, n in ranked[:MAX_REGIONS_SHOWN]],
        more_regions=max(0, len(ranked) - MAX_REGIONS_SHOWN),
        opened=None if history.opened is None else day_text(history.opened.day),
    )


def _prune(services: Services) -> None:
    """Forget old counts, once a day; a failure is made good by the next scan."""
    with suppress(DatabaseUnavailableError):
        services.scans.prune_daily(day_of(services.now()), services.settings.scan_days)


def _respond(services: Services, answer: ScanAnswer) -> Response:
    return Response(
        answer.model_dump_json(by_alias=True),
        HTTPStatus.OK,
        {"Cache-Control": "no-store"},
        "application/json",
        BackgroundTask(_prune, services),
    )


def _body(**properties: str) -> dict[str, Any]:
    """The body as OpenAPI describes it; it is read by `read_report`, hence no parameter."""
    schema = {
        "type": "object",
        "required": ["path", "code"] if "code" in properties else ["path"],
        "properties": {
            name: {"type": "boolean" if name == "again" else "string", "description": text}
            for name, text in properties.items()
        },
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_PATH: Final = "the tin, /01/…/10/…/21/…"
_ZONE: Final = "IANA time zone of the browser"
_AGAIN: Final = "this device has scanned the code before"


@router.post(
    "/scans",
    summary="Count one scan of a tin",
    response_model=ScanAnswer,
    openapi_extra=_body(path=_PATH, zone=_ZONE, again=_AGAIN),
)
async def post_scan(request: Request, services: ServicesDep) -> Response:
    """What the code's earlier scans say of the tin. Kept are day, coarse region and a count."""
    report = await read_report(request, {"path": str, "zone": str, "again": bool})
    region = services.regions.find(request.headers, report.zone)
    answer = await run_in_threadpool(answer_scan, services, report, region)
    return _respond(services, answer)


@router.post(
    "/openings",
    summary="Try the code under the seal of a tin",
    response_model=OpeningAnswer,
    openapi_extra=_body(
        path=_PATH, code="16 characters of base 32, under the seal", zone=_ZONE, again=_AGAIN
    ),
)
async def post_opening(request: Request, services: ServicesDep) -> Response:
    """Whether the code is this tin's, and whether it was used before. The code is not kept."""
    members = {"path": str, "code": str, "zone": str, "again": bool}
    report = await read_report(request, members)
    region = services.regions.find(request.headers, report.zone)
    answer = await run_in_threadpool(answer_opening, services, report, region)
    return _respond(services, answer)
