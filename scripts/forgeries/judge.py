"""What counts as detected, and what as a false alarm.

*Detected*: the batch does not end green, **and** one of the reasons that the genuine twin does not
show names the paper, the record or the party that lies. "Not confirmed yet" names nothing.

*Green*: the verdict is that the tin may be used, with or without a note, and the clearance shows
as cleared.

*False alarm*: anything of a genuine batch ends INVALID or CONFLICT, or its verdict is that it
could not be verified.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forgeries.corpus import Case
from forgeries.staging import Staged, stage
from forgeries.story import Story
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.identifiers import DigitalLink
from tracer.domain.messages import Message, render_english
from tracer.domain.passport import Passport, build_passport
from tracer.domain.verify import verify_bundle

USABLE = frozenset({"OK", "OK_WITH_NOTE"})
CLEARED = "CLEARED"
ALARMS = frozenset({"INVALID", "CONFLICT"})
CONFIRMATION_CHECK = "clearance"
DIGEST_SHOWN = 16  # hexadecimal characters of a digest that reasons show


@dataclass(frozen=True, slots=True)
class Ending:
    """How the verification of one batch ended.

    Attributes:
        verdict: the passport's code.
        clearance: the passport's clearance state.
        reasons: every text that says what is not in order, with its status.
    """

    verdict: str
    clearance: str
    reasons: tuple[tuple[str, str], ...]

    @property
    def green(self) -> bool:
        """Whether a reader is told that all is well."""
        return self.verdict in USABLE and self.clearance == CLEARED

    @property
    def alarms(self) -> tuple[str, ...]:
        """What a genuine batch may not end with."""
        found = [f"{status}: {text}" for status, text in self.reasons if status in ALARMS]
        if self.clearance in ALARMS:
            found.append(f"clearance {self.clearance}")
        if self.verdict == "NOT_VERIFIED":
            found.append(f"verdict {self.verdict}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, judged.

    Attributes:
        case: which.
        ending: of the story.
        naming: new reasons that name what lies.
        new: all reasons that the genuine twin does not show.
    """

    case: Case
    ending: Ending
    naming: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def detected(self) -> bool:
        """Whether a forgery counts as found."""
        return not self.ending.green and bool(self.naming)

    @property
    def false_alarm(self) -> bool:
        """Whether a genuine batch was called something else."""
        return bool(self.ending.alarms)


def verify(staged: Staged) -> Ending:
    """Scan a tin of the batch and read everything that speaks against it."""
    bundle = staged.bundle
    serial = staged.ledger.serials[0]
    link = DigitalLink.parse(
        f"https://example.org/01/{bundle.batch.gtin}/10/{bundle.batch.lot}/21/{serial}"
    )
    checks = verify_bundle(bundle, staged.facts, as_of_unix=staged.as_of_unix, link=link)
    passport = build_passport(bundle, checks, staged.as_of_unix)
    reasons = [*map(_of_check, checks), *_of_passport(passport)]
    told = tuple(dict.fromkeys(reason for reason in reasons if reason))
    return Ending(passport.verdict.code.value, passport.clearance.state.value, told)


def _of_check(check: Check) -> tuple[str, str] | None:
    if check.status is CheckStatus.VALID or check.name == CONFIRMATION_CHECK:
        return None
    return check.status.value, f"{check.name}: {check.subject}: {check.reason}"


def _of_passport(passport: Passport) -> Iterator[tuple[str, str]]:
    """The verdict's reason and notes, and the reasons of a clearance in conflict."""
    if passport.verdict.code.value not in USABLE:
        yield "VERDICT", _words(passport.verdict.reason)
    for note in passport.verdict.notes:
        yield "NOTE", _words(note)
    for message in getattr(passport.clearance, "reasons", ()):
        yield "CONFLICT", _words(message)


def _words(message: object) -> str:
    if not isinstance(message, Message):
        return str(message)
    values = " ".join(str(value) for value in message.params.values())
    return f"{render_english(message.key, message.params)} [{message.key} {values}]"


def judge(case: Case) -> Outcome:
    """Verify a case, and its genuine twin when it is forged."""
    staged = stage(case.story)
    ending = verify(staged)
    if not case.family:
        return Outcome(case, ending, (), ())
    before = {text for _, text in verify(stage(case.base)).reasons}
    new = tuple(text for _, text in ending.reasons if text not in before)
    marks = tuple(names_of(case.story, staged, case.names))
    naming = tuple(text for text in new if any(mark in text for mark in marks))
    return Outcome(case, ending, naming, new)


def names_of(story: Story, staged: Staged, keys: tuple[str, ...]) -> Iterator[str]:
    """How a reason may name what lies: by number, by record, by append, by digest or by GLN."""
    ledger = staged.ledger
    for key in keys:
        if key in ledger.positions:
            yield f"record {ledger.positions[key]} ({ledger.kinds[key].name})"
            yield f"append {ledger.sequences[key]}"
            yield ledger.digests[key].hex()[:DIGEST_SHOWN]
        else:
            yield key
        if paper := story.papers.get(key):
            yield from _of_paper(story, key, paper)


def _of_paper(story: Story, key: str, paper: Mapping[str, str]) -> Iterator[str]:
    yield paper["number"]
    if story.of_type(paper["docType"]) == [key]:
        yield paper["docType"]
