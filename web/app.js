// @ts-check
import { Actions } from "./actions/actions.js";
import "./elements/app-shell.js";
import { follow } from "./live.js";
import { loadDraft } from "./plan.js";
import { loadProfile } from "./profiles.js";
import { Reader } from "./reading.js";
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
  positions: null,
  profile: loadProfile(),
  sizes: null,
  calibration: null,
  scale: null,
  document: null,
  settings: null,
  saved: null,
  busy: new Set(),
  problem: null,
  notice: "",
});
const actions = new Actions(store, shell.dialog);
const reader = new Reader(store, actions);

let version = "";
/** what the estimate was made for: rig and scan, "" for none */
let ground = "";

/** @param {State} state */
function followUp(state) {
  const scan = running(state);
  if (scan && state.watched !== scan.id) store.change({ watched: scan.id });
  reader.follow(state);
  const status = state.link === "live" ? state.status : null;
  if (status) keepUp(status.version);
  const before = ground;
  ground = status ? JSON.stringify([status.rig.facts, scan?.id]) : "";
  if (status && ground !== before) suit(status);
}

/** The plan is for the rig that is there. @param {import("./types.js").Status} status */
function suit({ rig }) {
  if (rig.facts) actions.plan.suit(rig.facts.focus);
  actions.plan.estimateSoon();
}

/** A daemon of another version has another page. @param {string} now */
function keepUp(now) {
  if (version && version !== now) location.reload();
  version = now;
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
