// Node's own servers, with the paths of origin.py:
//
//     node node_server.js FOLDER CERTIFICATE KEY PORT PORT PORT
//
// The ports are for `http`, `https` and `http2`, in this order. One handler serves all three.

"use strict";

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const http = require("node:http");
const http2 = require("node:http2");
const https = require("node:https");

const [folder, certificate, key, ...ports] = process.argv.slice(2);

const FILES = {
  "/": readFileSync(`${folder}/index.html`),
  "/large": readFileSync(`${folder}/large`),
};
const PIECES = Array.from({ length: 100 }, (_, number) => `${number} `.repeat(number + 1));
const LINK = "</style.css>; rel=preload; as=style";

function whole(response, body, status = 200, fields = {}) {
  response.writeHead(status, { "content-length": Buffer.byteLength(body), etag: '"same"', ...fields });
  response.end(body);
}

function digest(request, response) {
  const hash = createHash("sha256");
  let length = 0;
  request.on("data", (data) => {
    hash.update(data);
    length += data.length;
  });
  request.on("end", () => {
    const framing = request.headers["transfer-encoding"] === "chunked" ? "chunked" : "length";
    const fields = { framing, "request-trailer": request.trailers.checksum ?? "none" };
    whole(response, `${hash.digest("hex")} ${length}`, 200, fields);
  });
}

function echo(request, response) {
  const pieces = [];
  request.on("data", (data) => pieces.push(data));
  request.on("end", () => {
    for (const piece of pieces) response.write(piece);
    response.end();
  });
}

function trailers(response) {
  response.writeHead(200, { trailer: "checksum" });
  for (const piece of PIECES) response.write(piece);
  response.addTrailers({ checksum: createHash("sha256").update(PIECES.join("")).digest("hex") });
  response.end();
}

function handle(request, response) {
  // A client that goes away is no error of a server.
  request.on("error", () => {});
  response.on("error", () => {});
  switch (request.url) {
    case "/app/echo":
      return echo(request, response);
    case "/app/digest":
      return digest(request, response);
    case "/app/refuse":
      return whole(response, "too much\n", 413);
    case "/app/chunks":
      for (const piece of PIECES) response.write(piece);
      return response.end();
    case "/app/trailers":
      return trailers(response);
    case "/app/hints":
      response.writeEarlyHints({ link: LINK });
      return whole(response, "hinted\n");
    default:
      if (request.headers["if-none-match"] === '"same"') {
        response.writeHead(304, { etag: '"same"' });
        return response.end();
      }
      return whole(response, FILES[request.url]);
  }
}

const secrets = { cert: readFileSync(certificate), key: readFileSync(key) };
// By default a session takes no further stream while 10 MB wait to be sent, and every `large` is as much.
const options = { ...secrets, maxSessionMemory: 100 };
const servers = [
  http.createServer(handle),
  https.createServer(secrets, handle),
  http2.createSecureServer(options, handle),
];

servers.forEach((server, index) => {
  server.on("checkContinue", (request, response) => {
    if (request.url !== "/app/refuse") response.writeContinue();
    handle(request, response);
  });
  server.on("clientError", (_, socket) => socket.destroy());
  server.on("sessionError", () => {});
  server.listen(Number(ports[index]), "127.0.0.1");
});
