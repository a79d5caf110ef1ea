// @ts-check
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Route} Route */

/** Holds the one state of the page and tells its listeners, once for all changes made in one go. */
export class Store {
  #pending = false;
  /** @type {Set<(state: State) => void>} */
  #listeners = new Set();

  /** @param {State} state */
  constructor(state) {
    this.state = state;
  }

  /** @param {(state: State) => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** @param {Partial<State>} patch */
  change(patch) {
    this.state = { ...this.state, ...patch };
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      for (const listener of this.#listeners) listener(this.state);
    });
  }

  /** Mark an action as on its way until the promise settles. @param {string} name @param {Promise<unknown>} promise */
  async during(name, promise) {
    this.change({ busy: new Set([...this.state.busy, name]) });
    try {
      return await promise;
    } finally {
      this.change({ busy: new Set([...this.state.busy].filter((other) => other !== name)) });
    }
  }
}

/** Where the part of the address after # leads. @param {string} hash @returns {Route} */
export function route(hash) {
  const [page, id = "", word, number] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const position = word === "positions" && /^\d+$/.test(number ?? "") ? Number(number) : null;
  if (page === "scans") return { page, id, position };
  return { page: page === "settings" ? page : "scan", id: "", position: null, step: id };
}

/** The scan that holds the rig now, else null. @param {State} state */
export function running(state) {
  const scan = state.status?.scan ?? null;
  return scan && scan.state !== "finished" ? scan : null;
}

/** What the rig does now by itself, outside a scan, in a few words; "" for nothing. @param {State} state */
export function activity(state) {
  return state.status?.rig.activity ?? "";
}

/** The newest scan that waits to be resumed while none holds the rig, else null. @param {State} state */
export function interrupted(state) {
  if (!state.status || running(state)) return null;
  return state.scans?.find((scan) => scan.state === "paused") ?? null;
}

/** The scan that the page shown now is about, else null. @param {State} state */
export function shownScan(state) {
  const { page, id } = state.route;
  const shown = page === "scan" ? state.watched : id;
  return shown ? findScan(state, shown) : null;
}

/** The reports on the stacks of a scan, null while they are not read. @param {State} state @param {string} id */
export function reportsOf(state, id) {
  return state.positions?.scan === id ? state.positions.list : null;
}

/** What is known of a scan: the live snapshot first, then the list. @param {State} state @param {string} id */
export function findScan(state, id) {
  const live = state.status?.scan;
  return live?.id === id ? live : (state.scans?.find((scan) => scan.id === id) ?? null);
}
