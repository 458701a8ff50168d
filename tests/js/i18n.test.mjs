import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chooseLanguage, LANGUAGES, translator } from '../../javascript/gallery/lib/i18n.mjs';
import { SHORTCUTS } from '../../javascript/gallery/lib/keys.mjs';

const GALLERY = fileURLToPath(new URL('../../javascript/gallery', import.meta.url));
const catalogs = Object.fromEntries(
  await Promise.all(
    LANGUAGES.map(async (language) => [
      language,
      (await import(`../../javascript/gallery/i18n/${language}.mjs`)).default,
    ]),
  ),
);

/** All files below a folder. @param {string} folder @returns {string[]} */
function walk(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

const ours = walk(GALLERY).filter((path) => path.endsWith('.mjs') && !path.includes('vendor'));
const placeholders = (message) =>
  new Set([...JSON.stringify(message).matchAll(/\{(\w+)\}/g)].map((match) => match[1]));

for (const language of LANGUAGES.filter((name) => name !== 'en')) {
  test(`${language} has every text and no other`, () =>
    assert.deepEqual(Object.keys(catalogs[language]).sort(), Object.keys(catalogs.en).sort()));

  test(`${language} fills the same gaps as English`, () => {
    for (const [key, message] of Object.entries(catalogs.en))
      assert.deepEqual(placeholders(catalogs[language][key]), placeholders(message), key);
  });

  test(`${language} has the plurals that its grammar needs`, () => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(catalogs[language])) {
      if (typeof message !== 'string')
        assert.deepEqual(Object.keys(message).sort(), [...categories].sort(), key);
    }
  });
}

test('every text that the code names exists', () => {
  const known = new Set(Object.keys(catalogs.en));
  const used = ours.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1]),
  );
  assert.ok(used.length > 30);
  assert.deepEqual(
    [...new Set([...used, ...SHORTCUTS.map((row) => row.label)])].filter((key) => !known.has(key)),
    [],
  );
});

test('no text is left that nothing shows', () => {
  const code = [...ours, join(GALLERY, '../iib.mjs')]
    .filter((path) => !path.includes('i18n/'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  // Keys that are put together from a prefix and a value of the state.
  const families = [
    'action.needs.',
    'organise.by.',
    'organise.likeness.',
    'organise.naming.',
    'organise.rest.',
    'organise.action.',
    'organise.expired',
    'organise.dropped',
    'duplicates.group.',
    'duplicates.kind.',
    'duplicates.rule.',
    'duplicates.strictness.',
    'duplicates.why.',
    'sort.',
    'stack.by.',
    'stack.one.',
    'media.',
    'facet.',
    'aspect.',
    'view.',
    'rule.is.',
    'library.tags.',
    'library.stats.',
    'jobs.',
    'colour.',
    'history.',
    'setting.',
    'settings.theme.',
    'settings.labels',
    'settings.below.',
    'settings.confirmsDelete',
    'settings.goOn',
    'empty.media.',
    'search.in.',
    'similar.by.',
    'vision.waits.',
    'judge.',
    'graph.',
    'search.kind.',
    'problem.',
    'empty.folder.',
    'keys.in.',
    'key.',
  ];
  const unused = Object.keys(catalogs.en).filter(
    (key) => !code.includes(`'${key}'`) && !families.some((family) => key.startsWith(family)),
  );
  assert.deepEqual(unused, []);
});

test('values and plurals are put in; what is missing falls back', () => {
  const t = translator(
    'en',
    { a: 'Hello {name}', n: { one: '{count} file', other: '{count} files' } },
    { b: 'fallback' },
  );
  assert.equal(t('a', { name: '<b>' }), 'Hello <b>');
  assert.deepEqual(
    [1, 2, 0].map((count) => t('n', { count })),
    ['1 file', '2 files', '0 files'],
  );
  assert.deepEqual([t('b'), t('nowhere'), t('a')], ['fallback', 'nowhere', 'Hello {name}']);
});

test('the first language that we have wins', () => {
  assert.equal(chooseLanguage([null, '', 'fr-FR', 'zh-CN', 'de']), 'zh');
  assert.equal(chooseLanguage(['fr']), 'en');
  for (const tag of ['zh-TW', 'zh-HK', 'zh-Hant', 'zh-Hant-HK', 'ZH-hant-tw'])
    assert.equal(chooseLanguage([tag]), 'zh-Hant', tag);
  for (const tag of ['zh', 'zh-CN', 'zh-SG', 'zh-Hans', 'zh-Hans-HK'])
    assert.equal(chooseLanguage([tag]), 'zh', tag);
});

test('only api/transport.mjs fetches, and nobody writes markup from text', () => {
  for (const path of ours) {
    const code = readFileSync(path, 'utf8');
    if (!path.endsWith(join('api', 'transport.mjs')))
      assert.ok(!/\bfetch\(|XMLHttpRequest/.test(code), path);
    assert.ok(!/innerHTML|insertAdjacentHTML|document\.write|\beval\(/.test(code), path);
  }
});

test('the page asks for nothing absolute and has nothing inline', () => {
  const page = readFileSync(join(GALLERY, 'index.html'), 'utf8');
  assert.ok(!/https?:|style=|<style|\son\w+=|(?:href|src)="\//.test(page));
  assert.ok(!/<script(?![^>]*\ssrc=)/.test(page));
});

test('German says du to the user, and Tag', () => {
  for (const text of Object.values(catalogs.de))
    assert.ok(!/[a-z]n Sie\b|\bIhnen\b|Schlagw/.test(JSON.stringify(text)), JSON.stringify(text));
});
