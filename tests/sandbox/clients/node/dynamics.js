// dynamics-web-api against an environment: node dynamics.js '{"url", "token"}'
const { DynamicsWebApi } = require("dynamics-web-api");

async function main(facts) {
  const api = new DynamicsWebApi({
    serverUrl: facts.url,
    dataApi: { version: "9.2" },
    onTokenRefresh: async () => facts.token,
  });
  const who = await api.callFunction({ functionName: "WhoAmI" });
  const id = await api.create({
    collection: "leads",
    data: { lastname: "Node", subject: "s", emailaddress1: "node@example.com" },
  });
  const row = await api.update({ collection: "leads", key: id, data: { firstname: "Nora" }, returnRepresentation: true });
  api.startBatch();
  api.create({ collection: "leads", data: { lastname: "Batch", subject: "s" } });
  api.retrieveMultiple({ collection: "leads", select: ["lastname"], inChangeSet: false });
  const batch = await api.executeBatch();
  const page = await api.retrieveMultiple({
    collection: "leads", select: ["lastname"], filter: "statecode eq 0", maxPageSize: 1, includeAnnotations: "*",
  });
  const all = await api.retrieveAll({ collection: "leads", select: ["lastname"] });
  let missing = null;
  try {
    await api.retrieve({ collection: "leads", key: "00000000-0000-0000-0000-000000000001" });
  } catch (error) {
    missing = { status: error.status, code: error.code };
  }
  return {
    user: who.UserId, id, firstname: row.firstname, batch: batch.length,
    page: page.value.length, more: Boolean(page.oDataNextLink), all: all.value.map((one) => one.lastname), missing,
  };
}

main(JSON.parse(process.argv[2])).then((told) => console.log(JSON.stringify(told)));
