// Starts `tuan-rules lsp` and connects the editor to it.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

async function activate() {
  const settings = workspace.getConfiguration("tuan");
  const language = settings.get("language");
  const server = {
    command: settings.get("command"),
    // Without --lang the server takes the language that the editor says it has.
    args: language === "auto" ? ["lsp"] : ["lsp", "--lang", language],
    transport: TransportKind.stdio,
  };
  const documents = { documentSelector: [{ language: "tuan" }] };
  client = new LanguageClient("tuan", "tuan rules", server, documents);
  await client.start();
}

async function deactivate() {
  if (client) await client.stop();
}

module.exports = { activate, deactivate };
