// Where reading goes on once a dialog is closed.

/** The button that was pressed may be gone: then it goes on where that one stood. */
export function giveFocusBack({ opener, home = "main" }) {
  opener.focus();
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    (document.getElementById(home) ?? document.getElementById("main")).focus();
  });
}
