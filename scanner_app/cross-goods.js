// @ts-check
/** C10 and C12: no more comes out than went in; events happen where their places are (twin of cross_goods.py). */
import { add, isObject, listedRows, quantityOf, readNumber, showNumber } from "./claims.js";
import { comparison } from "./comparison.js";
import { KINDS, kindName } from "./kinds.js";
import { recordSubject } from "./ledger.js";
import { COUNTRY_BOXES, PORTS, TOLERANCES, lookUp } from "./rules.js";

/**
 * @typedef {import("./claims.js").Claims} Claims
 * @typedef {import("./claims.js").Event} Event
 * @typedef {import("./comparison.js").Comparison} Comparison
 */

const GRAMS = 1000;
const EARTH_KM = 6371;
const HOUR_S = 3600;
const NEAR_KM = 20; // clocks differ by minutes, and places are larger than points

/** Legs between two records, and kilometres per hour that no lorry or ship exceeds. */
const LEGS = [
  [KINDS.MILK_COLLECTION, KINDS.MILK_RECEIPT, 120], [KINDS.CONTAINER_LOADING, KINDS.DEPARTURE, 120],
  [KINDS.DEPARTURE, KINDS.ARRIVAL, 60], [KINDS.ARRIVAL, KINDS.UNLOAD, 120],
  [KINDS.DISTRIBUTION, KINDS.RETAIL_RECEIPT, 120],
];
const [INPUTS, OUTPUTS, RECEIVED] = ["inputQuantityList", "outputQuantityList", "quantityList"];

/** Lot and kilograms of every row that is weighed. @param {Event} event @param {string} name @returns {[string, number][]} */
const massesOf = ({ body }, name) => listedRows(body, name).flatMap(({ quantity, epcClass, uom }) => {
  const kg = quantityOf(quantity);
  return uom === "KGM" && !Number.isNaN(kg) && typeof epcClass === "string" ? [[epcClass, kg]] : [];
});

/** @param {Event} event @param {string} name */
function kilograms(event, name) {
  const masses = massesOf(event, name).map(([, kg]) => kg);
  return masses.length ? { subject: event.subject, text: showNumber(add(masses)) } : null;
}

/** C10: powder out of what went in, tins out of the powder, lots out of what there was. @param {Claims} claims */
export function checkBalance(claims) {
  const { eventsOf, said } = claims;
  const check = comparison("C10");
  for (const event of eventsOf(KINDS.WET_PROCESS, KINDS.DRY_BLEND)) {
    const [into, out] = [kilograms(event, INPUTS), kilograms(event, OUTPUTS)];
    if (into && out) check.atMost("powder", out, into, TOLERANCES.dryGain);
  }
  const [contents] = said("netWeightG", "PRODUCT");
  const grams = contents ? readNumber(contents.text) : NaN;
  for (const event of eventsOf(KINDS.CANNING)) {
    const powder = kilograms(event, INPUTS);
    const { ilmd } = event.body;
    const tins = isObject(ilmd) ? quantityOf(ilmd["tracer:serialCount"]) : NaN;
    const filled = (tins * grams) / GRAMS;
    if (powder && !Number.isNaN(filled)) {
      check.atMost("netKg", { subject: contents.subject, text: showNumber(filled) }, powder, TOLERANCES.fill);
    }
  }
  compareUsed(check, claims);
  return check.conclude();
}

/** Of each lot no more was received than collected, and no more used than received or made. @param {Comparison} check @param {Claims} claims */
function compareUsed(check, claims) {
  const collected = byLot(claims, RECEIVED, KINDS.MILK_COLLECTION);
  for (const [lot, { subject, kg }] of byLot(claims, RECEIVED, KINDS.MILK_RECEIPT)) {
    const source = collected.get(lot);
    if (!source) continue;
    const given = { subject: source.subject, text: showNumber(source.kg) };
    check.atMost("received", { subject, text: showNumber(kg) }, given, TOLERANCES.fill);
  }
  const there = byLot(claims, RECEIVED, KINDS.MATERIAL_RECEIPT, KINDS.MILK_RECEIPT);
  for (const [lot, { subject, kg }] of byLot(claims, OUTPUTS, KINDS.WET_PROCESS, KINDS.DRY_BLEND)) {
    there.set(lot, { subject, kg: kg + (there.get(lot)?.kg ?? 0) });
  }
  for (const [lot, { subject, kg }] of byLot(claims, INPUTS, KINDS.WET_PROCESS, KINDS.DRY_BLEND, KINDS.CANNING)) {
    const source = there.get(lot);
    if (!source) continue;
    const limit = { subject: source.subject, text: showNumber(source.kg) };
    check.atMost("used", { subject, text: showNumber(kg) }, limit, TOLERANCES.fill);
  }
}

/** Lot -> the first event that weighs it, and kilograms in all such events. @param {Claims} claims @param {string} name @param {number[]} kinds */
function byLot({ eventsOf }, name, ...kinds) {
  /** @type {Map<string, { subject: string, kg: number }>} */
  const found = new Map();
  for (const event of eventsOf(...kinds)) {
    for (const [lot, kg] of massesOf(event, name)) {
      const { subject, kg: before } = found.get(lot) ?? { subject: event.subject, kg: 0 };
      found.set(lot, { subject, kg: before + kg });
    }
  }
  return found;
}

