// @ts-check
/** Numbers that belong to one paper (twin of tracer/domain/paper_numbers.py). */

/** Field, the paper that cites, the paper whose number it cites. */
export const CITATIONS = [
  ["coNo", "CUSTOMS_DECLARATION", "CERTIFICATE_OF_ORIGIN"],
  ["healthCertNo", "CUSTOMS_DECLARATION", "HEALTH_CERTIFICATE"],
  ["bl", "CUSTOMS_DECLARATION", "BILL_OF_LADING"],
  ["declaration", "CIQ_CERTIFICATE", "CUSTOMS_DECLARATION"],
];

/** Papers whose number stands for one consignment. */
const UNIQUE_TYPES = [
  "CUSTOMS_DECLARATION", "CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE", "CIQ_CERTIFICATE", "BILL_OF_LADING",
];

/** Papers whose numbers one body hands out, whoever records them. */
export const COMMON_TYPES = ["CUSTOMS_DECLARATION", "CIQ_CERTIFICATE", "BILL_OF_LADING"];

/** A number's letters and digits; the text itself when it has none of ASCII's. @param {string} text */
export const plainNumber = (text) => text.replace(/[^0-9A-Za-z]/g, "").toUpperCase() || text;

/** Text of a field as people read it: strings without quotes, all else as JSON text. @param {string} text @returns {string} */
function read(text) {
  const value = JSON.parse(text);
  return typeof value === "string" ? value : text;
}

/** Every number that a paper uses, as "TYPE number". @param {string} type @param {Record<string, string>} texts @returns {string[]} */
export function numbersOf(type, texts) {
  const found = [];
  const own = "number" in texts ? read(texts.number) : "";
  if (UNIQUE_TYPES.includes(type) && own) found.push(`${type} ${plainNumber(own)}`);
  for (const [field, citing, cited] of CITATIONS) {
    const said = type === citing && field in texts ? read(texts[field]) : "";
    if (said) found.push(`${cited} ${plainNumber(said)}`);
  }
  return [...new Set(found)];
}
