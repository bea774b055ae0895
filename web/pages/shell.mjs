// Puts a page together. The texts are the project's own: nothing in them is escaped.
import { PAGES } from "./pages.mjs";

const indented = (lines, depth) => lines.map((line) => " ".repeat(depth) + line).join("\n");

function menu(current) {
  if (!current.menu) return "";
  const items = PAGES.filter((page) => page.menu).map(({ name, menu }) => {
    const mark = name === current.name ? ' aria-current="page"' : "";
    return `    <li><a class="nav-link" href="/admin/${name}"${mark}>${menu}</a></li>`;
  });
  return indented(
    ['<nav aria-label="Main">', '  <ul class="nav">', ...items, "  </ul>", "</nav>"],
    4,
  );
}

function preloads({ firstAnswer }, scripts) {
  const answer = `<link rel="preload" as="fetch" crossorigin="anonymous" href="${firstAnswer}">`;
  const modules = scripts.map((script) => `<link rel="modulepreload" href="${script}">`);
  return indented([...(firstAnswer ? [answer] : []), ...modules], 2);
}

export function pageOf(page, { shell, main, scripts }) {
  const parts = {
    name: page.name,
    title: page.title,
    menu: menu(page),
    preloads: preloads(page, scripts),
    main: main.trimEnd(),
  };
  // A part that a page has nothing for takes its line with it.
  const filled = shell.replace(/^\{\{(\w+)\}\}\n/gm, (_, name) => parts[name] && `${parts[name]}\n`);
  return filled.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}
