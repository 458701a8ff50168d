import { ApiError } from '../api/transport.mjs';
import { baseName } from '../lib/paths.mjs';

/** @typedef {import('../api/api.mjs').Api} Api */
/** @typedef {import('../lib/types.mjs').Item} Item */
/**
 * @typedef {{key: string, values: Record<string, string>, detail: string}} Told  a text of ours, or in its
 *   place the server's own sentence
 */

/** Targets by the names that the host and its extensions give themselves, in every language. */
const NAMES = /** @type {Record<string, string>} */ ({
  txt2img: 'txt2img',
  img2img: 'img2img',
  inpaint: 'Inpaint',
  extras: 'Extras',
  control: 'Control',
  'controlnet-txt2img': 'ControlNet (txt2img)',
  'controlnet-img2img': 'ControlNet (img2img)',
  openoutpaint: 'openOutpaint',
});
/** Tabs of the host: the others are of extensions, which take a picture from the page. */
const TABS = ['txt2img', 'img2img', 'inpaint', 'extras', 'control'];
/** Problems that the host's page tells by a word, and those that we find ourselves. */
const PROBLEMS = /** @type {Record<string, string>} */ ({
  missing: 'send.missing',
  timeout: 'send.timeout',
  'no-infotext': 'send.no-infotext',
  video: 'send.video',
  gone: 'send.gone',
});
/** How often a page in a host looks whether a script sends a picture. */
const CLAIM_MS = 3000;
/** Longer than the host's page takes for any order, so that no answer means that there is no such page. */
const ANSWER_MS = 70_000;

/** @type {Api|null} */
let api = null;
/** @type {string[]} */
let targets = [];
let timer = 0;

/**
 * Asks the host around this page, or the one that opened its window, where pictures can be sent.
 * @param {Api} server
 * @param {(told: Told) => void} tellLate  gets why a host could not take what was said to be sent
 */
export function connectHost(server, tellLate) {
  api = server;
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== location.origin || source !== hostWindow()) return;
    if (data?.type === 'iib-late') tellLate(failure(String(data.problem), String(data.target)));
    if (data?.type !== 'iib-targets' || !Array.isArray(data.targets)) return;
    targets = data.targets.filter(
      (/** @type {unknown} */ target) => typeof target === 'string' && target in NAMES,
    );
  });
  ask();
  planClaim();
  window.addEventListener('focus', () => {
    ask(); // extensions may have come meanwhile
    planClaim();
  });
}

function planClaim() {
  clearTimeout(timer);
  timer = window.setTimeout(claim, CLAIM_MS);
}

/** Whether this page is in a tab of a host, or was opened from one. */
export function isInHost() {
  return targets.length > 0;
}

/** Whether this page is in the tab of a host. */
export function isFramed() {
  return window.parent !== window;
}

/** Shows the host's own tabs, where this page fills the window. */
export function showHost() {
  window.parent.postMessage({ type: 'iib-up' }, location.origin);
}

