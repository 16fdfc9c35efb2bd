"""The whole page from a passport."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from tracer.domain.cards import PartyCard, ProductCard
from tracer.domain.passport import Passport
from tracer.domain.status import ClearanceState
from tracer_api.view.journey import build_phases, ends_of
from tracer_api.view.lab import build_lab, count_judged
from tracer_api.view.map import build_map
from tracer_api.view.model import BatchLink, Details, Fact, Glance, Page
from tracer_api.view.papers import (
    build_carbon,
    build_clearance,
    build_condition,
    build_csr,
    build_papers,
)
from tracer_api.view.proof import ProofData
from tracer_api.view.technical import build_technical
from tracer_api.view.texts import Texts, number
from tracer_api.view.verdict import (
    ICONS,
    build_notice,
    build_verdict,
    served_verdict,
    verdict_text,
    verdict_todo,
)
from tracer_api.view.words import pick, plain_name, say_message

DEMO_PREFIX: Final = "0952"
"""GTINs that GS1 keeps for demonstrations begin so; no real product carries one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is and what its script needs to know.

    Attributes:
        path: of the page.
        serial: as scanned, issued or not; "" on a batch's page.
        node: that the visitor's device asks.
        proof: where its proofs are and what to ask the node.
        rest: query of the page that has what this one folds away; "" on that page.
    """

    path: str
    serial: str
    node: str
    proof: ProofData
    rest: str = ""


def _product_facts(
    t: Texts, product: ProductCard, serial: str, maker: PartyCard | None
) -> tuple[Fact, ...]:
    age = ""
    if product.age_months and product.stage is not None:
        age = t("product.age_value", months=product.age_months, stage=product.stage)
    net = product.net_weight_g
    values = (
        ("made", t.iso_day(product.production_date)),
        ("best_before", t.iso_day(product.best_before)),
        ("origin", t.code("country", product.origin_country)),
        ("age", age),
        ("net", "" if net is None else t("product.net_value", g=number(net))),
        ("lot", product.lot),
        ("serial", serial),
        ("maker", plain_name(pick(t, maker.name_en, maker.name_zh)) if maker else product.maker),
    )
    return tuple(Fact(t(f"product.{name}"), value) for name, value in values if value)


def _more_facts(t: Texts, product: ProductCard) -> tuple[Fact, ...]:
    values = (
        ("storage", t.code("storage", product.storage)),
        ("registration", product.formula_registration_no),
        ("plant_number", product.manufacturer_no),
        ("gtin", product.gtin),
    )
    return tuple(Fact(t(f"product.{name}"), value, wide=True) for name, value in values if value)


def _glances(t: Texts, passport: Passport) -> tuple[Glance, ...]:
    n = len(passport.journey)
    if ends := ends_of(t, passport.journey):
        journey = t("glance.journey", n=n, start=ends[0], end=ends[1])
    else:
        journey = t("glance.journey_plain", n=n)
    glances = [Glance("ship", journey, "journey")]
    if passport.labs:
        passed, judged = count_judged(passport.labs[-1])
        glances.append(Glance("lab", t("glance.lab", passed=passed, judged=judged), "lab"))
    clearance = passport.clearance
    if clearance.state is ClearanceState.CLEARED and clearance.hours is not None:
        state = t("glance.cleared", hours=number(clearance.hours, 1))
    else:
        state = t("glance.clearance", state=say_message(t, clearance.message))
    glances.append(Glance("customs", state, "papers"))
    carbon = passport.carbon
    if carbon and carbon.footprint.per_tin_co2e_kg is not None:
        kg = number(carbon.footprint.per_tin_co2e_kg, 2)
        glances.append(Glance("leaf", t("glance.carbon", kg=kg), "carbon"))
    return tuple(glances)


def _names(t: Texts, product: ProductCard) -> tuple[str, ...]:
    first = pick(t, product.name_en, product.name_zh)
    names = dict.fromkeys((first, product.name_en, product.name_zh))
    return tuple(plain_name(name) for name in names if name) or (product.gtin,)


def _notes(t: Texts, passport: Passport) -> tuple[str, ...]:
    """What is worth knowing, each thing once; what is about one of the reports names it."""
    notes = []
    for note in passport.verdict.notes:
        text = say_message(t, note)
        number = next((lab.number for lab in passport.labs if lab.alert == note), "")
        notes.append(t("lab.of_report", number=number, text=text) if number else text)
    return tuple(dict.fromkeys(notes))


def _script(t: Texts, passport: Passport, place: Place) -> dict[str, str]:
    product = passport.product
    return {
        **asdict(place.proof),
        "node": place.node,
        "verdict": served_verdict(passport),
        "title": t(f"verdict.{served_verdict(passport)}.title"),
        "icon": ICONS[served_verdict(passport)],
        "text": verdict_text(t, passport),
        "todo": verdict_todo(t, passport),
        "lot": product.lot,
        "before": product.best_before,
        "before-text": t.iso_day(product.best_before),
        "records": str(passport.technical.records),
    }


def build_page(t: Texts, passport: Passport, place: Place) -> Page:
    """Everything that the template prints."""
    product = passport.product
    parties = {party.gln: party for party in passport.parties}
    names = _names(t, product)
    papers, more_papers = build_papers(t, passport.papers, parties)
    labs = tuple(reversed(passport.labs))  # the release report first, retests after it
    return Page(
        title=t("page.title", product=names[0], lot=product.lot),
        path=place.path,
        verdict=build_verdict(t, passport),
        demo=product.gtin.startswith(DEMO_PREFIX),
        details=Details(
            names=names,
            notes=_notes(t, passport),
            facts=_product_facts(t, product, place.serial, parties.get(product.maker)),
            more_facts=_more_facts(t, product),
            glances=_glances(t, passport),
            map=build_map(t, passport.journey),
            phases=build_phases(t, passport.journey, passport.parties, passport.papers),
            labs=tuple(build_lab(t, lab, parties, is_first=lab is labs[0]) for lab in labs),
            conditions=tuple(
                build_condition(t, card, passport.journey) for card in passport.conditions
            ),
            clearance=build_clearance(t, passport.clearance),
            papers=papers,
            more_papers=more_papers,
            carbon=build_carbon(t, passport.carbon) if passport.carbon else None,
            csr=tuple(build_csr(t, card) for card in passport.csr),
            technical=build_technical(t, passport, place.node, place.proof.bundle),
            script=_script(t, passport, place),
            rest=place.rest,
        ),
    )


def build_notice_page(
    t: Texts, path: str, code: str, facts: tuple[tuple[str, str], ...] = ()
) -> Page:
    """A page that only says why there is nothing to show.

    Args:
        t: the page's words.
        path: of the page.
        code: NOT_ISSUED, BAD_CODE or UNAVAILABLE.
        facts: names of product facts with their values, such as the lot that was asked for.
    """
    block = build_notice(t, code)
    shown = tuple(Fact(t(f"product.{name}"), value) for name, value in facts if value)
    return Page(title=t("app.name"), path=path, verdict=block, facts=shown)


def build_product_page(t: Texts, path: str, batches: Iterable[tuple[str, str, str]]) -> Page:
    """A product's page: it names no tin, so it lists the batches of which one is asked for.

    Args:
        t: the page's words.
        path: of the page.
        batches: lot, production date as ISO text or "", and path of the batch's page.
    """
    block = build_notice(t, "PRODUCT")
    links = tuple(
        BatchLink(
            t("product.batch", lot=lot),
            t("product.batch_made", date=t.iso_day(day)) if day else "",
            link,
        )
        for lot, day, link in batches
    )
    return Page(title=t("app.name"), path=path, verdict=block, batches=links)
