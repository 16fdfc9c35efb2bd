"""The gate with its real children: what is let in, what is refused; the caller survives."""

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from gate_bench.bombs import BOMBS, HEAVY
from gate_bench.pdf_writer import FREE, deflated, one_page, stream, write_packed_pdf, write_pdf
from PIL import Image

from tracer.gate.gate import GateReport, inspect_file
from tracer.gate.limits import MAX_FILE_BYTES, MIB
from tracer.gate.sniff import JPEG, JSON, PDF, PNG, XML

pytestmark = pytest.mark.integration

SAMPLES = Path(__file__).resolve().parents[2] / "tracer" / "samples"
MAX_BOTH_BYTES = 256 * MIB
Judge = Callable[..., GateReport]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    def run(data: bytes, declared: str | None = None) -> GateReport:
        path = tmp_path / "file"
        path.write_bytes(data)
        report = inspect_file(path, declared=declared)
        assert path.read_bytes() == data  # the original is never touched
        return report

    return run


def code(report: GateReport) -> str:
    assert report.accepted == (report.reason.code == "ok")
    return report.reason.code


class TestWhatIsLetIn:
    @pytest.mark.parametrize(
        "path", sorted(SAMPLES.glob("documents/*/*.pdf")), ids=lambda p: p.stem
    )
    def test_every_sample_paper(self, path: Path) -> None:
        report = inspect_file(path, declared="application/pdf")
        assert report.accepted, report.reason
        assert (report.pages, len(report.text), report.notes, report.copy) == (1, 1, (), None)
        assert "GLN 95200100" in report.text[0]

    @pytest.mark.parametrize("version", [b"1.3", b"1.4", b"1.5", b"1.6", b"1.7", b"2.0"])
    def test_each_version_of_pdf(self, judge: Judge, version: bytes) -> None:
        report = judge(write_pdf(one_page(), version=version))
        assert report.accepted, report.reason
        assert report.text[0].strip() == "Seal: NZ884213"

    def test_an_object_stream(self, judge: Judge) -> None:
        packed = zlib.compress(b"8 0 <</A 1>>")
        data = write_packed_pdf(one_page(), packed, entries=b"/N 1/First 4/Filter/FlateDecode")
        assert code(judge(data)) == "ok"

    def test_a_pdf_arranged_for_the_network_says_so(self, judge: Judge, tmp_path: Path) -> None:
        with pikepdf.open(io.BytesIO(write_pdf(one_page()))) as pdf:
            pdf.save(tmp_path / "arranged.pdf", linearize=True)
        report = judge((tmp_path / "arranged.pdf").read_bytes())
        assert report.accepted, report.reason
        assert [note.code for note in report.notes] == ["linearized"]

    def test_hidden_text_and_layers_are_noted(self, judge: Judge) -> None:
        objects = one_page(b"BT /F1 9 Tf 3 Tr (seal) Tj ET", catalog=b"/OCProperties<</OCGs[]>>")
        assert {note.code for note in judge(write_pdf(objects)).notes} == {
            "invisible-text",
            "layers",
        }

    def test_a_page_without_text_is_noted(self, judge: Judge) -> None:
        assert [n.code for n in judge(write_pdf(one_page(b"0 0 9 9 re f"))).notes] == ["no-text"]

    @pytest.mark.parametrize(("kind", "media_type"), [("PNG", PNG), ("JPEG", JPEG)])
    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
    def test_an_image_is_encoded_anew_without_what_was_beside_it(
        self, judge: Judge, kind: str, media_type: str, mode: str
    ) -> None:
        if (kind, mode) in {("PNG", "CMYK"), *(("JPEG", m) for m in ("LA", "P", "RGBA", "I;16"))}:
            return  # the format has no such mode
        image = Image.linear_gradient("L").convert("RGB").convert("L" if mode == "I;16" else mode)
        image = image.convert(mode) if mode == "I;16" else image
        exif = Image.Exif()
        exif[0x010E] = "SECRET-EXIF"
        made = io.BytesIO()
        image.save(made, kind, exif=exif, icc_profile=b"SECRET-ICC")
        assert b"SECRET-EXIF" in made.getvalue()
        report = judge(made.getvalue(), media_type)
        assert report.accepted, report.reason
        assert report.copy is not None
        assert b"SECRET" not in report.copy
        with Image.open(io.BytesIO(report.copy)) as copy:
            assert (copy.format, copy.size) == (kind, (256, 256))
            middle = copy.convert("L").getpixel((128, 128))
        assert abs(middle - image.convert("L").getpixel((128, 128))) < 40 or mode == "I;16"

    def test_a_large_image_is_copied_smaller(self, judge: Judge) -> None:
        made = io.BytesIO()
        Image.new("L", (6_000, 4_000), 200).save(made, "JPEG")
        report = judge(made.getvalue())
        assert report.copy is not None
        with Image.open(io.BytesIO(report.copy)) as copy:
            assert copy.width * copy.height <= 9_000_000

    def test_data_files(self, judge: Judge) -> None:
        report = judge(json.dumps({"coNo": "NZCN-1", "netKg": 10}).encode(), "application/json")
        assert (report.accepted, report.media_type) == (True, JSON)
        assert report.text == ('{"coNo": "NZCN-1", "netKg": 10}',)
        report = judge(b'<?xml version="1.0" encoding="UTF-8"?><a xmlns="urn:x">\xe6\xb5\xb7</a>')
        assert (report.accepted, report.media_type) == (True, XML)
        assert "海" in report.text[0]


