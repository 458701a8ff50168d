import { Gallery } from './app/gallery.mjs';
import { connectHost } from './browser/host.mjs';
import { readPref } from './browser/prefs.mjs';
import { isNarrow } from './browser/screen.mjs';
import { keepShell } from './browser/shell.mjs';
import { followTheme } from './browser/theme.mjs';
import * as early from './early.mjs';
import en from './i18n/en.mjs';
import { formatsFor, localeFor } from './lib/format.mjs';
import { chooseLanguage, translator } from './lib/i18n.mjs';

const gallery = new Gallery(early, { narrow: isNarrow() });
early.connecting.tell = (connecting) => gallery.parts.store.set({ connecting });
followTheme();
connectHost(early.api, (told) => gallery.parts.commands.tellSent(told));
keepShell(early.base);

const asked = new URLSearchParams(location.search).get('lang');
const kept = readPref('language', '', (value) => typeof value === 'string');
const language = chooseLanguage([asked, kept, ...navigator.languages]);
document.documentElement.lang = language;

// What draws comes while the server is already busy with the listing.
const [{ start }, catalog] = await Promise.all([
  import('./app/app.mjs'),
  language === 'en' ? en : import(`./i18n/${language}.mjs`).then((module) => module.default),
]);
start(
  gallery,
  translator(language, catalog, en),
  formatsFor(localeFor(language, navigator.languages)),
);
