// The error rate of the last hour: a sentence, a drawing, what went live in it, and the numbers.
import { html, signal, useEffect, useLayoutEffect, useRef, useState } from "/assets/vendor/ui.js";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { environment } from "./environment.js";
import * as live from "./live.js";
import { send } from "./server.js";
import { clockTime, counted, dayTime, doer, percent, versionName } from "./words.js";

const ADDRESS = `/api/overview?part=chart&environment=${environment}`;
const ASK_EVERY_MS = 14_000; // the page is looked at every 15 s
const MINUTE_MS = 60_000;
const HEIGHT = 200;
const MARGIN = { top: 28, right: 12, bottom: 26, left: 48 };
/** Never flatter than this, or a quiet hour looks like a bad one. */
const TOP_AT_LEAST = 0.1;
const BACK = ["rollback", "rolled_back_elsewhere"];

/** null: not asked yet. */
const chart = signal(null);
const isLost = signal(false);

let etag = null;
let askedAt = -Infinity;

async function ask() {
  if (performance.now() - askedAt < ASK_EVERY_MS) return;
  askedAt = performance.now();
  try {
    const answer = await send(ADDRESS, { headers: etag ? { "if-none-match": etag } : {} });
    etag = answer.etag ?? etag;
    if (answer.body) chart.value = answer.body;
    isLost.value = false;
  } catch {
    isLost.value = true; // the freshness of the page says why
  }
}

const minuteOf = ({ since }, moment) => (Date.parse(moment) - Date.parse(since)) / MINUTE_MS;
const rateOf = ({ requests, errors }, minute) =>
  requests[minute] ? errors[minute] / requests[minute] : null;
const momentOf = ({ since }, minute) => Date.parse(since) + minute * MINUTE_MS;
const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

function sentence(data) {
  const [requests, errors] = [sum(data.requests), sum(data.errors)];
  if (!requests) return "Nothing was counted in the last hour.";
  if (data.source === "looks") {
    return `No requests were counted in the last hour. Of ${counted(requests, "look")} of our own, ` +
      `${errors.toLocaleString("en")} failed.`;
  }
  const minutes = data.requests.map((_, minute) => rateOf(data, minute) ?? -1);
  const worst = minutes.indexOf(Math.max(...minutes));
  const most = errors ? ` The most in one minute: ${percent(minutes[worst])}, at ` +
    `${clockTime(momentOf(data, worst))}.` : "";
  return `In the last hour ${percent(errors / requests)} of ${counted(requests, "request")} failed.` +
    `${most} The limit is ${percent(data.limit)}.`;
}

/** What a marker says beside the drawing. */
function told(marker) {
  const { how } = doer({ ...marker, author: null, by: null });
  return `${versionName(marker)} ${how}${marker.title && `: ${marker.title}`}`;
}

/** ◆ and ▲, drawn: not every font has them. */
const BACK_SHAPE = "M0-7 7 0 0 7-7 0z";
const ON_SHAPE = "M0-6 7 6H-7z";
const shapeOf = (marker) => (BACK.includes(marker.how) ? BACK_SHAPE : ON_SHAPE);

