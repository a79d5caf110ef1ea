// @ts-check
// Icons drawn by hand on a 24 x 24 grid, as strokes.

const SVG = "http://www.w3.org/2000/svg";

const SHAPES = Object.freeze({
  near: ["M5 20V9a7 7 0 0 1 14 0v11", "M9 20v-9a3 3 0 0 1 6 0v9"],
  far: ["M3 19l6-9 4 6 3-4 5 7z"],
  check: ["M5 12.5l5 5L19 7"],
  plus: ["M12 5v14M5 12h14"],
  minus: ["M5 12h14"],
  cross: ["M6 6l12 12M18 6L6 18"],
  play: ["M8 5l11 7-11 7z"],
  pause: ["M8 5v14M16 5v14"],
  stop: ["M6 6h12v12H6z"],
  download: ["M12 4v11M7 11l5 5 5-5M5 20h14"],
  trash: ["M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5"],
  home: ["M4 11l8-7 8 7M6 10v10h12V10"],
  left: ["M15 5l-7 7 7 7"],
  right: ["M9 5l7 7-7 7"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v5M12 7.5v.5"],
  warning: ["M12 4l9 16H3z", "M12 10v4M12 17v.5"],
  lock: ["M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3"],
  light: ["M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.9c.5.4.5 1.1.5 1.6h6c0-.5 0-1.2.5-1.6A6 6 0 0 0 12 3z"],
  sweep: ["M4 5h16M7 10h10M4 15h16M7 20h10"],
  mask: ["M4 4h16v16H4z", "M8 16c0-5 2-8 4-8s4 3 4 8z"],
  depth: ["M4 8l8-4 8 4-8 4zM4 12l8 4 8-4M4 16l8 4 8-4"],
  compare: ["M12 3v18M4 6h5v12H4zM15 6h5v12h-5z"],
});

/** @param {keyof typeof SHAPES} name */
export function icon(name) {
  const picture = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" });
  picture.append(...SHAPES[name].map((d) => svg("path", { d })));
  return picture;
}

/** An SVG element. @param {string} name @param {Record<string, string|number>} attributes */
export function svg(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