/** C12: events are near their registered places, ports in theirs, parties in their country. @param {Claims} claims */
export function checkPlaces(claims) {
  const { evidence, places, profiles, said } = claims;
  const check = comparison("C12");
  const known = places();
  for (const { body, record, subject } of evidence.events) {
    const where = positionOf(body);
    const registered = record.location === null ? undefined : known.get(record.location);
    const point = registered && pointOf(registered.place);
    if (where && registered && point) {
      compareDistance(check, { subject, point: where }, { subject: registered.subject, point }, TOLERANCES.placeKm);
    }
  }
  compareCountries(check, known);
  compareSpeeds(check, claims);
  comparePort(check, claims, "pol", KINDS.DEPARTURE);
  comparePort(check, claims, "pod", KINDS.ARRIVAL);
  check.same("port", [...said("pod"), ...said("portOfEntry"), ...said("port", "CIQ_CERTIFICATE")]);
  check.same("departurePort", [...said("pol"), ...said("departurePort")]);
  for (const [gln, { subject, place }] of known) {
    const home = profiles("country", gln);
    if (home.length && typeof place.country === "string") check.same("country", [{ subject, text: place.country }, ...home]);
  }
  return check.conclude();
}

/** @typedef {ReturnType<Claims["places"]>} Places */

/** A place lies within the outermost degrees of its country. @param {Comparison} check @param {Places} places */
function compareCountries(check, places) {
  for (const [gln, { subject, place }] of places) {
    const point = pointOf(place);
    const box = typeof place.country === "string" ? lookUp(COUNTRY_BOXES, place.country) : undefined;
    if (!point || !box) continue;
    const [[lat, lon], [south, west, north, east]] = [point, box];
    if (south <= lat && lat <= north && west <= lon && lon <= east) continue;
    const a = point.map(showNumber).join(", ");
    check.conflict("cross.outside", { one: subject, gln, a, country: place.country }, subject);
  }
}

/** Nothing moves from one registered place to the next faster than lorries and ships do. @param {Comparison} check @param {Claims} claims */
function compareSpeeds(check, { evidence, places }) {
  const known = places();
  for (const [start, end, limit] of LEGS) {
    const [one, other] = [start, end].map((kind) => evidence.records.find((record) => record.kind === kind));
    if (!one || !other) continue;
    const points = [one, other].map(({ location }) => {
      const spot = location === null ? undefined : known.get(location);
      return spot ? pointOf(spot.place) : null;
    });
    const seconds = other.occurredAt - one.occurredAt;
    const [from, to] = points;
    if (!from || !to || seconds <= 0) continue;
    const km = Math.floor(distanceKm(from, to) + 0.5);
    const [first, second] = [recordSubject(one), recordSubject(other)];
    check.note("speed", ...[[first, from], [second, to]].map(([subject, at]) => (
      { subject: /** @type {string} */ (subject), text: /** @type {number[]} */ (at).map(showNumber).join(", ") }
    )));
    if (km * HOUR_S > limit * seconds + NEAR_KM * HOUR_S) {
      check.conflict("cross.speed", { one: first, other: second, km, hours: showNumber(seconds / HOUR_S) }, first);
    }
  }
}

/** @param {Record<string, any>} body @returns {number[] | null} */
function positionOf({ readPoint }) {
  const text = isObject(readPoint) ? readPoint.id : null;
  const match = typeof text === "string"
    ? /^geo:(-?[0-9]{1,2}(?:\.[0-9]+)?),(-?[0-9]{1,3}(?:\.[0-9]+)?)$/.exec(text) : null;
  return match && [Number(match[1]), Number(match[2])];
}

/** @param {Record<string, any>} place @returns {number[] | null} */
const pointOf = ({ lat, lon }) =>
  ([lat, lon].every((value) => typeof value === "number" && Math.abs(value) <= 180) ? [lat, lon] : null);

/** Kilometres between two points over the globe, by the haversine formula. @param {number[]} one @param {number[]} other */
export function distanceKm(one, other) {
  const [lat, lon, lat2, lon2] = [...one, ...other].map((degrees) => (degrees * Math.PI) / 180);
  const half = Math.sin((lat2 - lat) / 2) ** 2 + Math.cos(lat) * Math.cos(lat2) * Math.sin((lon2 - lon) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** @typedef {{ subject: string, point: number[] }} Spot */

/** @param {Comparison} check @param {Spot} one @param {Spot} other @param {number} limitKm */
function compareDistance(check, one, other, limitKm) {
  const km = Math.floor(distanceKm(one.point, other.point) + 0.5);
  check.note("place", ...[one, other].map(({ subject, point }) => ({ subject, text: point.map(showNumber).join(", ") })));
  if (km > limitKm) {
    check.conflict("cross.far", { one: one.subject, other: other.subject, km, limit: showNumber(limitKm) }, one.subject);
  }
}

/** The place of a departure or arrival lies in the port that the bill of lading names. @param {Comparison} check @param {Claims} claims @param {string} field @param {number} kind */
function comparePort(check, { evidence, places, countries, said }, field, kind) {
  const known = places();
  for (const port of said(field, "BILL_OF_LADING").slice(0, 1)) {
    const heads = countries(kind);
    if (heads.length) check.same("country", [{ subject: port.subject, text: port.text.slice(0, 2) }, ...heads]);
    const centre = lookUp(PORTS, port.text);
    for (const record of evidence.records) {
      const registered = record.kind === kind && record.location !== null && known.get(record.location);
      const point = registered && pointOf(registered.place);
      if (!point) continue;
      const subject = `record ${record.position} (${kindName(kind)})`;
      if (!centre) check.unclear("cross.port-unknown", { one: port.subject, a: port.text, other: subject }, port.subject);
      else compareDistance(check, { subject, point }, { subject: port.subject, point: centre }, TOLERANCES.portKm);
    }
  }
}
