// @ts-check
import { ApiProblem, call } from "../api.js";
import { toPlan } from "../plan.js";
import { problemOf } from "../problem.js";
import { saveProfile } from "../profiles.js";

/** Starting, steering and deleting scans. */
export class ScanActions {
  /** @param {import("./actions.js").Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.store = actions.store;
    /** @type {import("./actions.js").Table} */
    this.table = {
      "start-scan": () => this.start(),
      "pause-scan": ({ id }) => this.steer("pause", id),
      "resume-scan": ({ id }) => this.resume(id),
      "cancel-scan": ({ id, name }) => this.cancel(id, name),
      "delete-scan": ({ id, name }) => this.delete(id, name),
      "new-scan": () => this.store.change({ watched: null }),
      "choose-profile": ({ profile }) => this.choose(profile),
    };
  }

  start() {
    return this.actions.once("start", async () => {
      const scan = await call("POST", "scans", { body: this.plan() });
      const { status } = this.store.state;
      this.store.change({ status: status && { ...status, scan }, watched: scan.id });
    });
  }

  /** @param {import("../types.js").Profile} profile */
  choose(profile) {
    this.store.change({ profile });
    saveProfile(profile);
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
    return this.actions.once("steer", async () => {
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
    if (await this.actions.dialog.ask(`Cancel “${name}”?`, text, "Cancel the scan", "Keep scanning")) await this.steer("cancel", id);
  }

  /** @param {string} id @param {string} name */
  async delete(id, name) {
    const text = "All its stacked images and slices are removed from the scanner. This cannot be undone.";
    if (!(await this.actions.dialog.ask(`Delete “${name}”?`, text, "Delete", "Keep"))) return;
    await this.actions.once("delete", async () => {
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
}