ACTIVE = {
    "JS": one_page(catalog=b"/X<</S/JavaScript/JS(app.alert\\(1\\))>>"),
    "JavaScript": one_page(catalog=b"/Names<</JavaScript<</Names[]>>>>"),
    "OpenAction": one_page(catalog=b"/OpenAction[3 0 R/Fit]"),
    "AA": one_page(page=b"/AA<</O<</S/GoTo/D[3 0 R/Fit]>>>>"),
    "Launch": one_page(page=b"/Annots[<</Subtype/Link/A<</S/Launch/F(cmd.exe)>>>>]"),
    "EmbeddedFiles": one_page(catalog=b"/Names<</EmbeddedFiles<</Names[]>>>>"),
    "AF": one_page(catalog=b"/AF[6 0 R]", extra={6: b"<</Type/Filespec/F(a.txt)>>"}),
    "RichMedia": one_page(page=b"/Annots[<</Subtype/RichMedia/Rect[0 0 9 9]>>]"),
    "XFA": one_page(catalog=b"/AcroForm<</XFA 6 0 R>>", extra={6: stream(b"<xdp/>")}),
    "SubmitForm": one_page(page=b"/Annots[<</A<</S/SubmitForm/F(https://example.com)>>>>]"),
    "ImportData": one_page(page=b"/Annots[<</A<</S/ImportData/F(a.fdf)>>>>]"),
    "GoToR": one_page(page=b"/Annots[<</A<</S/GoToR/F(b.pdf)/D[0/Fit]>>>>]"),
    "GoToE": one_page(page=b"/Annots[<</A<</S/GoToE/D[0/Fit]>>>>]"),
    "URI": one_page(page=b"/Annots[<</A<</S/URI/URI(https://example.com)>>>>]"),
    "FileAttachment": one_page(page=b"/Annots[<</Subtype/FileAttachment/Rect[0 0 9 9]>>]"),
    "written otherwise": one_page(catalog=b"/X<</S/J#61vaScript/#4aS(1)>>"),
    "in an array": one_page(catalog=b"/X[[[<</A[<</S/Launch>>]>>]]]"),
    "apart": one_page(catalog=b"/X 6 0 R", extra={6: b"<</S 7 0 R>>", 7: b"/Launch"}),
    "a form": one_page(catalog=b"/AcroForm<</Fields[6 0 R]>>", extra={6: b"<</FT/Tx/T(a)>>"}),
}


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", ACTIVE)
    def test_active_content(self, judge: Judge, name: str) -> None:
        assert code(judge(write_pdf(ACTIVE[name]))) == ("form" if name == "a form" else "active")

    def test_active_content_in_an_object_stream(self, judge: Judge) -> None:
        packed = zlib.compress(b"8 0 <</S/Launch>>")
        data = write_packed_pdf(one_page(), packed, entries=b"/N 1/First 4/Filter/FlateDecode")
        assert code(judge(data)) == "active"

    @pytest.mark.parametrize(
        "coding",
        [
            *(b"/LZWDecode", b"/JBIG2Decode", b"/JPXDecode", b"/RunLengthDecode", b"/Crypt"),
            *(b"/X", b"/LZW", b"[/FlateDecode/FlateDecode/FlateDecode]"),
        ],
    )
    def test_codings_we_do_not_open(self, judge: Judge, coding: bytes) -> None:
        objects = one_page(extra={6: stream(b"x", b"/Filter" + coding)})
        assert code(judge(write_pdf(objects))) == "filter"

    def test_a_stream_that_lies_elsewhere(self, judge: Judge) -> None:
        objects = one_page(extra={6: stream(b"", b"/F(/etc/passwd)")})
        assert code(judge(write_pdf(objects))) == "outside"

    def test_encryption(self, judge: Judge, tmp_path: Path) -> None:
        with pikepdf.open(io.BytesIO(write_pdf(one_page()))) as pdf:
            pdf.save(tmp_path / "e.pdf", encryption=pikepdf.Encryption(owner="o", user=""))
        assert code(judge((tmp_path / "e.pdf").read_bytes())) == "encrypted"
        hidden = write_pdf(one_page(), trailer=b"/#45ncrypt 6 0 R")
        assert not judge(hidden).accepted

    @pytest.mark.parametrize("start", [b"%PDF-1.2\n", b"%PDF-3.0\n", b"%PDF-1.77", b"%PDF-1.x\n"])
    def test_versions_that_do_not_exist(self, judge: Judge, start: bytes) -> None:
        assert code(judge(start + write_pdf(one_page())[9:])) == "pdf-header"

    @pytest.mark.parametrize("after", [b"\n\n", b" ", b"\0", b"hidden", b"\r\n\r\n"])
    def test_anything_after_the_end(self, judge: Judge, after: bytes) -> None:
        assert code(judge(write_pdf(one_page()) + after)) == "pdf-end"

    def test_an_image_with_something_after_its_end(self, judge: Judge) -> None:
        for kind in ("PNG", "JPEG"):
            made = io.BytesIO()
            Image.new("RGB", (9, 9)).save(made, kind)
            assert code(judge(made.getvalue() + b"x")) == "trailing-data"

    def test_polyglots(self, judge: Judge) -> None:
        plain = write_pdf(one_page())
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("a.txt", "hidden")
        assert code(judge(b"<html><script>1</script>\n" + plain)) == "unknown-type"
        assert code(judge(plain.replace(b"%\xe2", b"%<script>\n%\xe2", 1))) == "polyglot"
        assert code(judge(plain + archive.getvalue())) == "polyglot"
        assert code(judge(archive.getvalue() + plain)) == "unknown-type"
        made = io.BytesIO()
        Image.new("RGB", (9, 9)).save(made, "JPEG", comment=b"%PDF-1.7 " + plain)
        assert code(judge(made.getvalue())) == "polyglot"

    def test_an_incremental_update(self, judge: Judge) -> None:
        plain = write_pdf(one_page())
        at, table = len(plain), plain.rindex(b"xref\n0")
        update = b"4 0 obj\n" + stream(b"BT (Seal: FORGED) Tj ET") + b"\nendobj\n"
        update += b"xref\n4 1\n%010d 00000 n \n" % at
        update += b"trailer\n<</Size 6/Root 1 0 R/Prev %d>>\n" % table
        update += b"startxref\n%d\n%%%%EOF\n" % (at + update.index(b"xref"))
        with pikepdf.open(io.BytesIO(plain + update)) as pdf:  # a reader takes the forged one
            assert b"FORGED" in pdf.pages[0].Contents.read_bytes()
        assert code(judge(plain + update)) == "pdf-revisions"
        unmarked = plain.replace(b"%%EOF", b"%%eof") + update
        assert code(judge(unmarked)) == "pdf-revisions"

    def test_two_tables_of_contents(self, judge: Judge) -> None:
        assert code(judge(write_pdf(one_page(), trailer=b"/XRefStm 9"))) == "pdf-hybrid"

    def test_more_pages_than_a_paper_has(self, judge: Judge) -> None:
        kids = b" ".join(b"%d 0 R" % number for number in range(6, 207))
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
        objects = one_page(extra=dict.fromkeys(range(6, 207), page))
        objects[2] = b"<</Type/Pages/Count 201/Kids[" + kids + b"]>>"
        assert code(judge(write_pdf(objects))) == "too-many-pages"

    def test_a_pdf_that_would_need_repair(self, judge: Judge) -> None:
        plain = write_pdf(one_page())
        for broken in (
            plain.replace(b"xref\n0", b"xrfe\n0"),
            plain.replace(b"endobj", b"endbjo", 1),
            plain.replace(b"/Length", b"/Lenght"),
            plain.replace(b"startxref\n", b"startxref\n1"),
        ):
            assert code(judge(broken)) == "damaged"

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "empty"),
            (b'{"a":1,"a":2}', "damaged"),
            (b'{"a":NaN}', "damaged"),
            (b'{"a":1} x', "damaged"),
            (b'{"a":"\xff"}', "not-utf-8"),
            (b"[" * 41 + b"]" * 41, "too-deep"),
            (b'<?xml version="1.0"?><!DOCTYPE a><a/>', "doctype"),
            (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "not-utf-8"),
            (b'<?xml version="1.0"?><a><b></a>', "damaged"),
            (b'<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>', "active"),
            (b'<?xml version="1.0"?><a:svg xmlns:a="http://www.w3.org/2000/svg"/>', "active"),
        ],
    )
    def test_data_that_readers_would_differ_on(self, judge: Judge, data: bytes, why: str) -> None:
        assert code(judge(data)) == why

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert code(inspect_file(tmp_path / "pipe")) == "not-a-file"
        assert code(inspect_file(tmp_path)) == "not-a-file"

    def test_too_large_a_file_is_not_read(self, tmp_path: Path) -> None:
        with (tmp_path / "large").open("wb") as file:
            file.truncate(MAX_FILE_BYTES + 1)
        assert code(inspect_file(tmp_path / "large")) == "too-large"


