// The npm client of Eloqua against an instance: node eloqua.js '{"url", "site", "user", "password"}'
const Eloqua = require("eloqua").default;

async function main(facts) {
  const client = new Eloqua({
    siteName: facts.site, userName: facts.user, password: facts.password, loginUrl: `${facts.url}/id`,
  });
  const contacts = await client.contacts.getAll({ count: 5 });
  return { total: contacts.total, emails: contacts.elements.map((one) => one.emailAddress) };
}

main(JSON.parse(process.argv[2])).then((told) => console.log(JSON.stringify(told)));
