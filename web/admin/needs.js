// What needs a person: the open alerts, and the button that says who takes care of one.
import { html, useRef, useState } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { Icon, Status } from "./icon.js";
import * as live from "./live.js";
import { NoAnswer, Refused, sendJson } from "./server.js";
import { dayTime, takenCareOf } from "./words.js";

/** As many as leave the emergency button in sight. */
const AT_FIRST = 2;
const NO_ANSWER = "The server did not answer. Try again.";

const isTaken = (alert) => Boolean(alert.acknowledged_by);

/** Those nobody takes care of come first; each group newest first, as the server sends them. */
function openAlerts() {
  const alerts = (live.overview.value.alerts ?? []).filter((alert) => alert.needs_a_person);
  return [...alerts.filter((alert) => !isTaken(alert)), ...alerts.filter(isTaken)];
}

/** What somebody takes care of is shown at first only where all is taken care of. */
const first = (alerts) =>
  alerts.slice(0, AT_FIRST).filter((alert) => isTaken(alert) === isTaken(alerts[0]));

async function take(alert) {
  const order = {
    action: "acknowledge",
    environment: live.overview.value.environment,
    subject: String(alert.id),
    reason: "Pressed on the dashboard.",
  };
  try {
    const { body } = await sendJson("POST", "/api/operations", order);
    announce({ text: body.message });
    await live.reload();
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    if (error instanceof NoAnswer) return NO_ANSWER;
    throw error;
  }
}

/** The button that was pressed is gone: reading goes on where it stood. */
function readOn(alert) {
  const sentence = document.getElementById(`alert-${alert.id}`);
  (sentence ?? document.getElementById("needs-title"))?.focus();
}

function Take({ alert }) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState(null);
  const isUnderWay = useRef(false); // set at once: a second press comes before the next drawing
  const press = async () => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setSending(true);
    const refusal = await take(alert);
    isUnderWay.current = false;
    setSending(false);
    setProblem(refusal);
    if (!refusal) requestAnimationFrame(() => readOn(alert));
  };
  return html`<button type="button" class="btn btn-outline" aria-disabled=${String(isSending)}
      onClick=${press}>I take care of it <span class="visually-hidden">(${alert.sentence})</span>
    </button>
    <div class="problem" role="alert">${problem}</div>`;
}

function Alert({ alert }) {
  return html`<li>
    <p id="alert-${alert.id}" tabindex="-1">${alert.sentence}
      ${" "}<time class="when muted" datetime=${alert.at}>${dayTime(alert.at, live.today.value)}</time></p>
    ${isTaken(alert) && html`<${Status} shape="ok" word=${takenCareOf(alert)} />`}
    ${!isTaken(alert) && live.overview.value.can_rollback && html`<${Take} alert=${alert} />`}
  </li>`;
}

export function Needs() {
  const [isAll, showAll] = useState(false);
  const alerts = openAlerts();
  if (!alerts.length) return null;
  const shown = isAll ? alerts : first(alerts);
  const isOpen = !isTaken(alerts[0]);
  const title = isOpen ? "What needs you" : "Somebody takes care of it";
  return html`<section id="needs" class="card-box ${isOpen ? "needs-open" : ""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${Icon} shape=${isOpen ? "warn" : "ok"} />${title}
    </h2>
    <ul>${shown.map((alert) => html`<${Alert} key=${alert.id} alert=${alert} />`)}</ul>
    ${shown.length < alerts.length &&
    html`<button type="button" class="btn btn-outline" onClick=${() => showAll(true)}>
      Show ${alerts.length - shown.length} more
    </button>`}
  </section>`;
}