class TestBombs:
    @pytest.mark.parametrize("name", BOMBS)
    def test_a_bomb_is_refused_in_little_memory(self, judge: Judge, name: str) -> None:
        make, media_type = BOMBS[name]
        report = judge(make(), media_type)
        assert not report.accepted
        assert report.peak_bytes <= MAX_BOTH_BYTES - 64 * MIB  # what a server itself may have
        assert report.cpu_s <= 2

    @pytest.mark.parametrize("name", HEAVY)
    def test_the_largest_that_is_let_in_stays_within_the_same_bounds(
        self, judge: Judge, name: str
    ) -> None:
        make, media_type = HEAVY[name]
        report = judge(make(), media_type)
        assert report.accepted, report.reason
        assert report.peak_bytes <= MAX_BOTH_BYTES - 64 * MIB
        assert report.cpu_s <= 2


PARENT = """
import sys, threading
from pathlib import Path
from tracer.gate.gate import inspect_file
from tracer.gate.signatures import check_pades
from tracer.gate.reading import read_fields
report = inspect_file(Path(sys.argv[1]))
assert report.accepted and report.text[0]
assert check_pades(Path(sys.argv[1]), [])
parsers = {"pikepdf", "pypdf", "pyhanko", "PIL", "asn1crypto", "pyhanko_certvalidator"}
print(sorted(parsers & {name.partition(".")[0] for name in sys.modules}), threading.active_count())
"""


