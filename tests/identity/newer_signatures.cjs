// Loaded into Azurite before its own code. What a user delegation key signs has two lines more since version
// 2026-04-06 of storage, for request headers and query parameters that a link may be tied to. Azurite 3.35 knows
// signatures as they were before; ours are tied to none, so the lines are empty.
const path = require("path");

const sources = path.join(path.dirname(require.resolve("azurite/package.json")), "dist", "src");
const signatures = require(path.join(sources, "blob", "authentication", "IBlobSASSignatureValues.js"));
const { computeHMACSHA256 } = require(path.join(sources, "common", "utils", "utils.js"));

// Of the end of what is signed: how a browser is to be served.
const HEADERS_OF_THE_ANSWER = 5;

const known = signatures.generateBlobSASSignatureWithUDK;
signatures.generateBlobSASSignatureWithUDK = (values, resource, account, key) => {
  const lines = known(values, resource, account, key)[1].split("\n");
  if (values.version >= "2026-04-06") lines.splice(-HEADERS_OF_THE_ANSWER, 0, "", "");
  const signed = lines.join("\n");
  return [computeHMACSHA256(signed, key), signed];
};
