// Looking at the server, one look at a time.

/** `read(signal)` asks and shows what came; once `signal` is aborted it is to end quietly.
 *  `look` looks now; a look already under way is the one that answers. `lookAfresh` lets go of
 *  that one: it was asked before something changed, or on a connection that is gone. */
export function oneLookAtATime(read) {
  let underWay = null;
  let asking = null;

  function look() {
    if (!underWay) {
      asking = new AbortController();
      underWay = read(asking.signal).finally(() => (underWay = null));
    }
    return underWay;
  }

  async function lookAfresh() {
    asking?.abort();
    await underWay;
    await look();
  }

  return { look, lookAfresh };
}
