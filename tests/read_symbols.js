// Reads pictures of symbols with the npm package `qr`, which shares no code with zxing-cpp.
//
// stdin: for each picture its width and height (32 bits each, little endian), then a grey byte a
// pixel. stdout: one JSON array with what each says, "" where nothing is found.

import { readFileSync } from "node:fs";
import decodeQR from "qr/decode.js";

const EFFORT = 3;
const TIME_LIMIT_MS = 2000;

function read(width, height, grey) {
  const data = new Uint8Array(width * height * 3);
  grey.forEach((value, at) => data.fill(value, at * 3, at * 3 + 3));
  try {
    return decodeQR({ width, height, data }, { effort: EFFORT, timeLimit: TIME_LIMIT_MS });
  } catch {
    return "";
  }
}

const input = readFileSync(0);
const texts = [];
for (let at = 0; at < input.length;) {
  const width = input.readUInt32LE(at);
  const height = input.readUInt32LE(at + 4);
  const end = at + 8 + width * height;
  texts.push(read(width, height, input.subarray(at + 8, end)));
  at = end;
}
process.stdout.write(JSON.stringify(texts));
