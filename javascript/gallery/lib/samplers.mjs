/**
 * The parts of a sampler's name as programs write it (`dpmpp_2m_sde_gpu`, `k_euler_ancestral`), and as people
 * do; the server has the same ones. '' says where noise is made, and not which sampler.
 * @type {Record<string, string>}
 */
const PARTS = {
  '2m': '2M',
  '2s': '2S',
  '3m': '3M',
  a: 'a',
  adaptive: 'adaptive',
  ancestral: 'a',
  bh2: 'BH2',
  cfgpp: 'CFG++',
  ddim: 'DDIM',
  ddpm: 'DDPM',
  dpm: 'DPM',
  dpm2: 'DPM2',
  dpmpp: 'DPM++',
  euler: 'Euler',
  fast: 'fast',
  gpu: '',
  heun: 'Heun',
  heunpp2: 'HeunPP2',
  karras: 'Karras',
  lcm: 'LCM',
  lms: 'LMS',
  plms: 'PLMS',
  sde: 'SDE',
  unipc: 'UniPC',
};

/**
 * "DPM++ 2M SDE" for `dpmpp_2m_sde_gpu`; a name with a part that is not known, as it is.
 * @param {string} text
 */
export function samplerName(text) {
  const written = text
    .trim()
    .toLowerCase()
    .replace(/^k_/, '')
    .replaceAll('uni_pc', 'unipc')
    .replaceAll('cfg_pp', 'cfgpp')
    .replaceAll('dpm_2', 'dpm2');
  const parts = written.split('_');
  if (!parts.every((part) => Object.hasOwn(PARTS, part))) return text;
  const named = parts.map((part) => PARTS[part]).filter(Boolean);
  return named.join(' ') || text;
}
