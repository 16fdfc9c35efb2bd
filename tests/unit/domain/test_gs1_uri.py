"""One spelling for every URI that names a GS1 key."""

import pytest

from tracer.domain.gs1_uri import MAX_URI_CHARS, canonical_uri


class TestEpcUrns:
    @pytest.mark.parametrize(
        ("urn", "path"),
        [
            ("urn:epc:id:sgtin:4012345.011111.98%22", "01/04012345111118/21/98%22"),
            ("urn:epc:id:sgtin:415056789012.0.987654", "01/04150567890128/21/987654"),
            (
                "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
                "01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29",
            ),
            ("urn:epc:id:sgtin:4012345.011111.a.b.c", "01/04012345111118/21/a.b.c"),
            ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
            ("urn:epc:id:sgln:4012345.00005.122", "414/4012345000054/254/122"),
            ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
            ("urn:epc:id:sgln:401234500000..0", "414/4012345000009"),
            ("urn:epc:id:grai:4012345.00022.334455", "8003/04012345000221334455"),
            ("urn:epc:id:giai:4012345.ABC345", "8004/4012345ABC345"),
            ("urn:epc:id:gsrn:4012345.0000006765", "8018/401234500000067657"),
            ("urn:epc:id:gsrnp:4012345.0000000007", "8017/401234500000000074"),
            ("urn:epc:id:gdti:4012345.00009.PO-4711", "253/4012345000092PO-4711"),
            ("urn:epc:id:gdti:987659999999..9", "253/98765999999929"),
            (
                "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234",
                "8010/061414111111111111111-A%23%2F/8011/1234",
            ),
            ("urn:epc:id:sgcn:4012345.99999.44", "255/401234599999044"),
            ("urn:epc:id:ginc:0614141.xyz47%2F11", "401/0614141xyz47%2F11"),
            ("urn:epc:id:gsin:4012345.222333444", "402/40123452223334442"),
            ("urn:epc:id:itip:4012345.011111.01.02.987", "8006/040123451111180102/21/987"),
            (
                "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7'SDB",
                "01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7'SDB",
            ),
            ("urn:epc:id:pgln:4000001.00000", "417/4000001000005"),
            ("urn:epc:id:pgln:999999999999.", "417/9999999999994"),
            ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
            ("urn:epc:idpat:sgtin:4012345.012345.*", "01/04012345123456"),
            ("urn:epc:idpat:grai:4012345.99999.*", "8003/04012345999990"),
            ("urn:epc:idpat:gdti:4012345.11111.*", "253/4012345111118"),
            ("urn:epc:idpat:sgcn:4012345.22222.*", "255/4012345222227"),
            ("urn:epc:idpat:cpi:4012345.AB12.*", "8010/4012345AB12"),
            ("urn:epc:idpat:itip:4012345.012345.01.02.*", "8006/040123451234560102"),
            ("urn:epc:idpat:upui:4012345.012345.*", "01/04012345123456"),
        ],
    )
    def test_become_digital_links(self, urn: str, path: str) -> None:
        assert canonical_uri(urn) == f"https://id.gs1.org/{path}"

    @pytest.mark.parametrize(
        "urn",
        [
            "urn:epc:id:bic:XMPU2603016",
            "urn:epc:id:imovn:9999993",
            "urn:epc:id:sgtin:4012345.011111",
            "urn:epc:id:sgtin:4012345.01111.1",
            "urn:epc:id:sgtin:40123.45011111.1",
            "urn:epc:id:sgtin:4012345.01111A.1",
            "urn:epc:id:sgtin:4012345.011111." + "1" * 21,
            "urn:epc:id:sgtin:4012345.011111.a/b",
            "urn:epc:id:sgtin:4012345.011111.批",
            "urn:epc:id:sgln:4012345.00005",
            "urn:epc:id:sgln:4012345.0005.0",
            "urn:epc:id:sscc:4012345.311111111",
            "urn:epc:id:grai:4012345.0022.1",
            "urn:epc:id:sgcn:4012345.99999.A4",
            "urn:epc:id:giai:4012345.",
            "urn:epc:id:cpi:0614141.abc.1",
            "urn:epc:id:itip:4012345.011111.1.02.987",
            "urn:epc:idpat:sgtin:4012345.*.*",
            "urn:epc:idpat:sgtin:4012345.012345",
            "urn:epc:idpat:itip:4012345.012345.*.*.*",
            "urn:epc:raw:96.x1",
            "urn:epcglobal:cbv:bt:4012345000009:ASN1099",
        ],
    )
    def test_others_have_none(self, urn: str) -> None:
        assert canonical_uri(urn) is None


