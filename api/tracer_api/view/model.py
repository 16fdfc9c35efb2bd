"""What the templates print: finished words, nothing left to decide."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VerdictBlock:
    """The block at the top of the page.

    Attributes:
        code: the verdict that the page shows; names its colour and icon.
        verified: how the check on the visitor's device stands, `pending` until it has run.
        icon: path of the mark in the seal, on a field of 64 by 64.
        title: one or two words.
        text: one sentence.
        todo: what the visitor should do.
        proof: who checked, and against what.
        also: a second thing on record that must not be overlooked, or "".
    """

    code: str
    verified: str
    icon: str
    title: str
    text: str
    todo: str
    proof: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value."""

    label: str
    value: str
    mono: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Glance:
    """One line of the summary; leads to a section."""

    icon: str
    text: str
    section: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    Attributes:
        position: the record's place in the batch's chain.
        title: what happened.
        when: date and time by the clock of the place, or in UTC where no place is known.
        place: where, or "".
        chips: small facts such as a temperature.
        reason: why, where its writer gives one, or "".
        bad: what is wrong with it, or "".
    """

    position: int
    title: str
    when: str
    place: str
    chips: tuple[str, ...] = ()
    reason: str = ""
    bad: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Steps in a row that one party signed; `signer` says who, with roles."""

    signer: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """A leg of the journey: several steps in a row that a parent would call one thing."""

    icon: str
    title: str
    when: str
    where: str
    runs: tuple[Run, ...]

    @property
    def is_bad(self) -> bool:
        """Whether anything about a step is wrong."""
        return any(step.bad for run in self.runs for step in run.steps)


@dataclass(frozen=True, slots=True)
class DrawnText:
    """A word in a drawing; `ends` where the text ends at the point."""

    text: str
    x: int
    y: int
    ends: bool = False


@dataclass(frozen=True, slots=True)
class JourneyMap:
    """The places of the journey on a map 200 units wide.

    Attributes:
        height: of the drawing.
        coast: path of the land in view.
        line: path that joins the places in order.
        stops: path of the dots.
        labels: names of countries.
    """

    height: int
    coast: str
    line: str
    stops: str
    labels: tuple[DrawnText, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Temperatures over time on a field of 200 by 66 units.

    Attributes:
        label: what it shows, in words.
        top: upper edge of the allowed band.
        bottom: lower edge of it.
        bars: path; one upright line from the lowest to the highest temperature of each report.
        over: path of what lies outside the band, or "".
        texts: limit, first and last day.
    """

    label: str
    top: int
    bottom: int
    bars: str
    over: str
    texts: tuple[DrawnText, ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value on a line from 0 to 100, with the part that the limits allow.

    Attributes:
        low: left end of the allowed part.
        high: right end of the allowed part.
        at: left edge of the mark.
        inside: the value is within the limits.
        kind: of line: "" up to a limit, "min" from a limit, "mid" between two, or "band", whose
            ends lie anywhere.
    """

    low: int
    high: int
    at: int
    inside: bool
    kind: str = ""

    @property
    def is_band(self) -> bool:
        """Whether the allowed part is drawn for this gauge alone."""
        return self.kind == "band"


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the test report."""

    name: str
    value: str
    limit: str
    gauge: Gauge | None = None
    bad: str = ""


@dataclass(frozen=True, slots=True)
class MeasuredGroup:
    """Lines of the test report that belong together; `open` ones are not folded away."""

    title: str
    count: str
    rows: tuple[Measured, ...]
    intro: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class LabReport:
    """One laboratory report with this system's own verdict."""

    good: bool
    headline: str
    lines: tuple[str, ...]
    mismatch: str  # what the laboratory's own verdict says differently, or ""
    groups: tuple[MeasuredGroup, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document with its state; `tone` is good, warn, stop or plain."""

    title: str
    state: str
    tone: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clearance:
    """Where customs clearance stands."""

    title: str
    tone: str
    text: str
    reasons: tuple[str, ...]
    hours: str
    arrival: str
    gauge: Gauge | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the footprint: `width` in percent of the whole."""

    title: str
    value: str
    width: int


@dataclass(frozen=True, slots=True)
class Carbon:
    """The footprint of one tin."""

    per_tin: str
    per_kg: str
    parts: tuple[Part, ...]
    band: str
    gauge: Gauge | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """What the logger measured on the way."""

    good: bool
    headline: str
    lines: tuple[str, ...]
    gauge: Gauge | None
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Csr:
    """A social responsibility report; `metrics` are its figures."""

    summary: str
    facts: tuple[Fact, ...]
    metrics: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class ProtocolStep:
    """One numbered step of the protocol: its status and the reasons behind it."""

    number: int
    title: str
    status: str
    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Technical:
    """What an expert wants to see, and where to ask."""

    facts: tuple[Fact, ...]
    steps: tuple[ProtocolStep, ...]
    node: str
    bundle_url: str


@dataclass(frozen=True, slots=True)
class Details:
    """Everything under the verdict.

    Attributes:
        names: the product's name in the page's language, then in the other.
        notes: what is worth knowing besides the verdict.
        papers: those to show at once.
        more_papers: those to fold away.
        script: data attributes for the page's script.
        rest: query of the page that has what this one folds away; "" on that page. Nothing that
            went wrong is left out.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[Fact, ...]
    more_facts: tuple[Fact, ...]
    glances: tuple[Glance, ...]
    map: JourneyMap | None
    phases: tuple[Phase, ...]
    labs: tuple[LabReport, ...]
    conditions: tuple[Condition, ...]
    clearance: Clearance
    papers: tuple[Paper, ...]
    more_papers: tuple[Paper, ...]
    carbon: Carbon | None
    csr: tuple[Csr, ...]
    technical: Technical
    script: dict[str, str]
    rest: str = ""


@dataclass(frozen=True, slots=True)
class BatchLink:
    """One batch of a product: its lot, when it was made, and where its page is."""

    name: str
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page, in one language.

    Attributes:
        title: of the browser's tab.
        path: this page's path; the language link adds `?lang=`.
        verdict: the block at the top.
        demo: whether it is invented data, and the page says so.
        details: None on a page that only says why there is nothing to show.
        facts: what such a page can still say.
        batches: of a product's page, which names no single one.
    """

    title: str
    path: str
    verdict: VerdictBlock
    demo: bool = False
    details: Details | None = None
    facts: tuple[Fact, ...] = ()
    batches: tuple[BatchLink, ...] = ()
