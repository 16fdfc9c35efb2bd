// @ts-check
/** The wallet in the browser, by EIP-1193. It holds the key; this page never sees it. */
import { utf8 } from "../hashes.js";

/**
 * @typedef {{ request: (call: { method: string, params?: unknown[] }) => Promise<any> }} Provider
 */

const DECLINED = 4001; // EIP-1193: the person said no

/** The person declined in the wallet, or the wallet cannot do it; `key` is the words for it. */
export class WalletError extends Error {
  /** @param {string} key @param {string} [detail] */
  constructor(key, detail = "") {
    super(detail || key);
    this.key = key;
    this.detail = detail;
  }
}

/** @returns {Provider | null} */
export const findWallet = () => /** @type {any} */ (globalThis).ethereum ?? null;

/** @param {string} method @param {unknown[]} [params] */
async function call(method, params = []) {
  const wallet = findWallet();
  if (!wallet) throw new WalletError("desk.wallet.gone");
  try {
    return await wallet.request({ method, params });
  } catch (error) {
    const { code, message = "" } = /** @type {any} */ (error) ?? {};
    throw new WalletError(code === DECLINED ? "desk.wallet.declined" : "desk.wallet.failed", String(message));
  }
}

/** The account that the person lets this page use; `wanted` if it is among them. @param {string} [wanted] */
export async function chooseAccount(wanted = "") {
  const accounts = /** @type {string[]} */ (await call("eth_requestAccounts"));
  const own = accounts.find((one) => one.toLowerCase() === wanted.toLowerCase());
  if (wanted && !own) throw new WalletError("desk.wallet.account", wanted);
  if (!accounts.length) throw new WalletError("desk.wallet.locked");
  return own ?? accounts[0];
}

/** @param {string} message @param {string} address @returns {Promise<string>} */
export const signMessage = (message, address) => call("personal_sign", [`0x${utf8(message)}`, address]);

/** @param {object} typed @param {string} address @returns {Promise<string>} */
export const signTyped = (typed, address) => call("eth_signTypedData_v4", [address, JSON.stringify(typed)]);

/** See that the wallet speaks to the ledger's own chain, and ask it to. @param {number} chainId */
export async function useChain(chainId) {
  const here = Number(await call("eth_chainId"));
  if (here === chainId) return;
  const chain = String(chainId);
  await call("wallet_switchEthereumChain", [{ chainId: `0x${chainId.toString(16)}` }]).catch(() => {
    throw new WalletError("desk.wallet.chain", chain); // it does not know the chain, or the person said no
  });
  if (Number(await call("eth_chainId")) !== chainId) throw new WalletError("desk.wallet.chain", chain);
}

/** Send a transaction; its hash. @param {{ from: string, to: string, data: string }} transaction @returns {Promise<string>} */
export const sendTransaction = (transaction) => call("eth_sendTransaction", [transaction]);

/** Whether a transaction was refused by the ledger; null while it is not in a block. @param {string} hash @returns {Promise<boolean | null>} */
export async function wasRefused(hash) {
  const receipt = await call("eth_getTransactionReceipt", [hash]);
  return receipt ? Number(receipt.status) === 0 : null;
}
