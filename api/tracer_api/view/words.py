"""Checks, messages and names in the page's language; `scanner_app/words.js` is its twin."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from tracer.domain.checks import Check
from tracer.domain.messages import Message
from tracer_api.view.texts import Texts

_SUBJECTS: Final = (
    (re.compile(r"record (?P<n>\d+) \((?P<kind>\w+)\)"), "subject.record"),
    (re.compile(r"append (?P<n>\d+) of party (?P<gln>\d+)"), "subject.append_of"),
    (re.compile(r"append (?P<n>\d+)"), "subject.append"),
    (re.compile(r"party (?P<gln>\d+)"), "subject.party"),
    (re.compile(r"tin (?P<serial>.+)"), "subject.tin"),
    (re.compile(r"document (?P<type>[A-Z_]+) (?P<number>.*)"), "subject.document"),
    (re.compile(r"batch row"), "subject.batch"),
    (re.compile(r"chain row"), "subject.chain"),
    (re.compile(r"mirror row"), "subject.mirror"),
    (re.compile(r"tin count"), "subject.tins"),
    (re.compile(r"bundle"), "subject.bundle"),
)
_Say = Callable[[Texts, str], str]
_JUDGEMENTS: Final = frozenset({"stated", "computed"})
"""Parameters that are verdicts of a laboratory report."""

_INVENTED: Final = re.compile(r"\s*(?:\(invented\)|[(\uff08]虚构[)\uff09])")


def say_message(t: Texts, message: Message) -> str:
    """A message of the domain. Where it names something in two languages, ours is taken."""
    params = in_words(t, message.params)
    if t.language == "zh" and params.get("nameZh"):
        params["name"] = params["nameZh"]
    for name in _JUDGEMENTS & params.keys():
        params[name] = t.code("lab.word", str(params[name]).upper())
    if "date" in params and isinstance(params["date"], str):
        params["date"] = t.iso_day(params["date"])
    return t(message.key, **params)


def in_words(t: Texts, params: Mapping[str, object]) -> dict[str, object]:
    """Places of a message that name papers, fields, kinds or roles, in the page's words."""
    said = dict(params)
    for place, say in _PLACES.items():
        if isinstance(value := said.get(place), str):
            said[place] = say(t, value)
    return said


def say_subject(t: Texts, subject: str) -> str:
    """What a check is about."""
    if found := _OTHER_BATCH.fullmatch(subject):
        return t("subject.other_batch", subject=say_subject(t, found["subject"]))
    for pattern, key in _SUBJECTS:
        if found := pattern.fullmatch(subject):
            named = found.groupdict()
            if "kind" in named:
                named["kind"] = t.code("kind", named["kind"])
            if "type" in named:
                named["type"] = t.code("doctype", named["type"])
            return t(key, **named)
    return subject


def _say_subjects(t: Texts, text: str) -> str:
    """Subjects joined by a plus sign."""
    return " + ".join(say_subject(t, one) for one in text.split(" + "))


def _say_field(t: Texts, field: str) -> str:
    if field.startswith(_USES):
        return t("name.uses", type=t.code("doctype", field.removeprefix(_USES)))
    return t.code("name", field)


def _each(say_one: _Say) -> _Say:
    """Says texts joined by commas, each once: two fields may have one name in plain words."""

    def say(t: Texts, text: str) -> str:
        return t("list.join").join(dict.fromkeys(say_one(t, one) for one in text.split(", ")))

    return say


def _codes(code_list: str) -> _Say:
    """Says codes of a list joined by commas."""
    return _each(lambda t, code: t.code(code_list, code))


_OTHER_BATCH: Final = re.compile(r"[0-9a-f]{64} (?P<subject>.+)")
_USES: Final = "uses of "
_PLACES: Final[Mapping[str, _Say]] = {
    **dict.fromkeys(("one", "other", "first", "second", "subject"), _say_subjects),
    "field": _say_field,
    "fields": _each(_say_field),
    "type": _codes("doctype"),
    "paper": _codes("doctype"),
    "kinds": _codes("kind"),
    "roles": _codes("role"),
    "country": _codes("country"),
    "status": _codes("party"),
}
"""Place of a message -> how what stands there is said. `words.js` says them alike."""


def say_check(t: Texts, check: Check) -> str:
    """A check's reason, with what it is about."""
    reason = t(check.key, **in_words(t, check.params)) if t.has(check.key) else check.reason
    if not check.subject:
        return reason
    return t("subject.reason", subject=say_subject(t, check.subject), reason=reason)


def pick(t: Texts, english: str, chinese: str) -> str:
    """The name in the page's language, or the other one where that is all there is."""
    return (chinese or english) if t.language == "zh" else (english or chinese)


def plain_name(name: str) -> str:
    """A name without the mark of invented data; the page says that once, at its foot."""
    return _INVENTED.sub("", name)
