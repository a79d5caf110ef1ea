// @ts-check
import { call } from "../api.js";

const MOVE_TIMEOUT_MS = 660_000;

/** The rig by hand, and its calibrations. Where the rig stands then comes with the next snapshot. */
export class RigActions {
  /** @type {number|null} */
  #wish = null;

  /** @param {import("./actions.js").Actions} actions */
  constructor(actions) {
    this.actions = actions;
    /** @type {import("./actions.js").Table} */
    this.table = {
      "move-focus": ({ position }) => this.moveFocus(position),
      "move-axis": ({ name, angle }) => this.ask(`axis-${name}`, "PUT", "axis", { values: { name }, body: { angle } }),
      "home-axis": ({ name }) => this.ask(`axis-${name}`, "POST", "home", { values: { name } }),
      "zero-axis": ({ name }) => this.ask(`axis-${name}`, "POST", "zero", { values: { name } }),
      "release-motors": () => this.ask("motors", "POST", "release", {}),
      "stop-axes": () => this.ask("stop", "POST", "stop", {}),
      "set-light": ({ level }) => this.ask("light", "PUT", "light", { body: { level } }),
      "lock-exposure": () => this.lockExposure(),
      "calibrate-breathing": () => this.calibrateBreathing(),
      "forget-breathing": () => this.forgetBreathing(),
      "calibrate-focus": ({ distance_mm }) => this.ask("calibration", "POST", "scale", { body: { distance_mm } }),
      "forget-focus": () => this.forgetFocus(),
      "cancel-calibration": () => this.ask("calibration", "POST", "cancelCalibration", {}),
    };
  }

  /** @param {string} busy @param {"PUT"|"POST"|"DELETE"} method @param {keyof typeof import("../api.js").paths} path @param {object} options */
  ask(busy, method, path, options) {
    return this.actions.once(busy, () => call(method, path, { ...options, timeout: MOVE_TIMEOUT_MS }));
  }

  /** A slider sends more than a drive can follow: one move at a time, and only the last wish waits. @param {number} position */
  async moveFocus(position) {
    this.#wish = position;
    await this.actions.once("focus", async () => {
      while (this.#wish !== null) {
        const wish = this.#wish;
        this.#wish = null;
        await call("PUT", "focus", { body: { position: wish }, timeout: MOVE_TIMEOUT_MS });
      }
    });
  }

  lockExposure() {
    return this.actions.once("exposure", async () => {
      const { exposure } = await call("PUT", "exposure", { body: {} });
      this.actions.plan.change({ exposure });
    });
  }

  /** Where near, far or the number of slices are set for the scan, breathing is measured over the same sweep. */
  calibrateBreathing() {
    const { near, far, count } = this.actions.store.state.draft;
    const body = Object.fromEntries(Object.entries({ near, far, count }).filter(([, value]) => value !== null));
    return this.ask("calibration", "POST", "calibration", { body });
  }

  async forgetBreathing() {
    const text = "A scan of more than a few positions then begins with a calibration.";
    if (await this.actions.dialog.ask("Forget the calibration?", text, "Forget", "Keep")) await this.ask("calibration", "DELETE", "calibration", {});
  }

  async forgetFocus() {
    const text = "Distances are then what the lens says of itself, until the scale is measured again.";
    if (!(await this.actions.dialog.ask("Forget the focus scale?", text, "Forget", "Keep"))) return;
    await this.actions.once("calibration", async () => {
      await call("DELETE", "scale");
      this.actions.store.change({ scale: null }); // a single point makes no scale: the status would not tell that it went
    });
  }
}
