// /admin/audit: one page of the audit log, as the query of this page's address asks.
import { html } from "/assets/vendor/ui.js";
import { counted, doing, endOf, facts, local, outcome, utc } from "./audit-words.js";
import { Cards } from "./cards.js";
import { markPage } from "./environment.js";
import { Status } from "./icon.js";
import { loadPage } from "./loading.js";

const COLUMNS = ["When", "Who", "What", "On", "Why", "Result"];
const FIELDS = ["actor", "action", "environment", "date"];
const AUTOMATIC = "automatic";

const asked = new URLSearchParams(location.search);

/** What the page was asked for, and nothing that a form left empty. */
const given = () => FIELDS.flatMap((name) => (asked.get(name) ? [[name, asked.get(name)]] : []));

/** This page's address with another `before`. */
function addressOf(before) {
  const query = new URLSearchParams(given());
  if (before) query.set("before", before);
  const words = String(query);
  return words ? `/admin/audit?${words}` : "/admin/audit";
}

function question(before) {
  const query = new URLSearchParams(given());
  const date = query.get("date");
  if (date) query.set("until", endOf(date) ?? date);
  query.delete("date");
  if (before) query.set("before", before);
  return `/api/audit?${query}`;
}

function When({ entry }) {
  return html`<time datetime=${entry.at}>${local(entry.at)}</time>
    <span class="title">${utc(entry.at)}</span>`;
}

function What({ entry }) {
  const known = facts(entry);
  return html`${doing(entry)} <code class="title">${entry.action}</code>
    ${known.length > 0 &&
    html`<details>
      <summary>Details<span class="visually-hidden"> of entry ${entry.id}</span></summary>
      <dl class="facts">
        ${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
      </dl>
    </details>`}`;
}

function On({ entry }) {
  return html`${entry.subject && html`<span class="subject">${entry.subject}</span>`}
    ${entry.environment && html`<span class="title">${entry.environment}</span>`}
    ${!entry.subject && !entry.environment && "–"}`;
}

const row = (entry) => ({
  key: entry.id,
  cells: [
    html`<${When} entry=${entry} />`,
    entry.actor === AUTOMATIC ? "Automatically" : entry.actor,
    html`<${What} entry=${entry} />`,
    html`<${On} entry=${entry} />`,
    entry.reason ?? "–",
    html`<${Status} ...${outcome(entry)} />`,
  ],
});

function Empty() {
  const isAll = given().length === 0 && !asked.get("before");
  return html`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${isAll ? "Nothing was done yet" : "No entry fits"}</h2>
    <p>${isAll ? "What people and jobs do appears here." : "Ask for less, or show everything."}</p>
  </section>`;
}

function Ways({ older }) {
  return html`<p class="actions">
    ${asked.get("before") &&
    html`<a id="newest" class="btn btn-outline" href=${addressOf(null)}>Newest entries</a>`}
    ${older !== null &&
    html`<a id="older" class="btn btn-outline" href=${addressOf(older)}>Older entries</a>`}
  </p>`;
}

/** As many as one file holds, from the newest on: for older ones a day is chosen first. */
function Csv() {
  const query = question(null);
  return html`<p class="save">
    <a id="csv" class="btn btn-outline" aria-describedby="csv-hint" download
      href="${query}${query.endsWith("?") ? "" : "&"}format=csv">Download CSV</a>
    <span id="csv-hint" class="form-text">The newest 5,000 of these entries, times in UTC.</span>
  </p>`;
}

function Entries({ entries, older }) {
  return html`${entries.length === 0 && html`<${Empty} />`}
    ${entries.length > 0 &&
    html`<section class="card-box" aria-label="Entries">
      <${Cards} id="entries" caption=${counted(entries.length)} columns=${COLUMNS}
        rows=${entries.map(row)} />
      <${Csv} />
    </section>`}
    <${Ways} older=${older} />`;
}

/** An action that is not in the list, from an address that somebody made: it stays chosen. */
function fillIn(name) {
  const field = document.getElementById(name);
  const value = asked.get(name) ?? "";
  if (name === "action" && value && ![...field.options].some((one) => one.value === value)) {
    field.add(new Option(value, value));
  }
  field.value = value;
}

FIELDS.forEach(fillIn);
markPage();
loadPage({
  name: "audit log",
  path: question(asked.get("before")),
  draw: (body) => html`<${Entries} ...${body} />`,
  say: (body) => counted(body.entries.length),
});
