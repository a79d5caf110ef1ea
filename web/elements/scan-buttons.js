// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { icon } from "../icons.js";
import { archivesOf, programOf } from "../profiles.js";
import { running } from "../state.js";
/** @typedef {import("../types.js").ScanStatus} ScanStatus */
/** @typedef {import("../types.js").State} State */
/** @typedef {"first"|"list"|"own"} Where */

/** What can be done with one scan as it stands now. */
export class ScanButtons extends HTMLElement {
  /** @type {ScanStatus|null} */
  #scan = null;
  #pause = this.#action("Pause", "pause", "pause-scan");
  #resume = this.#action("Resume", "play", "resume-scan", "primary");
  #cancel = this.#action("Cancel", "stop", "cancel-scan");
  #images = download("Images");
  #slices = download("All slices");
  #view = h("a", { class: "button" }, icon("compare"), h("span", {}, "View"));
  #delete = this.#action("Delete", "trash", "delete-scan", "danger-quiet");
  #next = button({ label: "New scan", icon: "plus", onclick: () => emit(this, "new-scan") });

  connectedCallback() {
    this.replaceChildren(h("div", { class: "buttons" },
      this.#resume, this.#pause, this.#cancel, this.#images, this.#slices, this.#view, this.#next, this.#delete));
  }

  /** @param {ScanStatus} scan @param {State} state @param {Where} where  the first page, the list of scans, or the page of the scan itself, which has its own downloads */
  update(scan, state, where) {
    const { busy, link } = state;
    this.#scan = scan;
    const held = running(state)?.id === scan.id;
    const unfinished = scan.state === "paused" || (scan.reason === "failed" && scan.problem?.code !== "plan");
    show(this.#resume, unfinished);
    this.#images.classList.toggle("primary", !unfinished);
    this.#offer(scan, held, where === "first");
    this.#give(scan, state.profile, where === "list" || (where === "first" && !held));
    const stuck = busy.has("steer") || busy.has("delete") || link !== "live";
    for (const each of [this.#pause, this.#resume, this.#cancel, this.#delete]) each.disabled = stuck;
  }

  /** @param {ScanStatus} scan @param {boolean} held  whether it holds the rig @param {boolean} watched  shown on the first page */
  #offer({ id, state }, held, watched) {
    show(this.#pause, state === "running");
    show(this.#cancel, held);
    show(this.#view, watched && !held);
    show(this.#next, watched && !held);
    show(this.#delete, !held && !watched);
    this.#view.href = `#/scans/${encodeURIComponent(id)}`;
  }

  /** @param {ScanStatus} scan @param {import("../types.js").Profile} profile @param {boolean} here  whether downloads are offered here */
  #give({ id, stacked, slices_done }, profile, here) {
    const { stacks, slices } = archivesOf(id, profile);
    show(this.#images, stacked > 0 && here);
    show(this.#slices, slices_done > 0 && here);
    this.#images.href = stacks;
    setText(/** @type {Node} */ (this.#images.querySelector("span")), `Images for ${programOf(profile).name}`);
    this.#slices.href = slices;
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
