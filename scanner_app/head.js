// @ts-check
// Printed into the page's head: asks the server for the proof and the node for its word while the
// script that reads them is still on its way (core.js takes the answers over).
{
  const app = /** @type {import("./page.js").App} */ (document.getElementById("app"));
  const { core = "", node, ask: body } = app.dataset;
  const signal = AbortSignal.timeout(15e3);
  const headers = { "content-type": "application/json" };
  app.early = [
    fetch(core, { signal }),
    node && body && fetch(node, { method: "POST", headers, body, signal, credentials: "omit" }),
  ];
  for (const one of app.early) one && one.catch(() => {});
}
