"""Imports whose genuine papers lie: name -> the check that must fail, and who says what."""

from typing import Any

from sample_batches import ABROAD, BROKER, LOADING, PLANT, weighed

LIES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "lie-C1-lot-on-packing-list": ("C1", {"packing_list": {"lot": "A26B11K2"}}),
    "lie-C1-lot-on-ciq-certificate": ("C1", {"ciq_certificate": {"lots": ["B", "C"]}}),
    "lie-C1-best-before-on-health-certificate": (
        "C1",
        {"health_certificate": {"bestBefore": "2029-02-10"}},
    ),
    "lie-C2-tins-on-declaration": ("C2", {"declaration": {"tins": 6}}),
    "lie-C2-gross-weight-3-percent-up": ("C2", {"packing_list": {"grossKg": 6.13}}),
    "lie-C3-container-on-bill-of-lading": ("C3", {"bill_of_lading": {"container": "XMPU2603010"}}),
    "lie-C3-seal-on-health-certificate": ("C3", {"health_certificate": {"seal": "NZ884214"}}),
    "lie-C4-cited-origin-number": ("C4", {"declaration": {"coNo": "CO-452"}}),
    "lie-C4-declaration-number-of-an-export": (
        "C4",
        {"declaration": {"number": "224820260000300451"}},
    ),
    "lie-C4-origin-country": ("C4", {"certificate_of_origin": {"originCountry": "NL"}}),
    "lie-C2-weight-in-words": ("C2", {"packing_list": {"netKg": "heavy"}}),
    "lie-C5-manufacturer-number": ("C5", {"declaration": {"manufacturer519": "CNZL0520990101"}}),
    "lie-C6-formula-number-of-special-food": (
        "C6",
        {
            "declaration": {"formulaNo": "国食注字TY20990001"},
            "product": {"formulaRegistrationNo": "国食注字TY20990001"},
        },
    ),
    "lie-C6-customs-suffix-of-stage-2": ("C6", {"declaration": {"ciq": "102"}}),
    "lie-C1-dates-that-are-none": (
        "C1",
        {"product": {"productionDate": "soon", "bestBefore": "2028-02-30"}},
    ),
    "lie-C7-sampled-after-the-report": ("C7", {"lab_report": {"sampledAt": "2026-02-16"}}),
    "lie-C2-net-weight-inflated-everywhere": (
        "C2",
        {
            name: {"netKg": 6, "grossKg": 7.5}
            for name in ("packing_list", "health_certificate", "declaration")
        }
        | {"certificate_of_origin": {"netKg": 6}, "bill_of_lading": {"grossKg": 7.5}},
    ),
    "lie-C2-more-tins-than-were-made": (
        "C2",
        {name: {"tins": 50} for name in ("packing_list", "health_certificate", "declaration")},
    ),
    "lie-C2-gross-lighter-than-net": ("C2", {"packing_list": {"grossKg": 4}}),
    "lie-C3-ship-check-digit": ("C3", {"bill_of_lading": {"vesselImo": "9999994"}}),
    "lie-C4-office-of-another-number": ("C4", {"declaration": {"office": "2249"}}),
    "lie-C4-year-of-another-number": ("C4", {"declaration": {"number": "224820251000300451"}}),
    "lie-C4-origin-that-no-plant-has": (
        "C4",
        {
            name: {"originCountry": "AU"}
            for name in ("product", "certificate_of_origin", "declaration")
        },
    ),
    "lie-C4-declared-more-than-certified": (
        "C4",
        {"certificate_of_origin": {"certifiedNetKg": 2}},
    ),
    "lie-C5-no-number-of-a-manufacturer": (
        "C5",
        {
            "declaration": {"manufacturer519": "NZ-1"},
            "health_certificate": {"establishmentNo": "NZ-1"},
        },
    ),
    "lie-C6-age-of-stage-2": ("C6", {"product": {"ageMonths": "6-12"}}),
    "lie-C6-customs-code-of-special-food": ("C6", {"declaration": {"hs": "1901101010"}}),
    "lie-C6-customs-code-of-another-chapter": (
        "C6",
        {"certificate_of_origin": {"hs6": "040210"}},
    ),
    "lie-C7-origin-certified-after-shipping": ("C7", {"certificate_of_origin": {"@day": 15}}),
    "lie-C7-inspected-before-arrival": ("C7", {"ciq_certificate": {"@day": 27}}),
    "lie-C7-tested-before-received": (
        "C7",
        {"lab_report": {"receivedAt": "2026-02-13", "testedFrom": "2026-02-12"}},
    ),
    "lie-C8-stretched-shelf-life": (
        "C8",
        {
            name: {"bestBefore": "2028-05-10"}
            for name in ("product", "packing_list", "health_certificate")
        }
        | {"canning": {"cbvmda:itemExpirationDate": "2028-05-10"}},
    ),
    "lie-C9-bill-of-lading-by-the-broker": ("C9", {"bill_of_lading": {"@issuer": BROKER}}),
    "lie-C9-health-certificate-from-abroad": ("C9", {"health_certificate": {"@issuer": ABROAD}}),
    "lie-C10-more-powder-than-was-put-in": (
        "C10",
        {"blending": {"outputQuantityList": weighed(("BLEND", 5))}},
    ),
    "lie-C10-more-oil-than-was-received": (
        "C10",
        {"blending": {"inputQuantityList": weighed(("BASE", 4.4), ("OIL", 0.3))}},
    ),
    "lie-C10-tins-of-more-than-the-powder": ("C10", {"product": {"netWeightG": 1000}}),
    "lie-C12-event-far-from-its-place": (
        "C12",
        {
            "departure": {
                "readPoint": {"id": "geo:-36.84,174.77"},
                "bizLocation": {"id": f"https://id.gs1.org/414/{LOADING}"},
            }
        },
    ),
    "lie-C12-place-outside-its-country": (
        "C12",
        {"product": {"places": {PLANT: {"country": "NZ", "lat": 37.78, "lon": 175.28}}}},
    ),
    "lie-C12-faster-than-any-ship": ("C12", {"departure": {"@day": 27.9}}),
    "lie-C10-more-milk-than-was-used-up": (
        "C10",
        {"drying": {"outputQuantityList": weighed(("BASE", 40))}},
    ),
    "lie-C12-port-of-another-country": ("C12", {"bill_of_lading": {"pol": "NLRTM"}}),
    "lie-C12-inspected-in-another-port": ("C12", {"ciq_certificate": {"port": "CNNGB"}}),
    "lie-C8-short-shelf-life": (
        "C8",
        {
            name: {"bestBefore": "2026-06-01"}
            for name in ("product", "packing_list", "health_certificate")
        }
        | {"canning": {"cbvmda:itemExpirationDate": "2026-06-01"}},
    ),
}
