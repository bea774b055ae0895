// The pages of public/admin/: each is shell.html around its own file of this folder. Its script is the
// one of the same name in ../admin/.
export const PAGES = [
  {
    name: "deployments",
    title: "Deployments",
    // Asked for while the scripts are still on their way; works with the session's cookie.
    firstAnswer: "/api/overview?environment=production",
    isInMenu: true,
  },
  {
    name: "flags",
    title: "Feature switches",
    firstAnswer: "/api/flags?environment=production",
    isInMenu: true,
  },
  { name: "audit", title: "Audit log", isInMenu: true },
  { name: "sign-in", title: "Sign in" },
];
