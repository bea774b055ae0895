// /admin/incidents: every rollback there was, or the report of one, as this page's address asks.
import { html } from "/assets/vendor/ui.js";
import { Cards } from "./cards.js";
import { addressOf, behind, environment, keeping, markPage } from "./environment.js";
import { Status } from "./icon.js";
import { loadPage } from "./loading.js";
import { Report, Time, who } from "./report.js";
import { reportAddress, versionName } from "./words.js";

const HERE = addressOf(environment, "/admin/incidents");
const COLUMNS = ["When", "What", "Who", "Why", "Result", "Report"];
const RESULTS = {
  completed: ["ok", "Completed"],
  failed: ["bad", "Failed"],
  pending: ["run", "Running"],
  in_progress: ["run", "Running"],
};

const asked = new URLSearchParams(location.search);

function What({ one }) {
  const left = one.from_deployment ? versionName(one.from_deployment) : "an unknown version";
  return html`${one.kind === "forward" ? "Roll forward" : "Rollback"} from <code>${left}</code> to
    ${" "}<code>${versionName(one.target)}</code>
    <span class="title">${one.environment}</span>`;
}

function Result({ one }) {
  const [shape, word] = RESULTS[one.status];
  return html`<${Status} shape=${shape} word=${word} />
    ${one.overdue && html`<span class="title">Took longer than planned</span>`}
    ${one.undone_by && html`<span class="title">Undone since</span>`}`;
}

/** Of two of the same versions, each link has a name of its own. */
const row = (one) => ({
  key: one.rollback_id,
  cells: [
    html`<${Time} at=${one.requested_at} />`,
    html`<${What} one=${one} />`,
    who(one),
    one.reason,
    html`<${Result} one=${one} />`,
    html`<a class="btn btn-outline" href="${reportAddress(one.rollback_id)}${behind(one.environment)}">Read
      <span class="visually-hidden"> the report of ${one.requested_at}</span></a>`,
  ],
});

const counted = (count) => `${count} ${count === 1 ? "report" : "reports"}`;

function Empty() {
  return html`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${asked.get("before") ? "There are no older ones" : "No rollback yet"}</h2>
    <p>As soon as there is a rollback its report appears here.</p>
  </section>`;
}

function List({ incidents, older }) {
  return html`${incidents.length === 0 && html`<${Empty} />`}
    ${incidents.length > 0 &&
    html`<section class="card-box" aria-label="Reports">
      <${Cards} id="incidents" caption=${counted(incidents.length)} columns=${COLUMNS}
        rows=${incidents.map(row)} />
    </section>`}
    <p class="actions">
      ${asked.get("before") &&
      html`<a id="newest" class="btn btn-outline" href=${HERE}>Newest reports</a>`}
      ${older !== null &&
      html`<a id="older" class="btn btn-outline" href="/admin/incidents?before=${older}${keeping}">Older reports</a>`}
    </p>`;
}

const NotFound = () => html`<section id="missing" class="card-box" aria-labelledby="missing-title">
  <h2 id="missing-title">There is no such report</h2>
  <p>No rollback has the id in this page's address.</p>
  <p><a class="btn btn-outline" href=${HERE}>All incident reports</a></p>
</section>`;

/** Its address may not say of which environment it is. */
function drawn(incident) {
  document.title = `${incident.title} – WedSync rollback`;
  markPage(incident.environment);
  const all = addressOf(incident.environment, "/admin/incidents");
  return html`<${Report} incident=${incident} all=${all} />`;
}

const id = asked.get("id");
const before = asked.get("before");
/** Of production's page it is every environment: each row names its own. */
const query = new URLSearchParams(environment === "production" ? {} : { environment });
if (before) query.set("before", before);
markPage();
loadPage(
  id
    ? {
        name: "incident report",
        path: `/api/incidents/${encodeURIComponent(id)}`,
        draw: drawn,
        say: (incident) => incident.title,
        missing: () => html`<${NotFound} />`,
      }
    : {
        name: "list of incident reports",
        path: `/api/incidents?${query}`,
        draw: (body) => html`<${List} ...${body} />`,
        say: (body) => counted(body.incidents.length),
      },
);
