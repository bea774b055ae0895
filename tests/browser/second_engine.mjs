// The main story in Firefox: signs in, rolls back, waits for the end. The order comes as JSON on
// standard input; what the page was and did goes as JSON to standard output.
import { readFileSync } from "node:fs";

const order = JSON.parse(readFileSync(0, "utf8"));
const { default: puppeteer } = await import(order.driver);

/** Runs in the page before its own scripts: what is said to a screen reader, and what was forbidden. */
function listen() {
  window.said = [];
  window.forbidden = [];
  addEventListener("securitypolicyviolation", (event) => window.forbidden.push(event.violatedDirective));
  addEventListener("DOMContentLoaded", () => {
    for (const id of ["live-status", "live-alert"]) {
      const region = document.getElementById(id);
      new MutationObserver(() => region.textContent && window.said.push(region.textContent)).observe(
        region,
        { childList: true, characterData: true, subtree: true },
      );
    }
  });
}

async function tellStory(page, complaints) {
  await page.goto(`${order.address}/admin/sign-in`);
  await page.type("#token", order.token);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#rollback-btn[aria-disabled=false]");
  await page.focus("#rollback-btn");
  for (const key of ["Enter", "Tab", "Tab", " ", "Tab", "Tab", "Tab"]) await page.keyboard.press(key);
  await page.screenshot({ path: `${order.pictures}/firefox-1-dialog.png` });
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    () => document.getElementById("rollback-heading")?.textContent.includes("Rollback completed"),
    { timeout: order.patience_ms },
  );
  await page.screenshot({ path: `${order.pictures}/firefox-2-completed.png`, fullPage: true });
  // What is said stands for a while before the next: the outcome has been put there by now.
  await page.waitForFunction(() => window.said.includes("Rollback completed"), { timeout: 10_000 });
  const seen = await page.evaluate(() => ({
    said: window.said,
    forbidden: window.forbidden,
    steps: [...document.querySelectorAll("#rollback-steps li")].map((step) => step.dataset.state),
    focus: document.activeElement.id,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cookies: document.cookie,
  }));
  return { ...seen, complaints };
}

const browser = await puppeteer.launch({
  browser: "firefox",
  protocol: "webDriverBiDi",
  executablePath: order.firefox,
  headless: true,
  defaultViewport: { width: 390, height: 800 },
});
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.evaluateOnNewDocument(listen);
  console.log(JSON.stringify(await tellStory(page, complaints)));
} finally {
  await browser.close();
}
