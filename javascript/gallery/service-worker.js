/**
 * Keeps the shell of the page: its document, which is the same for everybody, and the files of this
 * build. No answer of the API and no picture ever comes here: those requests are not touched. The
 * document is always asked of the server first, so that an update is seen at once; where the server
 * cannot be reached, the kept page says so.
 */

/** @type {any} */
const worker = self;
const BUILD = '__BUILD__';
/** @type {string[]} */
const FILES = JSON.parse('__FILES__');
const PAGE = worker.registration.scope;
const STATIC = new URL(`static/${BUILD}/`, PAGE).href;
/** Other programs of this address may keep caches of their own. */
const OURS = `iib-shell ${PAGE} `;
const NAME = OURS + BUILD;
/** What a proxy answers in the place of a server that is gone. */
const GONE = [502, 503, 504];

async function keep() {
  const cache = await caches.open(NAME);
  const page = await fetch(PAGE, { cache: 'no-cache' });
  // A login of something before us is no page of ours.
  if (!page.ok || page.redirected) throw new Error('the page did not come');
  await cache.put(PAGE, page);
  await cache.addAll(FILES.map((name) => STATIC + name));
  await worker.skipWaiting();
}

async function forgetOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(older.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {Request} request */
async function file(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request)) ?? fetch(request);
}

/** @param {Request} request */
async function page(request) {
  const kept = async () => (await caches.open(NAME)).match(PAGE);
  try {
    const answer = await fetch(request);
    return GONE.includes(answer.status) ? ((await kept()) ?? answer) : answer;
  } catch (error) {
    const shell = await kept();
    if (!shell) throw error;
    return shell;
  }
}

worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(keep()));
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(forgetOlder()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.url.startsWith(STATIC)) event.respondWith(file(request));
  else if (request.mode === 'navigate' && request.url.split(/[?#]/)[0] === PAGE)
    event.respondWith(page(request));
});
