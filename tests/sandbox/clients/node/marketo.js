// node-marketo-rest against a subscription: node marketo.js '{"url", "client_id", "client_secret", "list"}'
const Marketo = require("node-marketo-rest");

async function main(facts) {
  const marketo = new Marketo({
    endpoint: `${facts.url}/rest`,
    identity: `${facts.url}/identity`,
    clientId: facts.client_id,
    clientSecret: facts.client_secret,
  });
  const written = await marketo.lead.createOrUpdate(
    [{ email: "node@example.com", firstName: "Nora" }],
    { lookupField: "email" },
  );
  const found = await marketo.lead.find("email", ["node@example.com"], { fields: ["id", "email", "firstName"] });
  const added = await marketo.list.addLeadsToList(facts.list, [found.result[0].id]);
  const members = await marketo.list.getLeads(facts.list, { fields: ["email"] });
  return {
    written: written.result[0].status,
    found: found.result,
    added: added.result[0].status,
    members: members.result.map((one) => one.email),
  };
}

main(JSON.parse(process.argv[2])).then((told) => console.log(JSON.stringify(told)));
