// soap against the service, by the WSDL that it serves: node saleslink.js '{"wsdl", "user", "password"}'
const soap = require("soap");

async function main(facts) {
  const client = await soap.createClientAsync(facts.wsdl);
  const header = { AuthHeader: { Username: facts.user, Password: facts.password } };
  client.addSoapHeader(header, "", "tns", "urn:saleslink:zift:lead:1");
  const lead = { ExternalId: "A-node-1", LastName: "Node", Email: "node@example.com" };
  const [first] = await client.CreateLeadAsync({ Lead: lead });
  const [again] = await client.CreateLeadAsync({ Lead: lead });
  let fault = null;
  try {
    await client.UpdateLeadAsync({ LeadId: "nobody", Field: [{ Name: "City", Value: "Ulm" }] });
  } catch (error) {
    fault = error.root.Envelope.Body.Fault.detail.ServiceFault;
  }
  return { first, again, fault };
}

main(JSON.parse(process.argv[2])).then((told) => console.log(JSON.stringify(told)));
