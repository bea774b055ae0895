// What the page knows, as signals, and the polling that keeps it current.
import { batch, computed, signal } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { environment } from "./environment.js";
import { oneLookAtATime } from "./look.js";
import { Refused, send } from "./server.js";
import { isAbove, isOutdated, isUnfinished, news, rateNews } from "./words.js";

const OVERVIEW = `/api/overview?environment=${environment}`;
const CALM_SECONDS = 15;
const BAD_SECONDS = 5; // while it has problems
const ROLLBACK_SECONDS = 1;
const ROLLBACK_SLOW_SECONDS = 2; // when a round trip takes longer than SLOW_ANSWER_MS
const ROLLBACK_HIDDEN_SECONDS = 5;
const BACK_OFF_SECONDS = [5, 10, 20, 40, 60];
const SLOW_ANSWER_MS = 1500;
const STALE_MS = 45_000;
const UNKNOWN_MS = 120_000;
const SLOW_START_MS = 8000;
/** The first answer may take longer than the later ones: without it there is nothing to show. */
const FIRST_TIMEOUT_MS = 20_000;
const TIMEOUT_MS = 8000;

/** loading | ready | error (never loaded yet) | signed-out | no-access */
export const view = signal("loading");
export const overview = signal(null);
/** The rollback to show: under way, just ended, or failed and not yet followed by a good one. */
export const rollback = signal(null);
export const isOffline = signal(!navigator.onLine);
export const isFailing = signal(false);
export const isPageOld = signal(false);
export const isStartSlow = signal(false);

const lastAnswerAt = signal(null);
const localNow = signal(Date.now());
const serverOffset = signal(0);
const closed = signal(new Set(JSON.parse(sessionStorage.getItem("closed") ?? "[]")));

/** The server's time, ticking each second: phones have wrong clocks. */
export const now = computed(() => localNow.value + serverOffset.value);
/** The midnight before it, in the viewer's zone: what tells a day alone is drawn once a day. */
export const today = computed(() => new Date(now.value).setHours(0, 0, 0, 0));
export const updatedAt = computed(() => lastAnswerAt.value && lastAnswerAt.value + serverOffset.value);
export const isRunning = computed(() => isUnfinished(rollback.value));
export const shown = computed(() =>
  closed.value.has(rollback.value?.rollback_id) ? null : rollback.value,
);
const silence = computed(() => (lastAnswerAt.value ? localNow.value - lastAnswerAt.value : 0));
export const isStale = computed(
  () => view.value === "ready" && (isFailing.value || isOffline.value || silence.value > STALE_MS),
);
/** Too old to say anything about how it is now. */
export const isTooOld = computed(() => silence.value > UNKNOWN_MS);

let etag = null;
/** Whether the error rate was above the limit when it was last known. */
let wasAbove = null;
let overviewDueAt = 0;
let failures = 0;
let timer = null;
const { look, lookAfresh } = oneLookAtATime(lookAndPlan);
export { look };

/** Reads the overview again: something that it shows was changed from here. */
export async function reload() {
  overviewDueAt = 0;
  await lookAfresh();
}

async function lookAndPlan(signal) {
  clearTimeout(timer);
  const started = performance.now();
  try {
    await refresh(signal);
    succeeded();
  } catch (error) {
    if (signal.aborted) return; // another look follows at once
    failed(error);
  }
  plan(performance.now() - started);
}

async function refresh(signal) {
  const goesOn = isRunning.value && (await isGoingOn(rollback.value.rollback_id, signal));
  if (!goesOn || Date.now() >= overviewDueAt) await readOverview(signal);
}

/** Whether a rollback runs on, by its own status; no where that cannot be read: the overview knows. */
async function isGoingOn(id, signal) {
  try {
    await readRollback(id, signal);
  } catch {
    return false;
  }
  return isRunning.value;
}

async function readRollback(id, signal) {
  const path = `/api/rollback/status/${encodeURIComponent(id)}`;
  const { body } = await send(path, { timeoutMs: 5000, signal });
  adopt(body);
}

