// Which environment the page is about: its address says so, and its links keep it.
import { html } from "/assets/vendor/ui.js";

const asked = new URLSearchParams(location.search).get("environment");

export const environment = asked === "staging" ? "staging" : "production";
const other = environment === "staging" ? "production" : "staging";

/** As a sentence begins. */
export const capital = (name) => name[0].toUpperCase() + name.slice(1);

export const addressOf = (name, page = "/admin/deployments") =>
  name === "production" ? page : `${page}?environment=${name}`;

/** Behind an address that has a query already. */
export const behind = (name) => (name === "production" ? "" : `&environment=${name}`);
export const keeping = behind(environment);

/** Behind the name of a page. */
export const ofStaging = environment === "staging" ? " of staging" : "";

/** At the end of a page: nothing stands between its beginning and what it is for. */
export const Switch = ({ page }) => html`<p id="environment-switch">This page is about
  ${" "}<strong>${environment}</strong>. <a href=${addressOf(other, page)}>${capital(other)}</a></p>`;

/** The parts of the page that were there before any script. */
export function markPage(name = environment) {
  const badge = document.querySelector(".environment");
  badge.textContent = capital(name);
  badge.dataset.environment = name;
  for (const link of document.querySelectorAll("nav a")) {
    link.href = addressOf(name, link.pathname);
  }
}
