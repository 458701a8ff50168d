import { stringifyExact } from './json.mjs';

/** @typedef {import('./types.mjs').GenerationInfo} GenerationInfo */

/**
 * A row of the table of parameters; ``label`` is the key of a text of ours, '' where the file's own ``name`` stands; ``search`` finds others of the
 * same value, '' where nothing can.
 * @typedef {{label: string, name: string, value: string, search: string}} ParameterRow
 */

/** Fields of the search language. @type {Record<string, string>} */
const FIELDS = {
  'param.model': 'model', 'param.hash': 'hash', 'param.sampler': 'sampler', 'param.steps': 'steps', 'param.cfg': 'cfg', 'param.seed': 'seed',
  'param.source': 'source',
};

/** Names under which generators repeat what we show by our own name; compared without case, spaces and marks. */
const KNOWN = new Set([
  'steps', 'sampler', 'samplername', 'scheduler', 'scheduletype', 'cfgscale', 'cfg', 'seed', 'size', 'width', 'height', 'model', 'modelname', 'modelhash',
  'vae', 'prompt', 'negativeprompt', 'positiveprompt',
]);

/**
 * What a file states of its making, in the order people look for it, then the rest by the file's own names.
 * @param {GenerationInfo} info
 * @param {(value: number) => string} number
 * @returns {ParameterRow[]}
 */
export function parameterRows(info, number) {
  /** @type {[string, string|number|bigint|null|undefined][]} */
  const stated = [
    ['param.model', info.model],
    ['param.hash', info.model_hash],
    ['param.vae', info.vae],
    ['param.sampler', info.sampler],
    ['param.scheduler', info.scheduler],
    ['param.steps', info.steps],
    ['param.cfg', info.cfg_scale],
    // A seed is copied into other programs, so it has no thousands separators.
    ['param.seed', info.seed],
    ['param.size', info.width && info.height ? `${info.width} × ${info.height}` : null],
    ['param.source', info.source],
  ];
  const rows = stated
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([label, value]) => ({ label, name: '', value: label === 'param.steps' ? number(Number(value)) : String(value), search: searchFor(label, String(value)) }));
  for (const [name, value] of Object.entries(info.parameters ?? {})) {
    const text = typeof value === 'string' ? value : stringifyExact(value);
    if (text && !KNOWN.has(name.toLowerCase().replace(/[\s_-]/g, ''))) rows.push({ label: '', name, value: text, search: '' });
  }
  return rows;
}

/**
 * @param {string} label
 * @param {string} value
 */
function searchFor(label, value) {
  if (label === 'param.size') return `size:${value.replace(' × ', 'x')}`;
  if (!(label in FIELDS)) return '';
  return /^[\w.+-]+$/.test(value) ? `${FIELDS[label]}:${value}` : `${FIELDS[label]}:"${value.replaceAll('"', '')}"`;
}
