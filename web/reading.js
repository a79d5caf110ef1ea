// @ts-check
import { ApiProblem, call, sizeOf } from "./api.js";
import { archivesOf } from "./profiles.js";
import { shownScan } from "./state.js";
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Status} Status */

/**
 * What the page asks the daemon for beside the status. `on`: what the answer hangs on, null while it is not wanted;
 * `read`: what then changes in the state of the page.
 * @typedef {{on: (state: State, status: Status) => unknown, read: (state: State) => Promise<Partial<State>>}} Want
 */
/** @type {Readonly<Record<string, Want>>} */
const WANTS = Object.freeze({
  scans: { on: (_, status) => status.scans_revision, read: async () => ({ scans: await call("GET", "scans") }) },
  settings: { on: ({ route }) => (route.page === "settings" ? "shown" : null), read: async () => ({ settings: await call("GET", "settings") }) },
  document: { on: (_, status) => status.version, read: async () => ({ document: await call("GET", "document") }) },
  calibration: { on: (_, { rig }) => (rig.calibrated && !rig.activity ? rig.facts : null), read: async () => ({ calibration: await call("GET", "calibration") }) },
  scale: { on: scaleAsked, read: readScale },
  positions: { on: stacksAsked, read: readPositions },
  sizes: { on: sizesAsked, read: readSizes },
});

/** Reads each thing once, and again when what it hangs on has changed. */
export class Reader {
  /** @type {Record<string, string>} */
  #asked = {};

  /** @param {import("./state.js").Store} store @param {import("./actions/actions.js").Actions} actions */
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
  }

  /** @param {State} state */
  follow(state) {
    const { status } = state;
    if (state.link !== "live" || !status) {
      this.#asked = {}; // after a break it may be another scanner
      return;
    }
    for (const [name, { on, read }] of Object.entries(WANTS)) {
      this.#ask(name, on(state, status), () => read(state));
    }
  }

  /** @param {string} name @param {unknown} on @param {() => Promise<Partial<State>>} read */
  #ask(name, on, read) {
    const key = JSON.stringify(on);
    if (key === this.#asked[name]) return;
    this.#asked[name] = key;
    if (on === null) return;
    this.actions.quietly(`load-${name}`, async () => {
      const patch = await read();
      if (key === this.#asked[name]) this.store.change(patch);
    });
  }
}

/** Each measured target is a part of what is known, and only the activity tells of the first. @param {State} _ @param {Status} status */
function scaleAsked(_, { rig }) {
  return rig.facts?.focus.drive === "lens" && !rig.activity ? [rig.facts.camera, rig.focus_scale] : null;
}

/** Nothing measured yet is no problem. @returns {Promise<Partial<State>>} */
async function readScale() {
  try {
    return { scale: await call("GET", "scale") };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return { scale: null };
    throw error;
  }
}

/**
 * Reports on stacks grow with the scan: while it runs they are read again each time twice as many are flagged, or when
 * one is looked at.
 * @param {State} state
 */
function stacksAsked(state) {
  const scan = shownScan(state);
  if (!scan || scan.stacked === 0) return null;
  const { page, position } = state.route;
  if (page === "scan" && scan.flagged.length === 0) return null;
  return scan.state === "finished" ? [scan.id] : [scan.id, position, Math.floor(Math.log2(scan.flagged.length + 1))];
}

/** @param {State} state @returns {Promise<Partial<State>>} */
async function readPositions(state) {
  const scan = shownScan(state)?.id ?? "";
  return { positions: { scan, list: await call("GET", "positions", { values: { scan_id: scan } }) } };
}

/** Downloads grow with each stacked image. @param {State} state */
function sizesAsked(state) {
  const scan = state.route.page === "scans" ? shownScan(state) : null;
  return scan && scan.stacked > 0 ? [scan.id, state.profile, scan.stacked] : null;
}

/** @param {State} state @returns {Promise<Partial<State>>} */
async function readSizes(state) {
  const scan = shownScan(state)?.id ?? "";
  const { profile } = state;
  const { stacks, slices } = archivesOf(scan, profile);
  return { sizes: { scan, profile, stacks: await sizeOf(stacks), slices: await sizeOf(slices) } };
}
