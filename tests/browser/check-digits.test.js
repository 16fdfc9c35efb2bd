// @ts-check
/** Check digits of real and invented numbers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isCompany, isContainer, isShip } from "../../scanner_app/check-digits.js";

/** @type {[string, (text: string) => boolean, string[], string[]][]} */
const CASES = [
  ["containers", isContainer, ["CSQU3054383", "XMPU2603016", "XMPU2604028", "XMPU2511033"], ["CSQU3054384", "XMPU2603010", "xmpu2603016", "XMPU260301", ""]],
  ["ships", isShip, ["9074729", "9999993", "9999981"], ["9074728", "9999994", "IMO9074729", "999999"]],
  ["companies", isCompany, ["91310115MA1K00015K", "91330206MA2H00022Q", "91120116MA0T000380"], ["91310115MA1K00016K", "91310115MA1K00015L", "91310115MA1O00015K", "91310115MA1K00015"]],
];

describe("check digits", () => {
  for (const [what, check, right, wrong] of CASES) {
    it(`of ${what}`, () => {
      for (const text of right) assert.ok(check(text), text);
      for (const text of wrong) assert.ok(!check(text), text);
    });
  }
});
