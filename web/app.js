// @ts-check
import { Actions } from "./actions.js";
import { call } from "./api.js";
import "./elements/app-shell.js";
import { follow } from "./live.js";
import { loadDraft } from "./plan.js";
import { Store, route, running } from "./state.js";
/** @typedef {import("./types.js").State} State */

const shell = /** @type {import("./elements/app-shell.js").AppShell} */ (document.querySelector("app-shell"));

const store = new Store({
  route: route(location.hash),
  link: "connecting",
  status: null,
  draft: loadDraft(),
  estimate: { value: null, problem: null },
  scans: null,
  watched: null,
  settings: null,
  settingsErrors: [],
  busy: new Set(),
  problem: null,
  notice: "",
});
const actions = new Actions(store, shell.dialog);

/** What the last state asked for, so that each thing is asked once. */
const asked = { revision: -1, settings: false, facts: "", scan: "" };

/** @param {State} state */
function followUp(state) {
  const scan = running(state);
  if (scan && state.watched !== scan.id) store.change({ watched: scan.id });
  if (state.link !== "live" || !state.status) return;
  if (asked.revision !== state.status.scans_revision) {
    asked.revision = state.status.scans_revision;
    load("scans", "scans");
  }
  if (state.route.page === "settings" && !asked.settings) load("settings", "settings");
  asked.settings = state.route.page === "settings";
  const ground = JSON.stringify([state.status.rig.facts, scan?.id]);
  if (asked.facts !== ground) {
    asked.facts = ground;
    actions.estimateSoon();
  }
}

/** @param {"scans"|"settings"} path @param {"scans"|"settings"} key */
function load(path, key) {
  actions.once(`load-${key}`, async () => store.change({ [key]: await call("GET", path), settingsErrors: [] }));
}

actions.listen(document);
addEventListener("hashchange", () => {
  store.change({ route: route(location.hash), problem: null, notice: "" });
  shell.moved();
});
store.subscribe((state) => shell.update(state));
store.subscribe(followUp);
store.change({});
follow(store);