def test_no_parser_is_ever_imported_where_the_file_arrived() -> None:
    sample = next(SAMPLES.glob("documents/nz/bill*.pdf"))
    words = [sys.executable, "-c", PARENT, str(sample)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "[] 1\n"


def test_threads_share_the_gate(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(write_pdf(one_page()))
    (tmp_path / "bad").write_bytes(BOMBS["deflate"][0]())
    verdicts: list[bool] = []

    def work() -> None:
        verdicts.extend(inspect_file(tmp_path / name).accepted for name in ("good", "bad"))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(verdicts) == [False] * 6 + [True] * 6


FORKED = """
import os, sys
from pathlib import Path
from tracer.gate.gate import inspect_file
assert inspect_file(Path(sys.argv[1])).accepted
child = os.fork()
accepted = inspect_file(Path(sys.argv[1])).accepted
if child == 0:
    os._exit(0 if accepted else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(inspect_file(Path(sys.argv[1])).accepted)
"""


def test_a_forked_server_has_a_sandbox_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(write_pdf(one_page()))
    words = [sys.executable, "-c", FORKED, str(tmp_path / "good")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_compressed_content_is_read(judge: Judge) -> None:
    objects = one_page() | {FREE: deflated(b"BT /F1 9 Tf (Seal: NZ884213) Tj ET")}
    assert judge(write_pdf(objects)).text[0].strip() == "Seal: NZ884213"


def test_the_media_type_is_the_files_own(judge: Judge) -> None:
    report = judge(write_pdf(one_page()), "image/png")
    assert (code(report), report.media_type) == ("type-disagrees", PDF)
