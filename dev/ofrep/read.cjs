/* Reads switches with the real providers: node read.cjs NODE_MODULES, with one JSON object per line
   on standard input: {provider: "server" | "web", url, headers, reads: [{key, default, context?}]}.
   Each is answered with one line: what the SDK told of each read. */

const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");

const modules = createRequire(`${process.argv[2]}/reader.js`);

async function readOnServer({ url, headers, reads }) {
  const { OpenFeature } = modules("@openfeature/server-sdk");
  const { OFREPProvider } = modules("@openfeature/ofrep-provider");
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
  const client = OpenFeature.getClient();
  const told = [];
  for (const { key, default: fallback, context } of reads) {
    told.push(await detailsOf(client, key, fallback, context));
  }
  return told;
}

async function readOnWeb({ url, headers, reads }) {
  const { OpenFeature } = modules("@openfeature/web-sdk");
  const { OFREPWebProvider } = modules("@openfeature/ofrep-web-provider");
  const statuses = [];
  const fetchImplementation = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  const options = { baseUrl: url, headers, pollInterval: 0, cacheMode: "disabled" };
  const provider = new OFREPWebProvider({ ...options, fetchImplementation });
  try {
    await OpenFeature.setProviderAndWait(provider, reads[0]?.context ?? {});
    // The same context again: what has not changed is not sent again.
    await OpenFeature.setContext({ ...(reads[0]?.context ?? {}) });
  } catch (error) {
    statuses.push(String(error.message));
  }
  const client = OpenFeature.getClient();
  const told = [];
  for (const { key, default: fallback } of reads) {
    told.push(await detailsOf(client, key, fallback));
  }
  await OpenFeature.clearProviders();
  return [...told, { statuses }];
}

async function detailsOf(client, key, fallback, context) {
  const kind = typeof fallback === "string" ? "getStringDetails" : "getBooleanDetails";
  const { value, reason, variant, errorCode } = await client[kind](key, fallback, context);
  return { key, value, reason, variant, errorCode };
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const asked = JSON.parse(line);
  const told = await (asked.provider === "web" ? readOnWeb : readOnServer)(asked);
  process.stdout.write(`${JSON.stringify(told)}\n`);
});