class TestDigitalLinks:
    @pytest.mark.parametrize(
        ("uri", "path"),
        [
            ("https://id.gs1.org/01/09780345418913", "01/09780345418913"),
            ("http://example.de/gtin-8/01/97803111", "01/00000097803111"),
            ("http://upc.example/01/001122334455/ser/GHB", "01/00001122334455/21/GHB"),
            ("https://example.com/gtin/9780345418913/21/765tz?abc=2", "01/09780345418913/21/765tz"),
            ("https://x.example/01/9780345418913/22/344/10/1223/21/765tz#top",
             "01/09780345418913/21/765tz"),
            ("https://x.example/01/9780345418913/cpv/344", "01/09780345418913"),
            ("https://x.example/01/9780345418913/22/344/lot/ABD", "01/09780345418913/10/ABD"),
            ("https://x.example/01/9780345418913/235/TPX", "01/09780345418913/235/TPX"),
            ("http://localhost/01/9780345418913/", "01/09780345418913"),
            ("https://x.example/shop/de/01/9780345418913/10/a%2fb", "01/09780345418913/10/a%2Fb"),
            ("https://x.example/01/9780345418913/10/a%2Db", "01/09780345418913/10/a-b"),
            ("https://x.example/8006/040123451234560102/10/L/21/s", "8006/040123451234560102/21/s"),
            ("https://x.example/party/4226350800008", "417/4226350800008"),
            ("https://x.example/414/4280000000002/254/12", "414/4280000000002/254/12"),
            ("https://x.example/8010/0628165987/8011/9876", "8010/0628165987/8011/9876"),
            ("https://x.example/253/4602443000331XYZ", "253/4602443000331XYZ"),
            ("https://x.example/00/340123453111111115", "00/340123453111111115"),
        ],
    )  # fmt: skip
    def test_lose_host_query_and_coarser_levels(self, uri: str, path: str) -> None:
        assert canonical_uri(uri) == f"https://id.gs1.org/{path}"

    @pytest.mark.parametrize(
        "uri",
        [
            "http://example.org/123/4012345ABC987/456/4711",
            "https://id.gs1.org/99/9780345418913",
            "https://id.gs1.org/01/9780345418913/99/utfgf",
            "https://id.gs1.org/01/97803",
            "https://id.gs1.org/01/9780345418913/21/a/10/b",
            "https://id.gs1.org/01/9780345418913/10/" + "a" * 21,
            "https://id.gs1.org/8006/04012345123456/22/ABCD/10/XYZ",
            "https://id.gs1.org/01/9780345418913/10/%00",
            "https://id.gs1.org/",
            "https://id.gs1.org",
            "https://example.org/profiles/POWDER_AMBIENT",
            "geo:50.9,6.9",
            "42",
            "Hello World!",
            "",
            "https://id.gs1.org/01/9780345418913/10/" + "a" * MAX_URI_CHARS,
        ],
    )
    def test_other_text_has_none(self, uri: str) -> None:
        assert canonical_uri(uri) is None

    def test_canonical_form_is_its_own(self) -> None:
        for uri in (
            "https://id.gs1.org/01/09520010001015/21/a%2Fb%22'",
            "https://id.gs1.org/414/9520010001015",
        ):
            assert canonical_uri(uri) == uri
