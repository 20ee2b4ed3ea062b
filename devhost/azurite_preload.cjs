// Loaded into Azurite before its own code.
const http = require("http");

// Azurite saves its books when it is told to end, but then waits for clients without limit: this is the limit.
// It listens once, and a second signal would end it in the middle of saving. Linux sends a parent-death signal
// for each thread of the parent that ends: this listener stays.
let ending = false;
process.on("SIGTERM", () => {
  if (!ending) setTimeout(() => process.exit(0), 2000).unref();
  ending = true;
});

// Azure refuses names that XML can't carry. Azurite takes them, and every later listing of the container fails.
const UNLISTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/;

function unlistable(url) {
  try {
    return UNLISTABLE.test(decodeURIComponent(url.split("?", 1)[0]));
  } catch {
    return true;
  }
}

const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, response) {
  if (event === "request" && unlistable(request.url)) {
    response.writeHead(400, { "x-ms-error-code": "InvalidUri", "content-length": 0 });
    response.end();
    return true;
  }
  return emit.apply(this, arguments);
};

// Azurite asks for one blob by account, container, name, in this order, and its store looks only the first up in an
// index: every request walked all blobs of the account (0.7 ms a request at 5,000 blobs). The name goes first.
const { Collection } = require("lokijs");

const findOne = Collection.prototype.findOne;
Collection.prototype.findOne = function (query) {
  if (typeof query?.name === "string") query = { name: query.name, ...query };
  return findOne.call(this, query);
};
