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
  estimate: { value: null, problem: null, errors: [] },
  scans: null,
  watched: null,
  settings: null,
  saved: null,
  busy: new Set(),
  problem: null,
  notice: "",
});
const actions = new Actions(store, shell.dialog);

/** What was asked for already, so that each thing is asked once. @type {Readonly<{revision: number, settings: boolean, ground: string}>} */
const FRESH = Object.freeze({ revision: -1, settings: false, ground: "" });
let asked = { ...FRESH };
let version = "";

/** @param {State} state */
function followUp(state) {
  const scan = running(state);
  if (scan && state.watched !== scan.id) store.change({ watched: scan.id });
  if (state.link !== "live" || !state.status) {
    asked = { ...FRESH }; // after a break it may be another scanner
    return;
  }
  if (version && version !== state.status.version) location.reload();
  version = state.status.version;
  ask({
    revision: state.status.scans_revision,
    settings: state.route.page === "settings",
    ground: JSON.stringify([state.status.rig.facts, scan?.id]),
  });
}

/** @param {typeof asked} now */
function ask(now) {
  const before = asked;
  asked = now;
  if (now.revision !== before.revision) load("scans");
  if (now.settings && !before.settings) load("settings");
  if (now.ground !== before.ground) actions.estimateSoon();
}

/** @param {"scans"|"settings"} name */
function load(name) {
  actions.quietly(`load-${name}`, async () => store.change({ [name]: await call("GET", name) }));
}

actions.listen(document);
addEventListener("hashchange", () => {
  store.change({ route: route(location.hash), problem: null, notice: "", saved: null });
  shell.moved();
});
store.subscribe((state) => shell.update(state));
store.subscribe(followUp);
store.change({});
follow(store);
