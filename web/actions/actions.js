// @ts-check
import { ApiProblem, call } from "../api.js";
import { problemOf } from "../problem.js";
import { PlanActions } from "./plan.js";
import { RigActions } from "./rig.js";
import { ScanActions } from "./scans.js";
/** @typedef {import("../state.js").Store} Store */
/** @typedef {import("../elements/confirm-dialog.js").ConfirmDialog} ConfirmDialog */
/** @typedef {Record<string, (detail: any) => unknown>} Table  what to do, by the name of the event that asks for it */

/** What the page does when an element says what the person wants: one entry for each event name. */
export class Actions {
  /** @param {Store} store @param {ConfirmDialog} dialog */
  constructor(store, dialog) {
    this.store = store;
    this.dialog = dialog;
    this.plan = new PlanActions(this);
    /** @type {Table} */
    this.table = {
      ...this.plan.table,
      ...new RigActions(this).table,
      ...new ScanActions(this).table,
      "dismiss-problem": () => this.store.change({ problem: null }),
      "save-settings": ({ settings }) => this.saveSettings(settings),
    };
  }

  /** @param {EventTarget} root */
  listen(root) {
    for (const [name, act] of Object.entries(this.table)) {
      root.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));
    }
  }

  /**
   * Run one action of the person; a second press while it runs does nothing. Problems are shown, not thrown.
   * @param {string} name @param {() => Promise<unknown>} act
   */
  async once(name, act) {
    if (this.store.state.busy.has(name)) return;
    this.store.change({ problem: null, notice: "" });
    await this.quietly(name, act);
  }

  /** The same for what the page does by itself: an older message stays. @param {string} name @param {() => Promise<unknown>} act */
  async quietly(name, act) {
    try {
      await this.store.during(name, act());
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.store.change({ problem: problemOf(error) });
    }
  }

  /** @param {Record<string, unknown>} settings */
  saveSettings(settings) {
    return this.once("settings", async () => {
      try {
        const view = await call("PUT", "settings", { body: settings });
        this.store.change({ settings: view, saved: { ok: true, text: "Settings saved. The rig is open again with them.", errors: [] } });
      } catch (error) {
        const { message, hint } = problemOf(error);
        const errors = error instanceof ApiProblem ? error.errors : [];
        this.store.change({ saved: { ok: false, text: `Not saved. ${errors.length > 0 ? "" : message} ${hint}`.replace("  ", " "), errors } });
      }
    });
  }
}
