// @ts-check
/** C1 to C6: goods and the numbers by which papers cite each other (twin of cross_papers.py). */
import { isCompany, isContainer, isShip } from "./check-digits.js";
import { chinaDay, momentsOf, readNumber, showNumber, totalsOf } from "./claims.js";
import { comparison } from "./comparison.js";
import { compareUses } from "./cross-numbers.js";
import { plain } from "./evidence.js";
import { KINDS } from "./kinds.js";
import { CITATIONS } from "./paper-numbers.js";
import { AGE_OF_STAGE, CIQ_SUFFIX_OF_STAGE, COUNTRY_OF_MAKER, PATTERNS, TOLERANCES, lookUp } from "./rules.js";

/**
 * @typedef {import("./claims.js").Claim} Claim
 * @typedef {import("./claims.js").Claims} Claims
 * @typedef {import("./comparison.js").Comparison} Comparison
 */

const CONTAINER_URN = "urn:epc:id:bic:";
const GRAMS = 1000;
const CITED_BY_EVENTS = [
  "CUSTOMS_DECLARATION", "CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE", "CIQ_CERTIFICATE",
  "BILL_OF_LADING", "LAB_REPORT",
];

/** C1: lot, GTIN and dates are the same everywhere. @param {Claims} claims */
export function checkLots({ said, told, label, listed }) {
  const check = comparison("C1");
  const lot = label("lot");
  check.same("lot", [
    lot, ...said("lot"), ...listed("lots", "CIQ_CERTIFICATE", lot.text),
    ...told(KINDS.CANNING, "ilmd", "cbvmda:lotNumber"),
  ]);
  check.same("gtin", [label("gtin"), ...said("gtin")]);
  check.same("productionDate", [...said("productionDate"), ...told(KINDS.CANNING, "ilmd", "tracer:productionDate")]);
  check.same("bestBefore", [...said("bestBefore"), ...told(KINDS.CANNING, "ilmd", "cbvmda:itemExpirationDate")]);
  return check.conclude();
}

/** C2: weights and numbers of tins agree, with each other and with what was made. @param {Claims} claims */
export function checkWeights(claims) {
  const { said, told, byType } = claims;
  const check = comparison("C2");
  const shipped = byType("tins");
  const made = [...said("tins", "PRODUCT"), ...told(KINDS.CANNING, "ilmd", "tracer:serialCount")];
  check.nearTotals("tins", shipped, 0);
  check.same("tins made", made);
  for (const group of made.length ? shipped : []) {
    for (const total of totalsOf(group).slice(0, 1)) {
      check.atMost("tins", { subject: group[0].subject, text: showNumber(total) }, made[0]);
    }
  }
  for (const field of ["pallets", "cartons"]) check.nearTotals(field, byType(field), 0);
  check.nearTotals("netKg", byType("netKg"), TOLERANCES.netPct);
  check.nearTotals("grossKg", byType("grossKg"), TOLERANCES.grossPct);
  compareEach(check, claims);
  return check.conclude();
}

/** Tins make net weight, and packing adds to it, on every paper by itself. @param {Comparison} check @param {Claims} claims */
function compareEach(check, { papers, said }) {
  const [contents] = said("netWeightG", "PRODUCT");
  for (const paper of papers) {
    const [net, gross, tins] = ["netKg", "grossKg", "tins"].map((name) => (
      name in paper.texts ? { subject: paper.subject, text: plain(paper, name) } : null
    ));
    if (net && gross) {
      check.atMost("netKg", net, gross);
      check.atMost("grossKg", gross, net, TOLERANCES.maxGrossPerNet);
    }
    const kg = tins && contents ? (readNumber(tins.text) * readNumber(contents.text)) / GRAMS : NaN;
    if (net && !Number.isNaN(kg)) {
      check.near("netKg", [{ subject: contents.subject, text: showNumber(kg) }, net], TOLERANCES.netPct);
    }
  }
}

/** Every container that events load, move or unload. @param {Claims} claims @returns {Claim[]} */
const containersOf = ({ evidence }) => evidence.events.flatMap(({ body, subject }) => {
  const names = [body.parentID, ...(Array.isArray(body.epcList) ? body.epcList : [])];
  return names
    .filter((name) => typeof name === "string" && name.startsWith(CONTAINER_URN))
    .map((name) => ({ subject, text: name.slice(CONTAINER_URN.length) }));
});

/** C3: container, seal and ship are the same, and their check digits hold. @param {Claims} claims */
export function checkContainer(claims) {
  const { byType, said, told } = claims;
  const check = comparison("C3");
  const groups = [...byType("container"), containersOf(claims)].filter((group) => group.length);
  check.sameSets("container", groups);
  for (const group of groups) check.holds("container", group, isContainer, "ISO 6346");
  const sealed = told(KINDS.CONTAINER_LOADING, "tracer:seal");
  check.sameSets("seal", [...byType("seal"), sealed].filter((group) => group.length));
  check.sameSets("vesselImo", byType("vesselImo"));
  check.holds("vesselImo", said("vesselImo"), isShip, "IMO");
  check.sameSets("voyage", byType("voyage"));
  if (new Set(groups.flat().map(({ text }) => text)).size > 1) compareShipments(check, claims);
  return check.conclude();
}

