"""The three sample batches as stories: where every case of the corpus begins."""

import json
from functools import cache

from forgeries.story import Json, Story
from tracer.samples import sample_path

SAMPLES = ("nz", "nl", "ie")
SCANNED_PREFIX = {"nz": "K", "nl": "T", "ie": "C"}
AFTER_THE_RECALL = ("HOLD", "RECALL", "DESTRUCTION")


@cache
def _read(name: str) -> Story:
    raw = json.loads(sample_path(name).read_text("utf-8"))
    story = Story(
        batch={key: raw["batch"][key] for key in ("gtin", "lot", "owner")},
        parties={party["gln"]: party for party in raw["parties"]},
        papers={},
        events={},
        marks={},
        serials={
            "prefix": SCANNED_PREFIX[name],
            "count": raw["serials"]["count"],
            "issuedAt": raw["serials"]["issuedAt"],
            "writer": raw["batch"]["owner"],
        },
    )
    for paper in raw["documents"]:
        kept = {key: paper[key] for key in ("docType", "number", "issuer", "issuedAt")}
        shown = {"public": paper["public"], "confidential": paper["confidential"]}
        key = free_key(story.papers, paper["docType"])
        story.papers[key] = {**kept, "writer": paper["issuer"], **shown}
    for body in raw["epcisDocument"]["epcisBody"]["eventList"]:
        said = {name: value for name, value in body.items() if name != "eventID"}
        stage = said["tracer:stage"]
        writer = raw["recorders"].get(stage, raw["batch"]["owner"])
        story.events[free_key(story.events, stage)] = {"writer": writer, "body": said}
    for confirmation in raw["confirmations"]:
        story.marks[free_key(story.marks, "CLEARANCE_CONFIRMATION")] = {
            "kind": "CLEARANCE_CONFIRMATION",
            "writer": confirmation["recorder"],
            "at": confirmation["confirmedAt"],
            "of": "CUSTOMS_DECLARATION",
        }
    return story


def free_key(taken: dict[str, Json], name: str) -> str:
    """A key for one more of a name: NAME, NAME#2, NAME#3, ..."""
    if name not in taken:
        return name
    number = 2
    while f"{name}#{number}" in taken:
        number += 1
    return f"{name}#{number}"


def load_story(name: str) -> Story:
    """A sample as a story of its own.

    The Irish batch is told up to the day before its recall: what came after is no question of
    papers, and a recalled batch is never green, so that nothing could be missed there.
    """
    story = _read(name).copy()
    if name == "ie":
        for key in list(story.events):
            if key.split("#")[0] in AFTER_THE_RECALL:
                del story.events[key]
        del story.events["LAB_RESULT#2"], story.papers["LAB_REPORT#2"]
    return story
