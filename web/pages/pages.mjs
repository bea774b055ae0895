// The pages of public/admin/: each is shell.html around its own file of this folder. Its script is the
// one of the same name in ../admin/. `menu`: its name there, short enough for one line on a phone.
export const PAGES = [
  {
    name: "deployments",
    title: "Deployments",
    // Asked for while the scripts are still on their way; works with the session's cookie.
    firstAnswer: "/api/overview?environment=production",
    menu: "Deployments",
  },
  { name: "audit", title: "Audit log", menu: "Audit log" },
  { name: "incidents", title: "Incident reports", menu: "Incidents" },
  { name: "sign-in", title: "Sign in" },
];
