// Which environment the page is about: its address says so, and its links keep it.
const asked = new URLSearchParams(location.search).get("environment");

export const environment = asked === "staging" ? "staging" : "production";
export const other = environment === "staging" ? "production" : "staging";

/** As a sentence begins. */
export const capital = (name) => name[0].toUpperCase() + name.slice(1);

export const addressOf = (name, page = "/admin/deployments") =>
  name === "production" ? page : `${page}?environment=${name}`;

/** The parts of the page that were there before any script. */
export function markPage() {
  const badge = document.querySelector(".environment");
  badge.textContent = capital(environment);
  badge.dataset.environment = environment;
  for (const link of document.querySelectorAll("nav a")) {
    link.href = addressOf(environment, link.pathname);
  }
}
