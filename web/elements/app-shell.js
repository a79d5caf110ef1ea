// @ts-check
import { h, setAttribute, setText, show } from "../dom.js";
import { bytes } from "../format.js";
import { running } from "../state.js";
import { AppBanner } from "./app-banner.js";
import { ConfirmDialog } from "./confirm-dialog.js";
import { ScanDetail } from "./scan-detail.js";
import { ScanList } from "./scan-list.js";
import { ScanPage } from "./scan-page.js";
import { SettingsForm } from "./settings-form.js";
/** @typedef {import("../types.js").State} State */

const LINK = Object.freeze({ connecting: "Connecting…", live: "Connected", lost: "No connection" });

/** The frame of the page: navigation, messages, and the one page that the address names. */
export class AppShell extends HTMLElement {
  dialog = new ConfirmDialog();
  #banner = new AppBanner();
  #pages = { scan: new ScanPage(), scans: new ScanList(), detail: new ScanDetail(), settings: new SettingsForm() };
  #links = {
    scan: h("a", { href: "#/scan" }, "Scan"),
    scans: h("a", { href: "#/scans" }, "Scans"),
    settings: h("a", { href: "#/settings" }, "Settings"),
  };
  #link = h("span", { class: "link-state", role: "status" });
  #space = h("span", { class: "space" });
  #main = h("main", { id: "main", tabindex: -1 }, ...Object.values(this.#pages));

  connectedCallback() {
    this.replaceChildren(
      h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => this.#skip(event) }, "Skip to the content"),
      h("header", {},
        h("a", { class: "brand", href: "#/scan" }, h("span", { class: "mark", "aria-hidden": "true" }), "Focusrig"),
        h("nav", { "aria-label": "Pages" }, ...Object.values(this.#links)),
        h("div", { class: "facts" }, this.#space, this.#link)),
      this.#banner, this.#main, this.dialog);
  }

  /** The address changed: start at the top of the new page. */
  moved() {
    scrollTo(0, 0);
    this.#main.focus({ preventScroll: true });
  }

  /** @param {State} state */
  update(state) {
    const shown = state.route.page === "scans" && state.route.id ? "detail" : state.route.page;
    for (const [name, page] of Object.entries(this.#pages)) {
      show(page, name === shown);
      if (name === shown) page.update(state);
    }
    if (shown !== "scan") this.#pages.scan.rest();
    for (const [name, link] of Object.entries(this.#links)) {
      setAttribute(link, "aria-current", name === state.route.page ? "page" : null);
    }
    this.#banner.update(state);
    setText(this.#link, LINK[state.link]);
    setAttribute(this.#link, "data-link", state.link);
    setText(this.#space, state.status ? `${bytes(state.status.disk_free_bytes)} free` : "");
    document.title = titleOf(state);
  }

  /** @param {Event} event */
  #skip(event) {
    event.preventDefault();
    this.#main.focus();
  }
}

/** @param {State} state */
function titleOf(state) {
  const scan = running(state);
  return scan ? `${scan.positions_done}/${scan.positions_total} ${scan.name} · Focusrig` : "Focusrig";
}

customElements.define("app-shell", AppShell);
