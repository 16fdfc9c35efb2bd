// @ts-check
/** The page's rules of papers are those of tracer/rules. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import * as rules from "../../scanner_app/rules.js";

/** @param {string} name */
const table = (name) => JSON.parse(readFileSync(new URL(`../../tracer/rules/${name}`, import.meta.url), "utf8"));

it("rules are those of papers.json", () => {
  const papers = table("papers.json");
  const packs = papers.packs.map((/** @type {any} */ pack) => (
    { code: pack.code, validFrom: pack.validFrom, registrationRenewsItself: pack.registrationRenewsItself }
  ));
  assert.deepEqual(rules.PACKS, packs);
  assert.deepEqual(rules.TOLERANCES, papers.tolerances);
  assert.deepEqual(rules.PATTERNS, papers.patterns);
  assert.deepEqual(rules.CIQ_SUFFIX_OF_STAGE, papers.ciqSuffixOfStage);
  assert.deepEqual(rules.AGE_OF_STAGE, papers.ageOfStage);
  assert.deepEqual(rules.COUNTRY_OF_MAKER, papers.countryOfMaker);
  assert.deepEqual(rules.PORTS, papers.ports);
  assert.deepEqual(rules.COUNTRY_BOXES, papers.countryBoxes);
  assert.deepEqual(rules.OPEN_ISSUERS, papers.openIssuers);
});

it("issuers are those of documents.json", () => {
  const types = table("documents.json").types.map((/** @type {any} */ type) => [type.code, type.issuerRoles]);
  assert.deepEqual(rules.ISSUER_ROLES, Object.fromEntries(types));
});

it("the day of declaration chooses the pack", () => {
  for (const [day, code] of [
    ["2021-12-31", "GACC-248"], ["2026-05-31", "GACC-248"], ["2026-06-01", "GACC-280"], ["", "GACC-280"],
  ]) assert.equal(rules.choosePack(day).code, code, day);
});
