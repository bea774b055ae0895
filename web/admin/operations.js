// What people can do beside rolling back: each as the question that stands before it. The server
// decides once more: docs/operations.md.
import { html } from "/assets/vendor/ui.js";
import * as live from "./live.js";
import { MODES, dayTime, isForward, versionName, who } from "./words.js";

const UNDO_REASONS = [
  "It was not the release",
  "The cause is gone",
  "It was a mistake",
  "Other",
];
const RETRY_REASONS = ["The cause is gone", "The platform is back", "Other"];
const PIN_REASONS = ["The next release is ready", "The rollback was undone", "Other"];

export function undoRollback({ rollback_id: subject, database_effect: effect, ...left }) {
  const name = versionName(left);
  const current = live.overview.value.live;
  return {
    action: "roll_forward",
    kind: "forward",
    subject,
    isRed: true,
    title: "Undo the rollback?",
    sentences: [
      `The live site goes forward again to ${name}${left.title && `, ${left.title}`}, the version` +
        " that the rollback left. This takes less than 60 seconds.",
      effect,
      "What you roll forward to is not rolled back by itself: people are told instead.",
    ],
    reasons: UNDO_REASONS,
    cancel: current ? `Keep ${versionName(current)}` : "Keep current version",
    confirm: () => `Roll forward to ${name}`,
  };
}

export function tryAgain({ rollback_id: subject, kind, target, visitors_get: visitorsGet }) {
  const name = versionName(target);
  const isSame = (version) => version.deployment_id === target.deployment_id;
  const known = !isForward({ kind }) && live.overview.value.history.find(isSame);
  return {
    action: "retry",
    kind,
    subject,
    isRed: true,
    title: isForward({ kind }) ? "Try to roll forward again?" : "Try the rollback again?",
    sentences: [
      ...(visitorsGet ? [`Now: ${visitorsGet}`] : []),
      `It goes to ${name} again, as a new one. What is done already is found, and not done twice.`,
      ...(known ? [known.database_effect] : []),
    ],
    reasons: RETRY_REASONS,
    cancel: "Leave it as it is",
    confirm: () => `Try ${name} again`,
  };
}

export const liftPin = (pin) => ({
  action: "lift_pin",
  title: "Lift the pin?",
  sentences: [
    pin.sentence,
    "Lifting it sets that back to what it was before the rollback. What is live stays live.",
  ],
  reasons: PIN_REASONS,
  cancel: "Keep the pin",
  confirm: () => "Lift the pin",
});

export const checkNow = () => ({
  action: "preflight",
  title: "Check whether a rollback would work?",
  sentences: [
    "Each part that a rollback needs is tried, and nothing is changed. It takes some seconds; the" +
      " page then says what is missing.",
  ],
  reasons: ["Before a release", "Something was set up or mended", "Other"],
  cancel: "Leave it",
  confirm: () => "Check now",
});

export const unlock = () => ({
  action: "unlock",
  title: "Let it act by itself again?",
  sentences: [
    "The last rollback did not finish, so automatic rollbacks wait for a person. Unlock once you" +
      " know what visitors get. What is live stays live.",
  ],
  reasons: ["I looked, and all is well", "It was mended by hand", "Other"],
  cancel: "Keep it locked",
  confirm: () => "Unlock",
});

export const databaseForward = () => ({
  action: "database_forward",
  timeoutMs: 75_000, // it is answered when it is done
  title: "Bring the database forward?",
  sentences: [
    "What rollbacks took back in the app's database comes forward again. Traffic stays where it is," +
      " and nothing is deleted.",
    "The version that is live meets the newer rules again, and what it writes against them is" +
      " refused: let the release that needs them go live soon.",
    "If rows that were written since contradict those rules it stops, names them, and nothing has" +
      " changed.",
  ],
  reasons: ["The next release needs it", "It was not the database", "Other"],
  cancel: "Leave the database",
  confirm: () => "Bring it forward",
});

export const acceptDatabase = () => ({
  action: "accept_database",
  title: "Go on with this database?",
  sentences: [
    "It is not the one that was known: it was restored, is a branch, or the address was changed." +
      " Nothing in it is changed by this.",
    "From then on rollbacks plan for it as it is now. If it is the wrong one, set APP_DATABASE_URL" +
      " to the right one instead.",
  ],
  reasons: ["It was restored on purpose", "The app has moved to it", "Other"],
  cancel: "Do not accept it",
  confirm: () => "Go on with it",
});

/** What a version in quarantine is called when it is lifted; null: nobody knew what was left. */
export const quarantineSubject = ({ git_sha: sha, deployment_id: id }) =>
  sha === "unknown" ? id : sha;

export function liftQuarantine(version) {
  const name = versionName(version);
  return {
    action: "lift_quarantine",
    subject: quarantineSubject(version),
    title: `Lift the quarantine of ${name}?`,
    sentences: [
      `${who(version.by)}, ${dayTime(version.since, live.now.value)}: ${version.reason}`,
      `${name} may then be gone back to again, also by an automatic rollback. Nothing else changes.`,
    ],
    cancel: "Keep it away",
    confirm: () => `Lift ${name}`,
  };
}

export const setMode = (mode) => ({
  action: "set_mode",
  subject: mode,
  title: "Change what happens by itself?",
  sentences: ["Rolling back by hand works in each of them."],
  choices: {
    legend: "When the evidence is enough",
    options: Object.entries(MODES).map(([subject, { name, means }]) => ({
      subject,
      label: name,
      about: means,
    })),
  },
  cancel: `Keep it ${MODES[mode]?.name.toLowerCase() ?? mode}`,
  confirm: (subject) => `Set to ${MODES[subject]?.name.toLowerCase() ?? subject}`,
});

const NO_FLOOR = { subject: "", label: "No floor", about: "Any version that was live and well." };

/** The floor as it is now comes first, so that it is always in sight. */
export function setFloor(floor) {
  const versions = live.overview.value.history.filter((version) => version.live_from);
  const options = versions.map(({ deployment_id: subject, title, live_from: from, ...version }) => ({
    subject,
    label: html`<code>${versionName({ deployment_id: subject, ...version })}</code> ${title}`,
    about: `Live from ${dayTime(from, live.now.value)}.`,
  }));
  const now = options.find(({ subject }) => subject === floor) ?? {
    subject: floor,
    label: html`<code>${floor}</code>`,
  };
  const others = options.filter((option) => option !== now);
  return {
    action: "set_security_floor",
    subject: floor ?? "",
    title: "Move the security floor?",
    sentences: [
      "Nobody goes back to what first went live before it, not even with a note." +
        " Set it to the release that closed a hole.",
    ],
    choices: {
      legend: "Never go back past",
      options: floor ? [now, NO_FLOOR, ...others] : [NO_FLOOR, ...others],
    },
    cancel: "Keep the floor",
    confirm: (subject) => (subject ? "Set this floor" : "Remove the floor"),
  };
}
