"""Checks, messages and names in the page's language; `scanner_app/words.js` is its twin."""

import re
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
_JUDGEMENTS: Final = frozenset({"stated", "computed"})
"""Parameters that are verdicts of a laboratory report."""

_INVENTED: Final = re.compile(r"\s*(?:\(invented\)|[(\uff08]虚构[)\uff09])")


def say_message(t: Texts, message: Message) -> str:
    """A message of the domain. Where it names something in two languages, ours is taken."""
    params = dict(message.params)
    if t.language == "zh" and params.get("nameZh"):
        params["name"] = params["nameZh"]
    for name in _JUDGEMENTS & params.keys():
        params[name] = t.code("lab.word", str(params[name]).upper())
    if "date" in params and isinstance(params["date"], str):
        params["date"] = t.iso_day(params["date"])
    return t(message.key, **params)


def say_subject(t: Texts, subject: str) -> str:
    """What a check is about."""
    for pattern, key in _SUBJECTS:
        if found := pattern.fullmatch(subject):
            named = found.groupdict()
            if "kind" in named:
                named["kind"] = t.code("kind", named["kind"])
            if "type" in named:
                named["type"] = t.code("doctype", named["type"])
            return t(key, **named)
    return subject


def say_check(t: Texts, check: Check) -> str:
    """A check's reason, with what it is about."""
    reason = t(check.key, **check.params) if t.has(check.key) else check.reason
    if not check.subject:
        return reason
    return t("subject.reason", subject=say_subject(t, check.subject), reason=reason)


def pick(t: Texts, english: str, chinese: str) -> str:
    """The name in the page's language, or the other one where that is all there is."""
    return (chinese or english) if t.language == "zh" else (english or chinese)


def plain_name(name: str) -> str:
    """A name without the mark of invented data; the page says that once, at its foot."""
    return _INVENTED.sub("", name)
