// Keeps what the widget tells.
globalThis.told = [];
for (const what of ["shown", "answered", "dismissed", "closed", "failed"]) {
  addEventListener(`cairn-${what}`, (e) => told.push([what, e.detail?.score ?? e.detail?.code].filter((x) => x !== undefined).join(" ")));
}