/** One unit is one pixel of the page, so that its text is as large as the text around it. */
function useWidth() {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.round(box.current.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

function Drawing({ data }) {
  const [box, width] = useWidth();
  return html`<div class="chart" ref=${box}>
    ${width > 0 && html`<${Lines} data=${data} width=${width} />`}
  </div>`;
}

function Lines({ data, width }) {
  const rates = data.requests.map((_, minute) => rateOf(data, minute));
  const top = Math.max(TOP_AT_LEAST, ...rates);
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const x = scaleLinear([0, rates.length - 1], [MARGIN.left, right]);
  const y = scaleLinear([0, top], [bottom, MARGIN.top]).nice(4);
  const path = line((_, minute) => x(minute), y).defined((rate) => rate !== null);
  const alone = (minute) => rates[minute] !== null && rates[minute - 1] == null && rates[minute + 1] == null;
  const hours = [0, 20, 40, 59];
  return html`<svg role="img" aria-labelledby="error-rate-title error-rate-summary" width=${width}
    height=${HEIGHT} viewBox="0 0 ${width} ${HEIGHT}">
    ${y.ticks(4).map((tick) => html`<g key=${tick}>
      <line class="chart-grid" x1=${MARGIN.left} x2=${right} y1=${y(tick)} y2=${y(tick)} />
      <text x=${MARGIN.left - 8} y=${y(tick)} dy="0.35em" text-anchor="end">${percent(tick)}</text>
    </g>`)}
    ${hours.map((minute) => html`<text key=${minute} x=${x(minute)} y=${HEIGHT - 6}
      text-anchor=${minute === 0 ? "start" : minute === 59 ? "end" : "middle"}>
      ${clockTime(momentOf(data, minute)).split(" ")[0]}</text>`)}
    <line class="chart-limit" x1=${MARGIN.left} x2=${right} y1=${y(data.limit)} y2=${y(data.limit)} />
    <text class="chart-limit-name" x=${MARGIN.left + 4} y=${y(data.limit) - 6}>
      Limit ${percent(data.limit)}</text>
    ${data.markers.map((marker) => html`<g key=${marker.at} class="chart-marker">
      <line x1=${x(minuteOf(data, marker.at))} x2=${x(minuteOf(data, marker.at))} y1=${MARGIN.top - 6}
        y2=${bottom} />
      <path d=${shapeOf(marker)}
        transform="translate(${x(minuteOf(data, marker.at))} ${MARGIN.top - 14})" />
    </g>`)}
    <path class="chart-line" d=${path(rates) ?? ""} />
    ${rates.map((rate, minute) => alone(minute) && html`<circle key=${minute} class="chart-point"
      cx=${x(minute)} cy=${y(rate)} r="2.5" />`)}
  </svg>`;
}

function Markers({ data }) {
  if (!data.markers.length) return html`<p class="muted">Nothing went live in this hour.</p>`;
  return html`<ul class="chart-markers">
    ${data.markers.map((marker) => html`<li key=${marker.at}>
      <svg class="chart-shape" viewBox="-8 -8 16 16" aria-hidden="true">
        <path d=${shapeOf(marker)} /></svg>
      <span class="when">
        ${dayTime(marker.at, live.now.value)}</span>: ${told(marker)}
    </li>`)}
  </ul>`;
}

function Numbers({ data }) {
  const minutes = data.requests.map((_, minute) => minute).filter((minute) => data.requests[minute]);
  if (!minutes.length) return null;
  const what = data.source === "looks" ? "Looks" : "Requests";
  return html`<details>
    <summary>Show the numbers as a table</summary>
    <div class="chart-table" tabindex="0" role="region" aria-label="Error rate by minute">
      <table class="table">
        <caption class="visually-hidden">Error rate by minute</caption>
        <thead><tr><th scope="col">Minute</th><th scope="col">${what}</th>
          <th scope="col">Failed</th><th scope="col">Share</th></tr></thead>
        <tbody>
          ${minutes.reverse().map((minute) => html`<tr key=${minute}>
            <th scope="row">${clockTime(momentOf(data, minute))}</th>
            <td>${data.requests[minute].toLocaleString("en")}</td>
            <td>${data.errors[minute].toLocaleString("en")}</td>
            <td>${percent(rateOf(data, minute))}</td>
          </tr>`)}
        </tbody>
      </table>
    </div>
  </details>`;
}

export function ErrorRate() {
  const answered = live.updatedAt.value;
  useEffect(() => void ask(), [answered]);
  const data = chart.value;
  const isOld = live.isStale.value || isLost.value;
  const words = isLost.value && !data ? "It could not be loaded. This page tries again by itself."
    : data ? sentence(data) : "Loading…";
  return html`<figure id="error-rate" class="card-box" aria-labelledby="error-rate-title">
    <figcaption>
      <h2 id="error-rate-title">Error rate${isOld && data && html` <span class="tag">old</span>`}</h2>
      <p id="error-rate-summary">${words}</p>
    </figcaption>
    ${data?.since ? html`<${Drawing} data=${data} /><${Markers} data=${data} />
      <${Numbers} data=${data} />` : !data && html`<div class="chart"></div>`}
  </figure>`;
}