/** A declaration is about the container that the papers which it cites are about. @param {Comparison} check @param {Claims} claims */
function compareShipments(check, { of }) {
  for (const declaration of of("CUSTOMS_DECLARATION")) {
    for (const [name, citing, cited] of CITATIONS) {
      for (const paper of citing === declaration.type ? of(cited) : []) {
        if (plain(paper, "number") !== plain(declaration, name)) continue;
        for (const field of ["container", "seal", "vesselImo", "voyage"]) {
          const both = [declaration, paper].filter((one) => field in one.texts);
          check.same(field, both.map((one) => ({ subject: one.subject, text: plain(one, field) })));
        }
      }
    }
  }
}

/** @param {Claims} claims */
const makerNumbers = ({ said }) => [
  ...said("manufacturer519"), ...said("establishmentNo"), ...said("number", "MANUFACTURER_REGISTRATION"),
];

/** @param {Claims} claims */
const ownNumbers = ({ evidence, profiles }) => profiles("manufacturerNo519", evidence.bundle.batch.owner);

/** C4: cited numbers are those of papers, no number is used twice, and origins agree. @param {Claims} claims */
export function checkCitations(claims) {
  const { said, cited, countries } = claims;
  const check = comparison("C4");
  compareDeclarations(check, claims);
  for (const [field, citing, type] of CITATIONS) {
    for (const claim of said(field, citing)) check.oneOf(field, claim, said("number", type));
  }
  for (const type of CITED_BY_EVENTS) {
    for (const claim of cited(type)) check.oneOf("number", claim, said("number", type));
  }
  const makers = [...makerNumbers(claims), ...ownNumbers(claims)].flatMap(({ subject, text }) => {
    const country = text.startsWith("C") && lookUp(COUNTRY_OF_MAKER, text.slice(1, 4));
    return country ? [{ subject, text: country }] : [];
  });
  const made = countries(KINDS.WET_PROCESS, KINDS.DRY_BLEND, KINDS.CANNING);
  check.same("originCountry", [...said("originCountry"), ...made, ...makers]);
  compareUses(check, claims);
  return check.conclude();
}

/** A declaration's number begins with its office and year; consignees have real codes. @param {Comparison} check @param {Claims} claims */
function compareDeclarations(check, { of, said }) {
  for (const paper of of("CUSTOMS_DECLARATION")) {
    const { subject } = paper;
    const number = plain(paper, "number");
    check.fits("number", [{ subject, text: number }], PATTERNS.declaration);
    if ("office" in paper.texts) {
      check.same("office", [plain(paper, "office"), number.slice(0, 4)].map((text) => ({ subject, text })));
    }
    for (const moment of momentsOf([{ subject, text: plain(paper, "issuedAt") }])) {
      check.same("year", [chinaDay(moment).slice(0, 4), number.slice(4, 8)].map((text) => ({ subject, text })));
    }
  }
  const codes = said("consigneeUscc");
  check.holds("consigneeUscc", codes, isCompany, "GB 32100");
  check.same("consigneeUscc", codes);
}

/** C5: the number of the manufacturer is the same, its own profile's too. @param {Claims} claims */
export function checkManufacturer(claims) {
  const check = comparison("C5");
  const numbers = [...makerNumbers(claims), ...ownNumbers(claims)];
  check.same("manufacturer519", numbers);
  check.fits("manufacturer519", numbers, PATTERNS.manufacturer);
  return check.conclude();
}

/** C6: the formula's registration agrees with the label, customs code and age with the stage. @param {Claims} claims */
export function checkFormula({ evidence, profiles, said }) {
  const check = comparison("C6");
  const numbers = [
    ...said("formulaRegistrationNo"), ...said("formulaNo"), ...said("number", "FORMULA_REGISTRATION"),
  ];
  check.same("formulaNo", numbers);
  check.fits("formulaNo", numbers, PATTERNS.formula);
  const stages = said("stage", "PRODUCT", "FORMULA_REGISTRATION");
  check.same("stage", stages);
  /** @param {Record<string, string>} table */
  const expected = (table) => stages.slice(0, 1).map(({ subject, text }) => ({ subject, text: lookUp(table, text) ?? text }));
  check.same("ciq", [...expected(CIQ_SUFFIX_OF_STAGE), ...said("ciq", "CUSTOMS_DECLARATION")]);
  check.same("ageMonths", [...expected(AGE_OF_STAGE), ...said("ageMonths", "PRODUCT")]);
  const { owner } = evidence.bundle.batch;
  const makers = [...profiles("nameEn", owner), ...profiles("nameZh", owner)];
  const products = [...said("nameEn", "PRODUCT"), ...said("nameZh", "PRODUCT")];
  for (const claim of said("manufacturer", "FORMULA_REGISTRATION")) check.oneOf("manufacturer", claim, makers);
  for (const claim of said("product", "FORMULA_REGISTRATION")) check.oneOf("product", claim, products);
  const codes = said("hs", "CUSTOMS_DECLARATION");
  check.fits("hs", codes, PATTERNS.hs);
  check.same("hs6", [...codes.map(({ subject, text }) => ({ subject, text: text.slice(0, 6) })), ...said("hs6")]);
  return check.conclude();
}
