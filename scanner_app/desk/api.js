// @ts-check
/** Talking to the desk: JSON, problems of RFC 9457, and one upload with its progress. */

/**
 * @typedef {{ address: string, gln: string, roles: string[], expiresAt: number, name?: string }} Session
 * @typedef {{ name?: string, code: string, text: string, textZh?: string, page?: number, quotes?: string[] }} Note
 * @typedef {{ name: string, key?: string, params?: Record<string, unknown>, text: string }} FieldProblem
 * @typedef {{ reading: import("./form-rules.js").Read[], notes: Note[], pages: number | null }} Uploaded
 */

/** Longest wait for an answer that is not an upload. */
const PATIENCE_MS = 30_000;

const UNAUTHORIZED = 401;
const SESSION = "/v1/session";

/** What the desk refused, in its own words; `hint` says what to do next. */
export class DeskError extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(typeof body?.detail === "string" ? body.detail : `HTTP ${status}`);
    this.status = status;
    this.code = typeof body?.code === "string" ? body.code : "";
    this.hint = typeof body?.hint === "string" ? body.hint : "";
    /** Whether nobody is signed in any more, and signing in again helps. */
    this.isSessionOver = false;
  }
}

/**
 * What the desk refused. The same status stands for a session that is over and for a signature
 * that does not hold; only the desk knows which.
 *
 * @param {number} status
 * @param {any} body
 * @param {string} path
 */
async function refused(status, body, path) {
  const error = new DeskError(status, body);
  if (status === UNAUTHORIZED && path !== SESSION) {
    error.isSessionOver = (await fetch(SESSION, { cache: "no-store" })).status === UNAUTHORIZED;
  }
  return error;
}

/** The desk did not answer. */
export class OfflineError extends Error {}

/** @param {string} text */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/**
 * One request. What changes something carries a header that no other site's form can send.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json", "x-tracer-request": "1" };
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store",
    });
  } catch (error) {
    throw new OfflineError(error instanceof Error ? error.message : String(error));
  }
  const answer = parse(await response.text());
  if (!response.ok) throw await refused(response.status, answer, path);
  return answer;
}

/** Who is signed in; null when nobody is. @returns {Promise<Session | null>} */
export async function fetchSession() {
  try {
    return await ask("GET", SESSION);
  } catch (error) {
    if (error instanceof DeskError && error.status === UNAUTHORIZED) return null;
    throw error;
  }
}

/** @param {Record<string, string>} values */
export const query = (values) => new URLSearchParams(values).toString();

/** @param {string} hex */
export function toBase64(hex) {
  return btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))));
}

/**
 * Send a file. XMLHttpRequest, because it alone tells how far an upload has come.
 *
 * @param {{ id: string, gtin: string, lot: string, type: string }} to
 * @param {File} file
 * @param {string} sha256 of the file, hexadecimal
 * @param {(share: number) => void} onProgress 0 to 1
 * @returns {Promise<any>}
 */
export function upload({ id, ...about }, file, sha256, onProgress) {
  const request = new XMLHttpRequest();
  request.open("PUT", `/v1/documents/${id}?${query(about)}`);
  request.setRequestHeader("content-type", mediaType(file));
  request.setRequestHeader("content-digest", `sha-256=:${toBase64(sha256)}:`);
  request.setRequestHeader("x-filename", encodeURIComponent(file.name));
  request.setRequestHeader("x-tracer-request", "1");
  request.setRequestHeader("accept", "application/json");
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const answer = parse(request.responseText);
      const isGood = request.status >= 200 && request.status < 300;
      return isGood ? resolve(answer) : refused(request.status, answer, "").then(reject, reject);
    };
    request.onerror = () => reject(new OfflineError("the upload was cut off"));
    request.ontimeout = request.onerror;
    request.send(file);
  });
}

/** @type {Record<string, string>} */
const MEDIA_TYPES = {
  pdf: "application/pdf", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png",
  json: "application/json", xml: "application/xml",
};

/** What the desk takes, by the ending of a file's name; "" for all else. @param {File} file */
export const mediaType = (file) => MEDIA_TYPES[/\.(\w+)$/.exec(file.name.toLowerCase())?.[1] ?? ""] ?? "";

/** Endings that a file dialogue offers. */
export const ENDINGS = Object.keys(MEDIA_TYPES).map((ending) => `.${ending}`).join(",");
