// @ts-check
import { ApiProblem, call } from "./api.js";
import { complaints } from "./check.js";
import { estimateOf } from "./estimate.js";
import { saveDraft, toPlan } from "./plan.js";
import { problemOf } from "./problem.js";
import { running } from "./state.js";
/** @typedef {import("./state.js").Store} Store */
/** @typedef {import("./elements/confirm-dialog.js").ConfirmDialog} ConfirmDialog */

const ESTIMATE_DELAY_MS = 300;
const MOVE_TIMEOUT_MS = 660_000;

/** What the page does when an element says what the person wants: one entry for each event name. */
export class Actions {
  #estimateTimer = 0;
  /** @type {number|null} */
  #lens = null;

  /** @param {Store} store @param {ConfirmDialog} dialog */
  constructor(store, dialog) {
    this.store = store;
    this.dialog = dialog;
    /** @type {Record<string, (detail: any) => unknown>} */
    this.table = {
      "change-plan": (patch) => this.changePlan(patch),
      "move-lens": ({ lens }) => this.moveLens(lens),
      "move-axis": ({ name, angle }) => this.rig(`axis-${name}`, "PUT", "axis", { values: { name }, body: { angle } }),
      "home-axis": ({ name }) => this.rig(`axis-${name}`, "POST", "home", { values: { name } }),
      "set-light": ({ level }) => this.rig("light", "PUT", "light", { body: { level } }),
      "lock-exposure": () => this.lockExposure(),
      "calibrate-breathing": () => this.calibrate(),
      "cancel-calibration": () => this.rig("calibration", "POST", "cancelCalibration", {}),
      "forget-calibration": () => this.forget(),
      "start-scan": () => this.startScan(),
      "pause-scan": ({ id }) => this.steer("pause", id),
      "resume-scan": ({ id }) => this.resume(id),
      "cancel-scan": ({ id, name }) => this.cancel(id, name),
      "delete-scan": ({ id, name }) => this.delete(id, name),
      "new-scan": () => this.store.change({ watched: null }),
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

  /** Move the rig; where it stands then comes with the next snapshot. @param {string} busy @param {"PUT"|"POST"|"DELETE"} method @param {keyof typeof import("./api.js").paths} path @param {object} options */
  rig(busy, method, path, options) {
    return this.once(busy, () => call(method, path, { ...options, timeout: MOVE_TIMEOUT_MS }));
  }

  /** A slider sends more than a lens can follow: one move at a time, and only the last wish waits. @param {number} lens */
  async moveLens(lens) {
    this.#lens = lens;
    await this.once("lens", async () => {
      while (this.#lens !== null) {
        const wish = this.#lens;
        this.#lens = null;
        await call("PUT", "lens", { body: { lens: wish } });
      }
    });
  }

  lockExposure() {
    return this.once("exposure", async () => {
      const { exposure } = await call("PUT", "exposure", { body: {} });
      this.changePlan({ exposure });
    });
  }

  /** Where near, far or the number of slices are set for the scan, breathing is measured over the same sweep. */
  calibrate() {
    const { near, far, count } = this.store.state.draft;
    const body = Object.fromEntries(Object.entries({ near, far, count }).filter(([, value]) => value !== null));
    return this.rig("calibration", "POST", "calibration", { body });
  }

  async forget() {
    const text = "Each position is then aligned on its own, until breathing is calibrated again.";
    if (await this.dialog.ask("Forget the calibration?", text, "Forget", "Keep")) await this.rig("calibration", "DELETE", "calibration", {});
  }

  /** @param {Partial<import("./types.js").Draft>} patch */
  changePlan(patch) {
    const draft = { ...this.store.state.draft, ...patch };
    const { value } = this.store.state.estimate;
    this.store.change({ draft, estimate: { value, problem: null, errors: [] } });
    saveDraft(draft);
    this.estimateSoon();
  }

  estimateSoon() {
    clearTimeout(this.#estimateTimer);
    this.#estimateTimer = setTimeout(() => this.estimate(), ESTIMATE_DELAY_MS);
  }

  async estimate() {
    const { draft, link, status } = this.store.state;
    if (link !== "live" || running(this.store.state)) return;
    const wrong = complaints(draft, status?.rig.facts).length > 0;
    const estimate = wrong ? { value: null, problem: null, errors: [] } : await estimateOf(draft);
    if (draft === this.store.state.draft) this.store.change({ estimate });
  }

  startScan() {
    return this.once("start", async () => {
      const scan = await call("POST", "scans", { body: this.plan() });
      const { status } = this.store.state;
      this.store.change({ status: status && { ...status, scan }, watched: scan.id });
    });
  }

  plan() {
    try {
      return toPlan(this.store.state.draft);
    } catch (error) {
      const { message, hint } = problemOf(error);
      throw new ApiProblem({ code: "plan", detail: message, hint });
    }
  }

  /** @param {"pause"|"resume"|"cancel"} word @param {string} id */
  steer(word, id) {
    return this.once("steer", async () => {
      const scan = await call("POST", word, { values: { scan_id: id } });
      const { status } = this.store.state;
      if (status?.scan?.id === id) this.store.change({ status: { ...status, scan } });
    });
  }

  /** @param {string} id */
  async resume(id) {
    await this.steer("resume", id);
    if (!this.store.state.problem) location.hash = "#/scan";
  }

  /** @param {string} id @param {string} name */
  async cancel(id, name) {
    const text = "The rig stops after the slice in hand. Stacked images made so far are kept.";
    if (await this.dialog.ask(`Cancel “${name}”?`, text, "Cancel the scan", "Keep scanning")) await this.steer("cancel", id);
  }

  /** @param {string} id @param {string} name */
  async delete(id, name) {
    const text = "All its stacked images and slices are removed from the scanner. This cannot be undone.";
    if (!(await this.dialog.ask(`Delete “${name}”?`, text, "Delete", "Keep"))) return;
    await this.once("delete", async () => {
      await call("DELETE", "scan", { values: { scan_id: id } });
      const { scans, watched, status } = this.store.state;
      this.store.change({
        scans: scans?.filter((scan) => scan.id !== id) ?? null,
        watched: watched === id ? null : watched,
        status: status?.scan?.id === id ? { ...status, scan: null } : status,
        notice: `“${name}” is deleted.`,
      });
      if (location.hash.startsWith("#/scans/")) location.hash = "#/scans";
    });
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
