// @ts-check
/** Check digits of containers, ships and Chinese companies (twin of tracer/domain/paper_fields_digits.py). */

const CONTAINER_VALUES = "0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ"; // no value is a multiple of 11
const COMPANY_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"; // GB 32100: no I, O, S, V, Z
const UNIT_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]; // GB 11714

/** Whether text is a container number whose last digit checks the ten before it. @param {string} text */
export function isContainer(text) {
  if (!/^[A-Z]{3}[UJZ][0-9]{7}$/.test(text)) return false;
  const total = [...text.slice(0, 10)].reduce((sum, one, at) => sum + (CONTAINER_VALUES.indexOf(one) << at), 0);
  return (total % 11) % 10 === Number(text[10]);
}

/** Whether text is an IMO number whose last digit checks the six before it. @param {string} text */
export function isShip(text) {
  if (!/^[0-9]{7}$/.test(text)) return false;
  const total = [...text.slice(0, 6)].reduce((sum, one, at) => sum + Number(one) * (7 - at), 0);
  return total % 10 === Number(text[6]);
}

/** Whether text is a credit code whose two check digits hold. @param {string} text */
export function isCompany(text) {
  if (!/^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/.test(text)) return false;
  let weight = 1;
  let total = 0;
  for (const one of text.slice(0, 17)) {
    total += COMPANY_DIGITS.indexOf(one) * weight;
    weight = (weight * 3) % 31;
  }
  if (COMPANY_DIGITS[(31 - (total % 31)) % 31] !== text[17]) return false;
  const unit = UNIT_WEIGHTS.reduce((sum, one, at) => sum + one * parseInt(text[8 + at], 36), 0);
  const rest = (11 - (unit % 11)) % 11;
  return text[16] === (rest === 10 ? "X" : String(rest));
}
