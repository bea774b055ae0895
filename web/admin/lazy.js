// What the page can do without at first: it is fetched once the emergency button works.
import { signal } from "/assets/vendor/ui.js";

/** What later.js exports; null until it is there. */
export const later = signal(null);
export const isLost = signal(false);

let loading = null;

/** Resolves to the module, or to null if it cannot be had now: ask again then. */
export function loadLater() {
  loading ??= import("./later.js").then(
    (module) => {
      isLost.value = false;
      return (later.value = module);
    },
    () => {
      loading = null;
      isLost.value = true;
      return null;
    },
  );
  return loading;
}
