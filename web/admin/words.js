// How facts read on the page. Pure: no network, no page, and the clock comes in as an argument.

export const STEP_NAMES = {
  record: "Record the rollback",
  switch: "Switch traffic",
  database: "Database",
  caches: "Clear caches",
  verify: "Check it works",
};

export const CHECK_NAMES = {
  api: "App",
  database: "Database",
  redis: "Cache",
  stripe: "Payments",
};

export const REASONS = [
  "Error rate is high",
  "Page does not open",
  "Wrong or missing data",
  "Other",
];

/** Whether it acts by itself. */
export const MODES = {
  automatic: { name: "Automatic", means: "Goes back when the evidence is enough." },
  shadow: { name: "Shadow", means: "Writes down what it would do, and does nothing." },
  off: { name: "Off", means: "People are told, and nothing is done by itself." },
};

const HOW = {
  deploy: "deployed",
  rollback: "rolled back",
  roll_forward: "rolled forward",
  promote: "promoted",
  rolled_back_elsewhere: "rolled back in the platform",
  observed: "seen live",
  recorded: "recorded",
};
/** Whom the server names when nobody pressed anything. */
const AUTOMATIC = "automatic";

/** Of requests that fail, as lib/health/evidence.py has it. */
const LIMIT = 0.05;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const clock = new Intl.DateTimeFormat("en-GB", CLOCK);
const dayAndClock = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...CLOCK });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "short" });

export const shortSha = (sha) => sha.slice(0, 7);

/** Its short SHA, or its id if nobody told us the SHA. */
export const versionName = ({ git_sha: sha, deployment_id: id }) =>
  sha && sha !== "unknown" ? shortSha(sha) : (id ?? "unknown");

export const reportAddress = (rollbackId) => `/admin/incidents?id=${rollbackId}`;

export const clockTime = (moment) => clock.format(new Date(moment));

/** "Today, 07:40 UTC" or "21 Nov, 07:40 UTC", in the viewer's zone. */
export function dayTime(moment, now) {
  const isToday = day.format(new Date(moment)) === day.format(new Date(now));
  return isToday ? `today, ${clockTime(moment)}` : dayAndClock.format(new Date(moment));
}

/** "1 look", "1,240 requests". */
export const counted = (count, unit) =>
  `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;

/** "52 seconds", "3 minutes": how long ago something was. */
export function age(milliseconds) {
  const past = Math.max(0, milliseconds);
  if (past < 2 * MINUTE) return counted(Math.floor(past / SECOND), "second");
  if (past < 2 * HOUR) return counted(Math.floor(past / MINUTE), "minute");
  return counted(Math.floor(past / HOUR), "hour");
}

/** The version of the database, where it is known. */
export const databaseVersion = (version) =>
  version.migration_version === "unknown" ? "Not known" : version.migration_version;

/** "0.4 %", "5 %", "52 %". */
export function percent(rate) {
  const hundredths = rate * 100;
  return `${Number(hundredths < 10 ? hundredths.toFixed(1) : Math.round(hundredths))} %`;
}

/** "26 h": how long a version was live. */
export function span(milliseconds) {
  if (milliseconds < HOUR) return `${Math.max(1, Math.round(milliseconds / MINUTE))} min`;
  if (milliseconds < 3 * DAY) return `${Math.round(milliseconds / HOUR)} h`;
  return counted(Math.round(milliseconds / DAY), "day");
}

/** "27 ms", "0.4 s", "8.2 s", "31 s". */
export function duration(milliseconds) {
  if (milliseconds < 100) return `${milliseconds} ms`;
  const seconds = milliseconds / SECOND;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** "8.2 seconds" in a sentence. */
export function took(milliseconds) {
  const seconds = milliseconds / SECOND;
  return counted(seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds), "second");
}

/** "Ada takes care of it, since 07:40 UTC". */
export const takenCareOf = (alert) =>
  `${alert.acknowledged_by} takes care of it, since ${clockTime(alert.acknowledged_at)}`;

export const isUnfinished = (rollback) =>
  rollback?.status === "pending" || rollback?.status === "in_progress";

/** Was `next` read before what is `known`? What has ended never runs again, and while one runs no
 *  other has ended since. */
export function isOutdated(known, next) {
  const isSame = known?.rollback_id === next?.rollback_id;
  return isUnfinished(known) !== isSame && isUnfinished(next) === isSame;
}

export const elapsed = (rollback, now) => Math.max(0, now - Date.parse(rollback.requested_at));

/** Position (from 1) and name of the step under way, or null. */
export function stepUnderWay(rollback) {
  const index = rollback.steps.findIndex((step) => step.state === "run");
  if (index < 0) return null;
  return { position: index + 1, of: rollback.steps.length, name: stepName(rollback.steps[index]) };
}

export const stepName = (step) => STEP_NAMES[step.name] ?? step.name;

/** Versions one can go back to: once per code version, never the live one, the recommended first. */
export function targets(overview) {
  const seen = new Set([overview.live?.git_sha]);
  const eligible = overview.history.filter((version) => {
    if (!version.eligible || seen.has(version.git_sha)) return false;
    seen.add(version.git_sha);
    return true;
  });
  const isRecommended = (version) => version.deployment_id === overview.recommended;
  return [...eligible.filter(isRecommended), ...eligible.filter((v) => !isRecommended(v))];
}

/** "healthy for 26 h", or nothing where that is not known. */
export function pastHealth(version) {
  if (version.health !== "passing") return "";
  if (!version.live_from || !version.live_until) return "healthy when it was live";
  return `healthy for ${span(Date.parse(version.live_until) - Date.parse(version.live_from))}`;
}

/** A person or job by name. */
export const who = (name) => (name === AUTOMATIC ? "Automatically" : name);

/** Who put a version live, "Mina Rao deployed"; in two parts, as only the name is printed dark. */
export function doer(version) {
  const how = HOW[version.how] ?? version.how;
  return { who: who(version.by ?? version.author ?? "Somebody"), how };
}

/** "Rollback" or "Roll forward": what this one is. A page may be newer than what answers it. */
export const whatItIs = (rollback) => (isForward(rollback) ? "Roll forward" : "Rollback");

export const isForward = (rollback) => rollback?.kind === "forward";

/** Who started a rollback and why, as a sentence. */
export function startedBy(rollback) {
  const start = rollback.automatic
    ? "Started automatically"
    : `Started by ${rollback.requested_by}`;
  return ended(rollback.reason ? `${start}: ${rollback.reason}` : start);
}

const ended = (sentence) => (/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`);

