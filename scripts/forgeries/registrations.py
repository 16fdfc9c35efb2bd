"""Registrations that few batches carry: of the formula in China, and of the maker abroad."""

from forgeries.story import Json, Story, moved

REGISTERED_BEFORE_DAYS = 700  # the production


def formula_paper(story: Story, *, valid_until: str = "") -> dict[str, Json]:
    """The certificate of the formula's registration, without issuer; `registry` is one."""
    label = story.public("PRODUCT")
    made = label["productionDate"]
    return {
        "docType": "FORMULA_REGISTRATION",
        "number": label["formulaRegistrationNo"],
        "issuedAt": _moment(moved(made, days=-REGISTERED_BEFORE_DAYS)),
        "recordedAt": _moment(made),
        "public": {
            "product": label["nameZh"],
            "manufacturer": _owner(story)["nameEn"],
            "stage": label["stage"],
            "originCountry": label["originCountry"],
            "validUntil": valid_until or moved(made, days=1100),
        },
        "confidential": {},
        "registry": {
            "nameEn": "Market regulator, sample office (invented)",
            "nameZh": "市场监管示例窗口(虚构)",
            "roles": ["AUTHORITY"],
            "country": "CN",
            "invented": True,
        },
    }


def maker_paper(story: Story, *, valid_until: str = "") -> dict[str, Json]:
    """The entry of the list of makers abroad, without issuer; `registry` is one."""
    label = story.public("PRODUCT")
    made = label["productionDate"]
    return {
        "docType": "MANUFACTURER_REGISTRATION",
        "number": label["manufacturer519"],
        "issuedAt": _moment(moved(made, days=-REGISTERED_BEFORE_DAYS)),
        "recordedAt": _moment(made),
        "public": {
            "name": _owner(story)["nameEn"],
            "country": _owner(story)["country"],
            "validUntil": valid_until or moved(made, days=1100),
        },
        "confidential": {},
        "registry": {
            "nameEn": "Customs register of makers, sample office (invented)",
            "nameZh": "境外企业注册示例窗口(虚构)",
            "roles": ["CUSTOMS"],
            "country": "CN",
            "invented": True,
        },
    }


def _owner(story: Story) -> dict[str, Json]:
    return story.parties[story.batch["owner"]]


def _moment(day: str) -> str:
    return f"{day}T09:00:00+08:00"
