#!/usr/bin/env node
// solc for the tools that expect a native compiler (py-solc-x, brownie, slither), made of the
// npm package `solc`. `dev.py setup` puts it in place as .tools/solc/solc-v<version>.
//
//   solc --version
//   solc --standard-json [--allow-paths …] [FILE]       input from FILE or standard input
//   solc FILE… --combined-json abi,ast,bin,…  [--optimize] [--optimize-runs N] [--evm-version V]
//
// Nothing here calls process.exit() after writing: on a pipe that cuts the answer at 64 KiB.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The compiler's version. Loading the compiler takes 0.3 s, so the answer is kept in a file. */
function version() {
  const release = require("solc/package.json").version;
  const kept = join(ROOT, ".tools", "solc", `${release}.version`);
  if (existsSync(kept)) return readFileSync(kept, "utf8");
  const full = require("solc").version();
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, full);
  return full;
}

/** Imports are read from the working folder, then from node_modules. */
function readImport(path) {
  for (const base of [".", join(ROOT, "node_modules")]) {
    const file = resolve(base, path);
    if (existsSync(file)) return { contents: readFileSync(file, "utf8") };
  }
  return { error: `File not found: ${path}` };
}

function compile(input) {
  return require("solc").compile(input, { import: readImport });
}

/** Splits the command line into flags with their values, and files. */
function parse(args) {
  const withValue = new Set([
    "--allow-paths", "--base-path", "--combined-json", "--evm-version", "--include-path",
    "--optimize-runs",
  ]);
  const flags = new Map();
  const files = [];
  for (let i = 0; i < args.length; i += 1) {
    const [name, inline] = args[i].split(/=(.*)/s);
    if (!name.startsWith("-")) {
      if (!args[i].includes("=")) files.push(args[i]); // a remapping holds "="
    } else if (withValue.has(name)) {
      flags.set(name, inline ?? args[(i += 1)]);
    } else {
      flags.set(name, inline ?? "");
    }
  }
  return { flags, files };
}

function standardInput(flags, files) {
  const settings = {
    optimizer: { enabled: flags.has("--optimize"), runs: Number(flags.get("--optimize-runs") ?? 200) },
    outputSelection: { "*": { "": ["ast"], "*": ["abi", "devdoc", "userdoc", "evm"] } },
    viaIR: flags.has("--via-ir"),
  };
  if (flags.has("--evm-version")) settings.evmVersion = flags.get("--evm-version");
  const sources = Object.fromEntries(
    files.map((file) => [file, { content: readFileSync(file, "utf8") }]),
  );
  return { language: "Solidity", sources, settings };
}

/** The older output form, which slither asks for. */
function combined(output) {
  const contracts = {};
  for (const [file, byName] of Object.entries(output.contracts ?? {})) {
    for (const [name, contract] of Object.entries(byName)) {
      const { bytecode, deployedBytecode, methodIdentifiers } = contract.evm;
      contracts[`${file}:${name}`] = {
        abi: contract.abi,
        bin: bytecode.object,
        "bin-runtime": deployedBytecode.object,
        srcmap: bytecode.sourceMap,
        "srcmap-runtime": deployedBytecode.sourceMap,
        hashes: methodIdentifiers,
        devdoc: contract.devdoc,
        userdoc: contract.userdoc,
      };
    }
  }
  const named = Object.entries(output.sources ?? {}).sort(([, a], [, b]) => a.id - b.id);
  const sources = Object.fromEntries(named.map(([file, { ast }]) => [file, { AST: ast }]));
  return { contracts, sources, sourceList: named.map(([file]) => file), version: version() };
}

function main() {
  const { flags, files } = parse(process.argv.slice(2));
  if (flags.has("--version")) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version()}\n`);
  } else if (flags.has("--standard-json")) {
    process.stdout.write(compile(readFileSync(files[0] ?? 0, "utf8")));
  } else if (flags.has("--combined-json")) {
    const output = JSON.parse(compile(JSON.stringify(standardInput(flags, files))));
    const problems = output.errors ?? [];
    process.stderr.write(problems.map((problem) => problem.formattedMessage).join("\n"));
    if (problems.some((problem) => problem.severity === "error")) process.exitCode = 1;
    else process.stdout.write(`${JSON.stringify(combined(output))}\n`);
  } else {
    process.stderr.write("This solc speaks --version, --standard-json and --combined-json only.\n");
    process.exitCode = 2;
  }
}

main();