/** Above the limit by what was counted; null: that does not say. */
export function isAbove({ traffic: { verdict, is_fresh: isFresh } }) {
  if (!isFresh || !verdict?.requests) return null;
  return ["suspect", "rollback"].includes(verdict.state) && verdict.rate > LIMIT;
}

/** What to announce when the error rate crossed the limit since it was last known. */
export function rateNews(wasAbove, overview) {
  const above = isAbove(overview);
  if (wasAbove === null || above === null || above === wasAbove) return [];
  if (!above) return [{ text: "Error rate is back below 5 percent." }];
  const share = percent(overview.traffic.verdict.rate).replace("%", "percent");
  return [{ region: "alert", text: `Error rate is ${share}, above the 5 percent limit.` }];
}

/** What to announce when a rollback moved on from `before` (may be null) to `after`. */
export function news(before, after, viewerName) {
  const isSame = before?.rollback_id === after.rollback_id;
  const told = [];
  if (!isSame && isUnfinished(after) && after.requested_by !== viewerName) {
    told.push({ region: "alert", text: whoStarted(after) });
  }
  if (isUnfinished(after)) told.push(...progressNews(isSame ? before : null, after));
  if (isSame && isUnfinished(before) && !isUnfinished(after)) told.push(outcome(after));
  return told;
}

const whoStarted = (rollback) =>
  rollback.automatic
    ? "A rollback started automatically."
    : `${rollback.requested_by} started a ${whatItIs(rollback).toLowerCase()}.`;

function progressNews(before, after) {
  const told = [];
  const step = stepUnderWay(after);
  if (step && step.name !== (before && stepUnderWay(before)?.name)) {
    told.push({ region: "status", text: `Step ${step.position} of ${step.of}: ${step.name}` });
  }
  if (after.overdue && !before?.overdue) {
    const what = whatItIs(after).toLowerCase();
    told.push({ region: "alert", text: `The ${what} takes longer than 60 seconds.` });
  }
  return told;
}

function outcome(rollback) {
  if (rollback.status === "completed") {
    return { region: "status", text: `${whatItIs(rollback)} completed`, isOutcome: true };
  }
  const failed = rollback.steps.find((step) => step.state === "bad");
  const what = whatItIs(rollback);
  const where = failed ? `${what} failed at: ${stepName(failed)}.` : `${what} failed.`;
  return { region: "alert", text: `${where} ${rollback.error ?? ""}`.trim(), isOutcome: true };
}
