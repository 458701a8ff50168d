/** Laws of the page: which room may import from which, what stays out of sight, and how wide a line is. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const GALLERY = join(TOP, 'javascript/gallery');

const GROUND = ['api', 'browser', 'lib'];
const DRAWN = [...GROUND, 'ui', 'vendor'];
const ROOMS = [
  'actions',
  'duplicates',
  'folders',
  'grid',
  'import',
  'info',
  'library',
  'organise',
  'pages',
  'viewer',
];
/**
 * What each room, or module beside the rooms, may import of the others; within itself a room is free.
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  lib: [],
  i18n: ['lib'],
  api: ['lib'],
  browser: ['api', 'lib'],
  ui: ['lib', 'vendor'],
  grid: DRAWN,
  info: DRAWN,
  viewer: DRAWN,
  import: DRAWN,
  folders: DRAWN,
  library: GROUND,
  actions: [...DRAWN, 'folders'],
  duplicates: [...DRAWN, 'folders'],
  organise: [...DRAWN, 'folders'],
  pages: [...DRAWN, 'folders'],
  app: [...DRAWN, ...ROOMS],
  'early.mjs': [...GROUND, 'folders', 'library'],
  'main.mjs': [...GROUND, 'app', 'early.mjs', 'i18n'],
};
/**
 * Parts are handed to those who need them, so a room knows the types of the others and of what builds them.
 */
const MAY_NAME_TYPES_OF = [...ROOMS, 'app/parts.mjs', 'app/view.mjs', 'app/state.mjs'];
/** One line is one datum. */
const MAY_BE_WIDE = /[\\/](i18n|vendor)[\\/]|[\\/]ui[\\/](action-)?icons\.mjs$/;
const WIDTH = 110;

/**
 * @param {string} folder
 * @param {RegExp} ending
 * @returns {string[]}
 */
function filesIn(folder, ending) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'vendor' ? [] : filesIn(path, ending);
    return ending.test(name) ? [path] : [];
  });
}

/** @param {string} path */
const nameOf = (path) => relative(GALLERY, path).replaceAll('\\', '/');
/** @param {string} name */
const roomOf = (name) => name.split('/')[0];
/** @param {string} path */
const codeOf = (path) => readFileSync(path, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');

const modules = filesIn(GALLERY, /\.mjs$/);
/** What each module imports, at once or later. @type {Map<string, string[]>} */
const imports = new Map(modules.map((path) => [nameOf(path), namesIn(path, codeOf(path))]));

/**
 * @param {string} path
 * @param {string} code
 */
function namesIn(path, code) {
  const found = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, from]) => nameOf(join(dirname(path), from)));
}

test('imports follow the table', () => {
  for (const [name, imported] of imports) {
    const room = roomOf(name);
    assert.ok(room in MAY_IMPORT, `${name} is in no room of the table`);
    for (const other of imported.map(roomOf))
      assert.ok(
        other === room || MAY_IMPORT[room].includes(other),
        `${name} may not import from ${other}`,
      );
  }
});

test('the table has floors: no room leads back to itself', () => {
  assert.deepEqual(cycleIn(new Map(Object.entries(MAY_IMPORT))), null);
});

test('no module leads back to itself', () => {
  assert.deepEqual(cycleIn(imports), null);
});

test('rooms name the types of what they may import, and of what they are handed', () => {
  for (const path of modules) {
    const name = nameOf(path);
    const room = roomOf(name);
    if (!(room in MAY_IMPORT) || room === 'app' || name === 'early.mjs') continue;
    const allowed = [room, ...MAY_IMPORT[room], ...(ROOMS.includes(room) ? MAY_NAME_TYPES_OF : [])];
    for (const [, from] of readFileSync(path, 'utf8').matchAll(/import\('(\.[^']+)'\)\.\w+/g)) {
      const other = nameOf(join(dirname(path), from));
      const isAllowed = allowed.includes(roomOf(other)) || allowed.includes(other);
      assert.ok(isAllowed, `${name} may not name a type of ${other}`);
    }
  }
});

test('only the app and what starts it know the gallery: others take the parts that they need', () => {
  for (const path of modules) {
    const name = nameOf(path);
    if (roomOf(name) === 'app' || name === 'main.mjs') continue;
    assert.ok(!/\bgallery\.|\bGallery\b/.test(codeOf(path)), name);
  }
});

test('no line is wider than the screen', () => {
  const ours = filesIn(join(TOP, 'javascript'), /\.(mjs|js|css|html)$/);
  const tests = filesIn(join(TOP, 'tests/js'), /\.mjs$/);
  const wide = [...ours, ...tests]
    .filter((path) => !MAY_BE_WIDE.test(path))
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, i) => (line.length > WIDTH ? [`${relative(TOP, path)}:${i + 1}`] : [])),
    );
  assert.deepEqual(wide, []);
});

test('no selector is defined in two style sheets, and the page has every sheet once', () => {
  /** @type {Map<string, string>} */
  const owners = new Map();
  const sheets = filesIn(join(GALLERY, 'style'), /\.css$/);
  for (const path of sheets) {
    for (const selector of selectorsIn(codeOf(path))) {
      const owner = owners.get(selector) ?? nameOf(path);
      assert.equal(owner, nameOf(path), `${selector} is defined twice`);
      owners.set(selector, owner);
    }
  }
  const page = readFileSync(join(GALLERY, 'index.html'), 'utf8');
  const linked = [...page.matchAll(/href="__STATIC__\/(style\/[^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(linked.sort(), sheets.map(nameOf).sort());
});

/**
 * The selectors of a sheet's rules, also of those inside of conditions.
 * @param {string} css
 * @returns {string[]}
 */
function selectorsIn(css) {
  const rules = css.replaceAll(/@keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '');
  return [...rules.matchAll(/(?<=^|[{};])([^{};@]+)\{/g)].flatMap(([, list]) =>
    list
      .replaceAll(/\((?:[^()]|\([^()]*\))*\)/g, (part) => part.replaceAll(',', ';'))
      .split(',')
      .map((selector) => selector.trim()),
  );
}

/**
 * A way that leads back to where it began; null where there is none.
 * @param {Map<string, string[]>} graph
 * @returns {string[]|null}
 */
function cycleIn(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  /**
   * @param {string} name
   * @param {string[]} way
   * @returns {string[]|null}
   */
  const follow = (name, way) => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return null;
    for (const next of graph.get(name) ?? []) {
      const cycle = follow(next, [...way, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const name of graph.keys()) {
    const cycle = follow(name, []);
    if (cycle) return cycle;
  }
  return null;
}

/** Modules that make pictures which nobody sees, or only where what is blurred is shown anyway. */
const SHOWS_NOTHING_BLURRED = [
  'browser/clipboard.mjs',
  'early.mjs', // asked for ahead: the grid shows them
  'grid/hover-preview.mjs', // under the mouse
  'viewer/player.mjs', // in a frame that has the path
  'viewer/slideshow.mjs', // read ahead
];

test('what shows a file says which one, so that it can be blurred', () => {
  for (const path of modules) {
    const name = nameOf(path);
    if (SHOWS_NOTHING_BLURRED.includes(name)) continue;
    const text = readFileSync(path, 'utf8');
    for (const [tag] of text.matchAll(/<(?:img|video)\b[^>]*>/g))
      assert.ok(tag.includes('data-path='), `${name}: ${tag}`);
    if (/createElement\('(?:img|video)'\)|new Image\b/.test(text))
      assert.ok(/dataset\.path = /.test(text), name);
  }
});