/** Delivers what a script sends by the API. No answer is given here: the script asks the server. */
async function claim() {
  const host = window.parent === window ? null : hostWindow();
  if (!host || !api) return;
  if (!isInHost()) {
    planClaim();
    return;
  }
  try {
    const { send } = await api.claimSend();
    planClaim();
    if (send) await handOver(host, { ...send, name: baseName(send.path), date: 0 });
  } catch (error) {
    // No server, or a login has ended: asked again when the user comes back.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Where pictures can be sent, in the order of a menu; none outside of a host. @returns {string[]} */
export function hostTargets() {
  ask();
  return targets;
}

/**
 * The name of a target for people.
 * @param {string} target
 */
export function targetName(target) {
  return NAMES[target] ?? target;
}

/**
 * The words of a menu entry or a button, such as "Send to img2img".
 * @param {import('../lib/i18n.mjs').Translate} t
 * @param {string} target
 */
export function sendLabel(t, target) {
  return t('send.to', { target: targetName(target) });
}

/**
 * Sends a picture and how it was made into a tab of the host, which shows that tab then. Never
 * raises: what is to be told is its answer.
 * @param {Item} item
 * @param {string} target  one of ``hostTargets()``
 * @param {boolean} [generate]  the host makes a picture of it at once
 * @returns {Promise<Told>}
 */
export async function sendTo(item, target, generate = false) {
  try {
    await deliver(item, target, generate);
    return told(generate ? 'send.generating' : 'send.done', target);
  } catch (problem) {
    if (problem instanceof ApiError)
      return { ...told('send.failed', target), detail: problem.message };
    if (typeof problem !== 'string') throw problem;
    return failure(problem, target);
  }
}

/**
 * @param {string} problem  a word, or a sentence of the host's
 * @param {string} target
 * @returns {Told}
 */
function failure(problem, target) {
  if (problem in PROBLEMS) return told(PROBLEMS[problem], target);
  return { ...told('send.failed', target), detail: problem === 'failed' ? '' : problem };
}

/**
 * @param {Item} item
 * @param {string} target
 * @param {boolean} generate
 */
async function deliver(item, target, generate) {
  const host = hostWindow();
  if (!host || !api) throw 'gone';
  if (!targets.includes(target)) throw 'missing';
  if (item.kind !== 'image' && target !== 'txt2img') throw 'video';
  const { id } = await api.send(item.path, target);
  const problem = await handOver(host, {
    id,
    target,
    name: item.name,
    path: item.path,
    date: item.date,
    generate,
  });
  if (problem) throw problem;
}

/**
 * Gives a ticket to the host's page, and waits for what that tells: '' or a problem.
 * @param {Window} host
 * @param {{id: string, target: string, name: string, path: string, date: number, generate?: boolean}} send
 * @returns {Promise<string>}
 */
async function handOver(host, { id, target, name, path, date, generate = false }) {
  if (!api) return 'gone';
  const sent = TABS.includes(target) ? await api.redeemSend(id) : { picture: true, infotext: true };
  if (target !== 'txt2img' && !sent.picture) return 'video';
  if (target === 'txt2img' && !sent.infotext) return 'no-infotext';
  // The editor of Control is in the host's page, as extensions are.
  const isTaken = target === 'control' || !TABS.includes(target);
  const picture = isTaken ? await api.blob(path, date) : undefined;
  const answer = waitForAnswer(id);
  const { infotext } = sent;
  host.postMessage(
    { type: 'iib-send', id, target, name, infotext, picture, generate },
    location.origin,
  );
  return answer;
}

/**
 * @param {string} id
 * @returns {Promise<string>}
 */
function waitForAnswer(id) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish('gone'), ANSWER_MS);
    /** @param {MessageEvent} event */
    const listen = ({ origin, source, data }) => {
      if (
        origin === location.origin &&
        source === hostWindow() &&
        data?.type === 'iib-sent' &&
        data.id === id
      )
        finish(String(data.problem));
    };
    /** @param {string} problem */
    const finish = (problem) => {
      clearTimeout(timer);
      window.removeEventListener('message', listen);
      resolve(problem);
    };
    window.addEventListener('message', listen);
  });
}

/**
 * The host's window: around this page, or the one that opened this page in a window of its own, or
 * that is around the gallery that did. A window of another site is none.
 * @returns {Window|null}
 */
function hostWindow() {
  if (window.parent !== window) return window.parent;
  const opener = /** @type {Window|null} */ (window.opener);
  if (!opener || !isOurs(opener)) return null;
  return isOurs(opener.parent) ? opener.parent : opener; // a host that another site shows in a frame
}

/** @param {Window} other */
function isOurs(other) {
  try {
    return other.location.origin === location.origin;
  } catch {
    return false; // another site's, which may not even be looked at
  }
}

function ask() {
  hostWindow()?.postMessage({ type: 'iib-targets?' }, location.origin);
}

/**
 * @param {string} key
 * @param {string} target
 * @returns {Told}
 */
function told(key, target) {
  return { key, values: { target: targetName(target) }, detail: '' };
}
