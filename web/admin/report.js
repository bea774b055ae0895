// One incident report. Its sentences are the server's, so that page and files say the same.
import { html } from "/assets/vendor/ui.js";
import { doing, local, outcome, utc } from "./audit-words.js";
import { Cards } from "./cards.js";
import { Icon, Status } from "./icon.js";
import { duration, stepName } from "./words.js";

const STEPS = {
  wait: ["unknown", "Not started"],
  run: ["run", "Running"],
  ok: ["ok", "Done"],
  bad: ["bad", "Failed"],
  skipped: ["ok", "Not needed"],
};
const STEP_COLUMNS = ["Step", "State", "Attempts", "Took", "What it said"];
const AUDIT_COLUMNS = ["Entry", "When", "Who", "What", "Why", "Result"];

export const who = ({ automatic, requested_by: by }) => (automatic ? "Automatically" : by);

export const Time = ({ at }) => html`<time datetime=${at}>${local(at)}</time>
  <span class="title">${utc(at)}</span>`;

function Part({ id, title, children }) {
  return html`<section class="card-box" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${children}
  </section>`;
}

/** [name, what, moment]; rows whose `what` is empty are left out. */
function Facts({ rows }) {
  const known = rows.filter(([, what]) => what);
  return (
    known.length > 0 &&
    html`<dl>
      ${known.map(
        ([name, what, at]) => html`<div>
          <dt>${name}</dt>
          <dd>${at && html`<${Time} at=${at} />`} ${what}</dd>
        </div>`,
      )}
    </dl>`
  );
}

function Head({ incident, all }) {
  const file = `/api/incidents/${incident.rollback_id}?format=`;
  return html`<section class="card-box" aria-labelledby="report-title">
    <h2 id="report-title">${incident.title}</h2>
    <p>${incident.summary}</p>
    ${incident.draft && html`<p class="draft"><${Icon} shape="warn" /> ${incident.draft}</p>`}
    <p class="actions">
      <a id="markdown" class="btn btn-outline" download href="${file}markdown">Download Markdown</a>
      <a id="json" class="btn btn-outline" download href="${file}json">Download JSON</a>
      <button type="button" id="print" class="btn btn-outline" onClick=${() => window.print()}>
        Print
      </button>
      <a id="all" class="btn btn-outline" href=${all}>All incident reports</a>
    </p>
  </section>`;
}

const measured = (name, { sentence, counted }) => [
  name,
  html`${sentence} ${counted && html`<span class="title">${counted.sentence}</span>`}`,
];

function Why({ incident }) {
  const { evidence } = incident;
  if (!evidence) return html`<p>${incident.requested_by} decided: ${incident.reason}</p>`;
  const strength = evidence.log10_evidence;
  return html`<${Facts} rows=${[
    ["Verdict", evidence.sentence],
    ["Judged by", evidence.judged_by],
    ["Stream", evidence.stream],
    ["Strength", strength !== null && `log10 of the evidence: ${strength.toFixed(1)}`],
    ...evidence.gate.map((one) => ["Gate", one.sentence]),
    ["Tried", evidence.trial?.refused],
  ]} />`;
}

const stepRow = (step) => {
  const [shape, word] = STEPS[step.state];
  return {
    key: step.name,
    cells: [
      stepName(step),
      html`<${Status} shape=${shape} word=${word} />`,
      step.attempt,
      step.duration_ms === null ? "–" : duration(step.duration_ms),
      step.message ?? "–",
    ],
  };
};

const auditRow = (entry) => ({
  key: entry.id,
  cells: [
    entry.id,
    html`<${Time} at=${entry.at} />`,
    entry.actor === "automatic" ? "Automatically" : entry.actor,
    html`${doing({ ...entry, facts: {} })} <code class="title">${entry.action}</code>`,
    entry.reason ?? "–",
    html`<${Status} ...${outcome(entry)} />`,
  ],
});

function Database({ found }) {
  return html`<p>${found.sentence}</p>
    <${Facts} rows=${[
      ["Versions", found.versions.join(", ")],
      ["Warning", found.warning],
      ["Exclusive", found.is_exclusive && "The version that was left fails while it is back."],
      ["Kept out of the way", found.rows_quarantined && `${found.rows_quarantined} rows or values`],
      ["Conflicts", found.conflicts && `${found.conflicts} values`],
    ]} />`;
}

function Alert({ alert }) {
  const taken = alert.acknowledged_at &&
    `${alert.acknowledged_by} took care of it, ${local(alert.acknowledged_at)}. `;
  const over = alert.resolved_at && `Over since ${local(alert.resolved_at)}.`;
  return html`<li>
    <p><${Time} at=${alert.at} /></p>
    <div>
      <p>${alert.sentence}</p>
      <p class="muted">Alert ${alert.id}. ${alert.sent} ${taken}${over}</p>
    </div>
  </li>`;
}

const Note = ({ note }) => html`<${Part} id="note-title" title="Note">
  <p class="note">${note}</p>
<//>`;

const Next = ({ actions }) => html`<${Part} id="next-title" title="What to do next">
  <ol>${actions.map((action) => html`<li key=${action}>${action}</li>`)}</ol>
<//>`;

const Timeline = ({ events }) => html`<${Part} id="timeline-title" title="Timeline">
  <ol class="timeline">
    ${events.map(({ at, what }) => html`<li><p><${Time} at=${at} /></p><p>${what}</p></li>`)}
  </ol>
<//>`;

export function Report({ incident, all }) {
  return html`<article id="report" class="report" aria-labelledby="report-title">
    <${Head} incident=${incident} all=${all} />
    <${Part} id="short-title" title="In short">
      <${Facts} rows=${incident.facts.map(({ name, value, at }) => [name, value, at])} />
    <//>
    ${incident.note && html`<${Note} note=${incident.note} />`}
    ${incident.next_actions.length > 0 && html`<${Next} actions=${incident.next_actions} />`}
    <${Part} id="rate-title" title="Error rate">
      <${Facts} rows=${[measured("Before", incident.before), measured("After", incident.after)]} />
    <//>
    <${Part} id="why-title" title="Why"><${Why} incident=${incident} /><//>
    <${Timeline} events=${incident.timeline} />
    <section class="card-box" aria-label="Steps">
      <${Cards} id="steps" caption="Steps" columns=${STEP_COLUMNS}
        rows=${incident.steps.map(stepRow)} />
    </section>
    <${Part} id="database-title" title="Database"><${Database} found=${incident.database} /><//>
    <${Part} id="after-title" title="Afterwards"><p>${incident.watch}</p><//>
    <${Part} id="alerts-title" title="Alerts">
      ${incident.alerts.length === 0 && html`<p>None was raised.</p>`}
      ${incident.alerts.length > 0 &&
      html`<ol class="timeline">
        ${incident.alerts.map((alert) => html`<${Alert} key=${alert.id} alert=${alert} />`)}
      </ol>`}
    <//>
    <section class="card-box" aria-label="Audit log entries">
      <${Cards} id="audit" caption="Audit log" columns=${AUDIT_COLUMNS}
        rows=${incident.audit.map(auditRow)} />
    </section>
    <p class="muted">Written ${local(incident.generated_at)}, ${utc(incident.generated_at)}.</p>
  </article>`;
}
