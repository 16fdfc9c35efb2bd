// @ts-check
/** What the issuer signs about a paper, EIP-712 (twin of tracer/domain/statements.py). */
import { sha256Text } from "../hashes.js";

/** Types of the statement, in the order in which they are hashed. */
export const TYPES = {
  EIP712Domain: [
    { name: "name", type: "string" }, { name: "version", type: "string" },
    { name: "chainId", type: "uint256" }, { name: "verifyingContract", type: "address" },
    { name: "salt", type: "bytes32" },
  ],
  DocumentStatement: [
    { name: "batchId", type: "bytes32" }, { name: "docType", type: "uint16" },
    { name: "commitment", type: "bytes32" }, { name: "publicCommitment", type: "bytes32" },
    { name: "openFields", type: "string[]" }, { name: "issuedAt", type: "uint64" },
  ],
};

/**
 * @typedef {{ batchId: string, docType: number, commitment: string, publicCommitment: string,
 *   openFields: string[], issuedAt: number }} Statement bytes with 0x; Unix seconds
 */

/**
 * The statement about a sealed paper. The public rendition is built from the public view and
 * nothing else, so the digest of that view's text commits to it.
 *
 * @param {import("./paper.js").Sealed} sealed
 * @param {{ batchId: string, docType: number, nowUnix: number }} about
 * @returns {Promise<Statement>}
 */
export async function buildStatement(sealed, { batchId, docType, nowUnix }) {
  return {
    batchId: `0x${batchId}`,
    docType,
    commitment: `0x${sealed.commitment}`,
    publicCommitment: `0x${await sha256Text(sealed.shown)}`,
    openFields: sealed.openFields,
    issuedAt: nowUnix,
  };
}

/**
 * The same as a wallet takes it. The salt binds it to this desk: a signature for another desk is
 * worth nothing here.
 *
 * @param {Statement} message
 * @param {{ chainId: number, contract: string, origin: string }} place
 */
export async function typedData(message, { chainId, contract, origin }) {
  return {
    types: TYPES,
    primaryType: "DocumentStatement",
    domain: {
      name: "Tracer Desk", version: "1", chainId, verifyingContract: `0x${contract}`,
      salt: `0x${await sha256Text(origin)}`,
    },
    message,
  };
}
