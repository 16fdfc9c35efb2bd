"""The decoder that we send is the package's own, only smaller."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from camera_frames import FRAME, Sight, see
from tracer_api.decoder import build_decoder, decoder_dir
from tracer_api.shrink import SCRIPT, shrink

from tracer.errors import ConfigurationError

FOLDER = decoder_dir()
TEXTS = [
    "https://id.example.org/01/09520010001015/10/A26B11K1/21/7K3M9QXA2B4C",
    "奶粉 ß 1",
    "0123456789",
]
SIGHTS = [
    Sight(),
    Sight(turn=45, blur=1.5),
    Sight(turn=170, size=0.5),
    Sight(bent=True, blur=2.0, dark=0.8),
    Sight(blur=9.0),  # nobody can read this one
]
COMPARE = """
import { readFileSync } from "node:fs";
const [ours, theirs, width, height, ...files] = process.argv.slice(1);
const size = { width: Number(width), height: Number(height) };
(0, eval)(readFileSync(ours, "utf8"));
const { decodeQR: original } = await import(theirs);
const options = { effort: 24, timeLimit: 60_000 };
const read = (decode, data) => {
  try { return decode({ ...size, data }, options); }
  catch (error) { return `no: ${error.constructor.name}`; }
};
console.log(JSON.stringify(files.map((file) => {
  const data = new Uint8Array(readFileSync(file));
  return [read(decodeQR, data), read(original, data)];
})));
"""

pytestmark = pytest.mark.skipif(not FOLDER, reason="the package qr is not installed (npm ci)")


@pytest.fixture(scope="module")
def built() -> str:
    assert FOLDER
    (small,) = shrink((SCRIPT, build_decoder(FOLDER)))
    return small


def test_reads_what_the_original_reads(built: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node
    assert FOLDER
    (tmp_path / "ours.js").write_text(built, encoding="utf-8")
    files = []
    for text in TEXTS:
        for sight in SIGHTS:
            grain = np.random.default_rng(7).normal(0, 5, (FRAME[1], FRAME[0], 1))
            grey = np.asarray(see(text, sight), dtype=np.float32)[:, :, None] + grain
            pixels = np.clip(np.repeat(grey, 3, axis=2), 0, 255).astype(np.uint8)
            files.append(tmp_path / f"{len(files)}.rgb")
            files[-1].write_bytes(pixels.tobytes())
    words = [node, "--input-type=module", "-e", COMPARE, str(tmp_path / "ours.js")]
    words += [str(FOLDER / "decode.js"), *map(str, FRAME), *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [ours for ours, _ in answers] == [theirs for _, theirs in answers]
    assert {ours for ours, _ in answers} == {*TEXTS, "no: Error"}


def test_names_its_makers_and_licence(built: str) -> None:
    assert built.startswith("/*! QR decoder: qr 0.7.0, (c) Paul Miller")
    assert FOLDER
    assert "Permission is hereby granted" in (FOLDER / "LICENSE-MIT").read_text(encoding="utf-8")


def test_leaves_the_encoder_behind(built: str) -> None:
    assert "encodeQR" not in built
    assert "<svg" not in built


def test_a_package_that_is_laid_out_otherwise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"version": "9"}')
    for name in ("index.js", "decode.js"):
        (tmp_path / name).write_text("export const a = 1;\n")
    with pytest.raises(ConfigurationError, match="has no decodeQR"):
        build_decoder(tmp_path)
