// How an entry of the audit log reads. Pure: no network and no page.

const ACTIONS = {
  "rollback.start": "Rollback started",
  "rollback.end": "Rollback ended",
  "database.back": "Database taken back",
  "database.left": "Database left as it was",
  "operation.acknowledge": "Alert taken care of",
  "operation.unlock": "Unlocked",
  "operation.lift_quarantine": "Quarantine lifted",
  "operation.set_mode": "Mode changed",
  "operation.set_security_floor": "Security floor moved",
  "operation.preflight": "Preflight asked for",
  "operation.database_forward": "Database brought forward",
  "operation.accept_database": "Database accepted",
  "operation.suspect": "Switch suspected",
  "flag.off": "Feature turned off",
  "flag.on": "Feature turned on",
  "flags.define": "Switches recorded",
  "pin.lift": "Pin lifted",
  "deployment.went_live": "Went live",
  "deployment.mover_known": "Who let it go live",
  "deployment.check": "Deployment checked",
  "migrations.record": "Migrations recorded",
  "archive.purge": "Archives exported and dropped",
  "archive.restore": "Archive restored",
  "archive.erase": "Rows of a person erased",
  "session.start": "Signed in",
  "session.end": "Signed out",
  "session.end_all": "Signed out on all devices",
  "session.stolen": "An old session secret was shown: signed out",
  "access.denied": "Access refused",
  "token.mint": "Access token made",
  "token.expire": "Access token set to expire",
  "token.revoke": "Access token revoked",
  "audit.restore": "Audit log restored",
  "state.recover": "State recovered",
  "break_glass.reconcile": "Break-glass journal brought in",
};

const FORWARD = { "rollback.start": "Roll forward started" };
const SHAPES = { ok: "ok", accepted: "ok", completed: "ok", failed: "bad", refused: "bad" };
const WORDS = { ok: "Done" };

const localTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/** "22 Nov 2026, 08:40:00 CET", in the viewer's zone. */
export const local = (moment) => localTime.format(new Date(moment));

/** "2026-11-22 07:40:00 UTC", as it stands in other logs. */
export const utc = (moment) =>
  `${new Date(moment).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** "break_glass.asking": a line of the journal that was written while all else was down. */
const inJournal = (action) =>
  action.replace(/^break_glass\.(.+)/, (_, event) => `Break-glass: ${event.replaceAll("_", " ")}`);

/** What was done; the log's own name for it where there is no other. */
export const doing = ({ action, facts }) =>
  (facts.undoes && FORWARD[action]) || (ACTIONS[action] ?? inJournal(action));

/** {shape, word} of what came of it. */
export const outcome = ({ result }) => ({
  shape: SHAPES[result] ?? "unknown",
  word: WORDS[result] ?? sentenceCase(result),
});

const sentenceCase = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** [name, value] of what is known beside; what is empty is left out. */
export const facts = (entry) =>
  Object.entries(entry.facts)
    .filter(([, value]) => value !== null && value !== "" && value?.length !== 0)
    .map(([name, value]) => [
      sentenceCase(name.replaceAll("_", " ")),
      typeof value === "string" ? value : JSON.stringify(value),
    ]);

export const counted = (count) => `${count} ${count === 1 ? "entry" : "entries"}`;

/** The moment after a day of the viewer's; null: it is no day. */
export function endOf(date) {
  const day = new Date(`${date}T00:00`);
  if (Number.isNaN(day.getTime())) return null;
  day.setDate(day.getDate() + 1);
  return day.toISOString();
}
