// @ts-check

/**
 * The page's words, key by key. Empty here: the server puts one language's words in this place
 * when it joins the modules into one script (api/tracer_api/assets.py).
 *
 * @type {Record<string, string>}
 */
export const messages = {};
