// jsforce against an org: node salesforce.js '{"url", "client_id", "client_secret"}'
const { Connection } = require("jsforce");

async function main(facts) {
  const oauth2 = { clientId: facts.client_id, clientSecret: facts.client_secret, loginUrl: facts.url };
  const connection = new Connection({ oauth2, version: "62.0" });
  await connection.authorize({ grant_type: "client_credentials" });
  const described = await connection.sobject("Lead").describe();
  const made = await connection.sobject("Lead").create([
    { LastName: "Node", Company: "C", Email: "node@example.com" },
    { LastName: "", Company: "C" },
  ]);
  const loaded = await connection.bulk2.loadAndWaitForResults({
    object: "Lead",
    operation: "insert",
    input: Array.from({ length: 30 }, (_, n) => ({ LastName: `Bulk ${n}`, Company: "C" })),
    pollTimeout: 20000,
    pollInterval: 100,
  });
  const found = await connection.query("SELECT Id, LastName FROM Lead", { autoFetch: true, maxFetch: 100 });
  return {
    name: described.name,
    made: made.map((one) => one.success),
    loaded: loaded.successfulResults.length,
    failed: loaded.failedResults.length,
    found: found.records.length,
  };
}

main(JSON.parse(process.argv[2])).then((told) => console.log(JSON.stringify(told)));
