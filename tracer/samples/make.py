"""Brings the samples' derived parts up to date: event ids, PDFs, and the clerks' templates.

The JSON files are the source: people edit them. What can be computed from them is computed here,
always to the same bytes, so that `scripts/make_samples.py --check` can compare.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tracer.domain.event_hash import event_id
from tracer.samples import SAMPLE_NAMES, sample_path
from tracer.samples.papers.render import render_paper
from tracer.samples.sheet_templates import build_csv_template, build_xlsx_template

_LINE = 100  # a JSON value that fits one line of this length stays on it
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


def build_samples() -> Iterator[tuple[Path, bytes]]:
    """Every derived file with its content, from the samples as they lie on the disk."""
    folder = sample_path(SAMPLE_NAMES[0]).parent
    for name in SAMPLE_NAMES:
        path = sample_path(name)
        bundle = complete(json.loads(path.read_text("utf-8")), name)
        log_csv = (folder / f"{name}_templog.csv").read_text("utf-8")
        yield path, (pretty_json(bundle) + "\n").encode()
        for document in bundle["documents"]:
            yield folder / document["file"], render_paper(bundle, document, log_csv)
    yield folder / "templates" / "events.csv", build_csv_template()
    yield folder / "templates" / "events.xlsx", build_xlsx_template()


def complete(bundle: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The batch file with the hash of every event and the file name of every paper."""
    document = bundle["epcisDocument"]
    for event in document["epcisBody"]["eventList"]:
        event["eventID"] = event_id(event, document["@context"])
    for paper in bundle["documents"]:
        paper["file"] = f"documents/{name}/{_slug(paper['docType'])}-{_slug(paper['number'])}.pdf"
    return dict(bundle)


def _slug(text: str) -> str:
    return _NOT_A_NAME.sub("-", text.lower()).strip("-")


def pretty_json(value: object, indent: int = 0) -> str:
    """JSON for people: short values on one line, long ones member by member."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= _LINE or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{json.dumps(k)}: {pretty_json(v, indent + 2)}" for k, v in value.items()]
        opening, closing = "{", "}"
    else:
        rows = [pretty_json(one, indent + 2) for one in value]
        opening, closing = "[", "]"
    body = f",\n{inner}".join(rows)
    return f"{opening}\n{inner}{body}\n{' ' * indent}{closing}"
