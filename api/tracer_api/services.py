"""What the routes work with, built once per process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine

from tracer.settings import Settings
from tracer.store.contents import ContentStore
from tracer.store.scans import ScanStore, scans_url
from tracer.store.session import open_engine
from tracer_api.assets import Assets, load_assets
from tracer_api.negotiation import LANGUAGES, Language, choose_language
from tracer_api.regions import Regions, load_regions
from tracer_api.view.texts import Texts


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a request may use. Nothing in it holds a key, and only `scans` can write.

    Attributes:
        settings: of this installation.
        engine: the mirror, opened for reading only.
        contents: texts that records pin.
        scans: counts of scans, in a database of their own.
        regions: where a scan comes from.
        assets: style, script and words of the page.
        texts: language -> its words.
        templates: the page's templates.
        now: Unix seconds; the only clock.
    """

    settings: Settings
    engine: Engine
    contents: ContentStore
    scans: ScanStore
    regions: Regions
    assets: Assets
    texts: Mapping[Language, Texts]
    templates: Environment
    now: Callable[[], int]


def build_services(settings: Settings, now: Callable[[], int] | None = None) -> Services:
    """Open what the server reads from.

    Raises:
        ConfigurationError: a setting is wrong or a file of the page is missing.
    """
    assets = load_assets()
    return Services(
        settings=settings,
        engine=open_engine(settings.database, read_only=True),
        contents=ContentStore(settings.home / "contents"),
        scans=ScanStore(scans_url(settings.database, settings.home)),
        regions=load_regions(settings.region_header),
        assets=assets,
        texts={language: Texts(language, assets.catalogues[language]) for language in LANGUAGES},
        templates=build_templates(),
        now=now or (lambda: int(time.time())),
    )


def build_templates() -> Environment:
    """The templates; a name that is missing in one is an error, and text is never markup."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def _language(request: Request, lang: str | None = None) -> Language:
    return choose_language(lang, request.headers.get("accept-language", ""))


ServicesDep = Annotated[Services, Depends(_services)]
LanguageDep = Annotated[Language, Depends(_language)]
