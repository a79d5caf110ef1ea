// @ts-check
import { emit, h, show } from "../dom.js";
import { address } from "../api.js";
import { button } from "../fields.js";
import { icon } from "../icons.js";
import { running } from "../state.js";
/** @typedef {import("../types.js").ScanStatus} ScanStatus */
/** @typedef {import("../types.js").State} State */

/** What can be done with one scan as it stands now. */
export class ScanButtons extends HTMLElement {
  /** @type {ScanStatus|null} */
  #scan = null;
  #pause = this.#action("Pause", "pause", "pause-scan");
  #resume = this.#action("Resume", "play", "resume-scan", "primary");
  #cancel = this.#action("Cancel", "stop", "cancel-scan");
  #images = download("Stacked images");
  #slices = download("All slices");
  #view = h("a", { class: "button" }, icon("compare"), h("span", {}, "View"));
  #delete = this.#action("Delete", "trash", "delete-scan", "danger-quiet");
  #next = button({ label: "New scan", icon: "plus", onclick: () => emit(this, "new-scan") });

  connectedCallback() {
    this.replaceChildren(h("div", { class: "buttons" },
      this.#resume, this.#pause, this.#cancel, this.#images, this.#slices, this.#view, this.#next, this.#delete));
  }

  /** @param {ScanStatus} scan @param {State} state @param {boolean} watched  shown on the first page */
  update(scan, state, watched) {
    const { busy, link } = state;
    this.#scan = scan;
    this.#offer(scan, running(state)?.id === scan.id, watched);
    const stuck = busy.has("steer") || busy.has("delete") || link !== "live";
    for (const each of [this.#pause, this.#resume, this.#cancel, this.#delete]) each.disabled = stuck;
    this.#address(scan);
  }

  /** @param {ScanStatus} scan @param {boolean} held  whether it holds the rig @param {boolean} watched */
  #offer({ state, reason, problem, stacked, slices_done }, held, watched) {
    const away = !held || !watched;
    show(this.#pause, state === "running");
    const unfinished = state === "paused" || (reason === "failed" && problem?.code !== "plan");
    show(this.#resume, unfinished);
    this.#images.classList.toggle("primary", !unfinished);
    show(this.#cancel, held);
    show(this.#images, stacked > 0 && away);
    show(this.#slices, slices_done > 0 && away);
    show(this.#view, watched && !held);
    show(this.#next, watched && !held);
    show(this.#delete, !held && !watched);
  }

  /** @param {ScanStatus} scan */
  #address(scan) {
    this.#images.href = address("stacks", { scan_id: scan.id });
    this.#slices.href = address("slices", { scan_id: scan.id });
    this.#view.href = `#/scans/${encodeURIComponent(scan.id)}`;
  }

  /** @param {string} label @param {Parameters<typeof icon>[0]} name @param {string} event @param {string} [kind] */
  #action(label, name, event, kind = "") {
    return button({ label, icon: name, kind, onclick: () => emit(this, event, { id: this.#scan?.id, name: this.#scan?.name }) });
  }
}

/** @param {string} label */
function download(label) {
  return h("a", { class: "button", download: true }, icon("download"), h("span", {}, label));
}

customElements.define("scan-buttons", ScanButtons);
