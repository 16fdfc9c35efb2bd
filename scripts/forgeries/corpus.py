"""Cases from a seed: the same seed gives the same corpus, on every machine and Python."""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forgeries.changes import move_days, renumber
from forgeries.families import FAMILIES
from forgeries.forger import Forger
from forgeries.genuine import ORDER, VARIANTS
from forgeries.samples import SAMPLES, load_story
from forgeries.story import Story

MAX_DAYS_EARLIER, MAX_DAYS_LATER = 240, 120
MOST_VARIANTS = 4  # of a genuine case, besides the one whose turn it is
MOST_OF_A_BASE = 2  # of the genuine twin of a forged case
TRIES = 8  # with each sample, until a batch has what a forgery needs
REGISTRATIONS = ("registrations shown",)
NEEDED: dict[tuple[str, str], tuple[str, ...]] = {
    ("formula or stage wrong", "of another maker"): REGISTRATIONS,
    ("registration expired", "formula"): REGISTRATIONS,
    ("registration expired", "maker"): REGISTRATIONS,
    ("consistent: identity", "formula and stage"): REGISTRATIONS,
}
"""Honest papers that must be there, or nothing would contradict the lie."""


@dataclass(frozen=True, slots=True)
class Case:
    """One clearance, genuine or forged.

    Attributes:
        name: e.g. "forged-017"; with the seed it names the case for good.
        sample: where it began.
        variants: what honest trade did to it.
        honest: one sentence for each of those.
        base: the genuine batch.
        story: the batch to be judged; equal to `base` when genuine.
        family: of the forgery, or "".
        variant: which of the family's, or "".
        lie: one sentence, what the forger did, or "".
        names: keys of papers, events and marks, or GLNs, of which a reason must name one.
        touched: paths at which `story` differs from `base`, as the forger says.
    """

    name: str
    sample: str
    variants: tuple[str, ...]
    honest: tuple[str, ...]
    base: Story
    story: Story
    family: str = ""
    variant: str = ""
    lie: str = ""
    names: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()


def _generator(seed: int, name: str) -> random.Random:
    """A generator of its own for every case, so that cases do not depend on each other."""
    return random.Random(hashlib.sha256(f"{seed}/{name}".encode()).digest())  # noqa: S311


def _genuine(
    sample: str, rng: random.Random, wanted: tuple[str, ...], most: int
) -> tuple[Story, tuple[str, ...], tuple[str, ...]]:
    """A genuine batch with the wanted variants and some more."""
    story = load_story(sample)
    move_days(story, rng.randrange(-MAX_DAYS_EARLIER, MAX_DAYS_LATER))
    renumber(story, rng)
    more = rng.sample(ORDER, rng.randrange(most + 1))
    chosen = [name for name in ORDER if name in wanted or name in more]
    told = [(name, VARIANTS[name](story, rng)) for name in chosen]
    done = [(name, text) for name, text in told if text]
    return story, tuple(name for name, _ in done), tuple(text for _, text in done)


def genuine_cases(seed: int, count: int) -> Iterator[Case]:
    """Genuine cases; every variant is wanted in turn."""
    for number in range(count):
        name = f"genuine-{number:03d}"
        rng = _generator(seed, name)
        sample = SAMPLES[number % len(SAMPLES)]
        wanted = (ORDER[number // len(SAMPLES) % len(ORDER)],)
        story, variants, honest = _genuine(sample, rng, wanted, MOST_VARIANTS)
        yield Case(name, sample, variants, honest, story, story)


def forged_cases(seed: int, count: int) -> Iterator[Case]:
    """Forged cases; every variant of every family is wanted in turn, in an order of the seed."""
    plans = [(family, variant) for family, has in FAMILIES.items() for variant in has]
    _generator(seed, "order").shuffle(plans)
    plans.sort(key=_turns(plans))
    for number in range(count):
        name = f"forged-{number:03d}"
        family, variant = plans[number % len(plans)]
        yield _forged(name, _generator(seed, name), family, variant)


def _turns(plans: list[tuple[str, str]]) -> Callable[[tuple[str, str]], int]:
    """Order plans so that every family has its first turn before any has its second."""
    seen: dict[str, int] = {}
    turn = {}
    for plan in plans:
        turn[plan] = seen[plan[0]] = seen.get(plan[0], 0) + 1
    return turn.__getitem__


def _forged(name: str, rng: random.Random, family: str, variant: str) -> Case:
    lie = FAMILIES[family][variant]
    samples = rng.sample(SAMPLES, len(SAMPLES))
    for sample in samples * TRIES:
        wanted = NEEDED.get((family, variant), ())
        base, variants, honest = _genuine(sample, rng, wanted, MOST_OF_A_BASE)
        forger = Forger(base.copy(), rng)
        text = lie(forger)
        if not text:  # this batch lacks what the forgery needs; take another
            continue
        touched = tuple(sorted(forger.touched))
        names = tuple(dict.fromkeys(forger.names))
        return Case(
            name,
            sample,
            variants,
            honest,
            base,
            forger.story,
            family,
            variant,
            text,
            names,
            touched,
        )
    msg = f"no sample has what {family}: {variant} needs"
    raise ValueError(msg)


def make_corpus(seed: int, *, forged: int, genuine: int) -> list[Case]:
    """The whole corpus of a seed, forged cases first."""
    return [*forged_cases(seed, forged), *genuine_cases(seed, genuine)]