async function readOverview(signal) {
  const timeoutMs = lastAnswerAt.value ? TIMEOUT_MS : FIRST_TIMEOUT_MS;
  const headers = etag ? { "if-none-match": etag } : {};
  const answer = await send(OVERVIEW, { timeoutMs, signal, headers });
  overviewDueAt = Date.now() + CALM_SECONDS * 1000;
  etag = answer.etag ?? etag;
  if (answer.body === null) return;
  const isOtherUi = overview.value && overview.value.ui_version !== answer.body.ui_version;
  batch(() => {
    serverOffset.value = Date.parse(answer.body.now) - Date.now();
    isPageOld.value ||= Boolean(isOtherUi);
    adopt(answer.body.active, answer.body.viewer.name);
    overview.value = answer.body;
  });
  rateNews(wasAbove, answer.body).forEach(announce);
  wasAbove = isAbove(answer.body) ?? wasAbove;
}

/** Takes over the server's word on the rollback, and tells what changed since the last one. */
function adopt(next, viewerName = overview.value?.viewer.name) {
  if (isOutdated(rollback.value, next)) return;
  if (next && overview.value) news(rollback.value, next, viewerName).forEach(announce);
  rollback.value = next;
}

/** Shows a rollback that was just accepted, before its first status is read. */
export function follow(started) {
  rollback.value = started;
  lookAfresh();
}

export function close(rollbackId) {
  closed.value = new Set([...closed.value, rollbackId]);
  sessionStorage.setItem("closed", JSON.stringify([...closed.value]));
}

function succeeded() {
  if (isFailing.value) announce({ text: "Connection is back. Data is current." });
  failures = 0;
  batch(() => {
    view.value = "ready";
    isFailing.value = false;
    lastAnswerAt.value = localNow.value = Date.now();
  });
}

function failed(error) {
  if (error instanceof Refused && [401, 403].includes(error.status)) return deny(error.status);
  failures += 1;
  const isNews = !isFailing.value && !isDenied();
  batch(() => {
    isFailing.value = true;
    if (view.value === "loading") view.value = "error";
  });
  const text = overview.value
    ? "Cannot reach the server. Showing the last known data."
    : "The status cannot be loaded. You can still roll back.";
  if (isNews) announce({ text, region: "alert" });
}

const isDenied = () => view.value === "signed-out" || view.value === "no-access";

function deny(status) {
  etag = null; // what it stood for is gone from the page
  const text = status === 401 ? "You are signed out." : "You do not have access.";
  if (!isDenied()) announce({ text, region: "alert" });
  batch(() => {
    view.value = status === 401 ? "signed-out" : "no-access";
    overview.value = rollback.value = null;
  });
}

function plan(tookMs) {
  const seconds = secondsToNext(tookMs);
  if (seconds === null) return;
  const jitter = isRunning.value && failures === 0 ? 1 : 0.85 + Math.random() * 0.3;
  timer = setTimeout(look, seconds * jitter * 1000);
}

function secondsToNext(tookMs) {
  if (isDenied()) return null;
  if (document.hidden) return isRunning.value ? ROLLBACK_HIDDEN_SECONDS : null;
  if (failures > 0) return BACK_OFF_SECONDS[Math.min(failures, BACK_OFF_SECONDS.length) - 1];
  if (!isRunning.value) {
    const isBad = overview.value.overall.state === "bad" || wasAbove;
    return isBad ? BAD_SECONDS : CALM_SECONDS;
  }
  return tookMs > SLOW_ANSWER_MS ? ROLLBACK_SLOW_SECONDS : ROLLBACK_SECONDS;
}

/** Starts polling and the clock; call once. */
export function start() {
  setInterval(() => (localNow.value = Date.now()), 1000);
  setTimeout(() => (isStartSlow.value = true), SLOW_START_MS);
  document.addEventListener("visibilitychange", () => document.hidden || lookAfresh());
  addEventListener("offline", () => (isOffline.value = true));
  addEventListener("online", () => {
    isOffline.value = false;
    lookAfresh();
  });
  look();
}
