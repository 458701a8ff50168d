import { stringifyExact } from './json.mjs';
import { samplerName } from './samplers.mjs';

/** @typedef {import('./types.mjs').GenerationInfo} GenerationInfo */

/** Where the picture stands that a picture was made from: by its name, or by what it was saved under. */
const INIT_IMAGE = ['Input image', 'Init image', 'Init image hash'];

const MODEL_FILE = /\.(?:safetensors|ckpt|pt|pth|bin|gguf|sft)$/i;

/**
 * The name of a model or LoRA as its tag has it, of what may be the name of its file.
 * @param {string} text
 */
export function modelName(text) {
  return MODEL_FILE.test(text) ? text.replace(MODEL_FILE, '').replace(/^.*[\\/]/, '') : text;
}

/**
 * The name, or a part of it, of the file that a picture was made from; '' where that is not known.
 * @param {import('./types.mjs').GenerationInfo} info
 */
export function initImageOf({ parameters }) {
  const stated = INIT_IMAGE.map((name) => parameters[name]).find(Boolean) ?? '';
  return stated
    .split(', ')[0]
    .replace(/^.*[\\/]/, '')
    .trim();
}

/**
 * A row of the table of parameters; ``label`` is the key of a text of ours, '' where the file's own
 * ``name`` stands; ``search`` finds others of the same value, '' where nothing can.
 * @typedef {{label: string, name: string, value: string, search: string}} ParameterRow
 */

/** Fields of the search language. @type {Record<string, string>} */
const FIELDS = {
  'param.model': 'model',
  'param.hash': 'hash',
  'param.sampler': 'sampler',
  'param.steps': 'steps',
  'param.cfg': 'cfg',
  'param.seed': 'seed',
  'param.source': 'source',
};

/**
 * Names under which generators repeat what we show by our own name; compared without case, spaces
 * and marks.
 */
const KNOWN = new Set([
  'steps',
  'sampler',
  'samplername',
  'scheduler',
  'scheduletype',
  'cfgscale',
  'cfg',
  'seed',
  'size',
  'width',
  'height',
  'model',
  'modelname',
  'modelhash',
  'vae',
  'prompt',
  'negativeprompt',
  'positiveprompt',
]);

/** Groups of the table in the order in which they are shown; ``passes`` are what came after the first one. */
export const GROUPS = /** @type {const} */ (['what', 'how', 'with', 'video', 'other', 'passes']);

/** @typedef {typeof GROUPS[number]} Group */

/**
 * The groups of the names of docs/metadata.md, without the number behind a repeated one; what is
 * not here is of ``other``.
 * @type {Record<string, Group>}
 */
const GROUP_OF = {
  'param.source': 'what',
  'param.size': 'what',
  'Prompt written by': 'what',
  Template: 'what',
  'Negative Template': 'what',
  'Negative template': 'what',
  'param.sampler': 'how',
  'param.scheduler': 'how',
  'param.steps': 'how',
  'param.cfg': 'how',
  'param.seed': 'how',
  'Denoising strength': 'how',
  Guidance: 'how',
  Shift: 'how',
  'Clip skip': 'how',
  'Input image strength': 'how',
  'param.model': 'with',
  'param.hash': 'with',
  'param.vae': 'with',
  Model: 'with',
  'Text encoder': 'with',
  ControlNet: 'with',
  'IP-Adapter': 'with',
  Redux: 'with',
  'Input image': 'with',
  Service: 'with',
  Frames: 'video',
  FPS: 'video',
  Duration: 'video',
  Pass: 'passes',
  Upscaler: 'passes',
  'Upscale by': 'passes',
  Refiner: 'passes',
  'Refiner switch at': 'passes',
  Detailer: 'passes',
  'Detailer prompt': 'passes',
  'Detailer negative prompt': 'passes',
};

/**
 * The rows of a table by what they tell of; groups without a row are left out.
 * @param {ParameterRow[]} rows
 * @returns {{group: Group, rows: ParameterRow[]}[]}
 */
export function grouped(rows) {
  return GROUPS.map((group) => ({
    group,
    rows: rows.filter((row) => groupOf(row) === group),
  })).filter(({ rows: own }) => own.length > 0);
}

/** @param {ParameterRow} row */
function groupOf(row) {
  const name = row.label || row.name.replace(/ \d+$/, '');
  if (name.startsWith('Hires ')) return 'passes';
  return Object.hasOwn(GROUP_OF, name) ? GROUP_OF[name] : 'other';
}

/**
 * What a file states of its making, in the order people look for it, then the rest by the file's own names.
 * @param {GenerationInfo} info
 * @param {(value: number) => string} number
 * @returns {ParameterRow[]}
 */
export function parameterRows(info, number) {
  /** @type {[string, string|number|bigint|null|undefined][]} */
  const stated = [
    ['param.model', info.model && modelName(info.model)],
    ['param.hash', info.model_hash],
    ['param.vae', info.vae],
    ['param.sampler', info.sampler && samplerName(info.sampler)],
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
    .map(([label, value]) => ({
      label,
      name: '',
      value: label === 'param.steps' ? number(Number(value)) : String(value),
      search: searchFor(label, String(value)),
    }));
  (info.models ?? []).slice(1).forEach((file, index) => {
    const model = modelName(file);
    rows.push({
      label: '',
      name: `Model ${index + 2}`,
      value: model,
      search: searchFor('param.model', model),
    });
  });
  for (const [name, value] of Object.entries(info.parameters ?? {})) {
    const text = typeof value === 'string' ? value : stringifyExact(value);
    if (text && !KNOWN.has(name.toLowerCase().replace(/[\s_-]/g, '')))
      rows.push({ label: '', name, value: text, search: '' });
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
  return /^[\w.+-]+$/.test(value)
    ? `${FIELDS[label]}:${value}`
    : `${FIELDS[label]}:"${value.replaceAll('"', '')}"`;
}
