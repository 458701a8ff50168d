/**
 * The only file that the host's page loads: puts the gallery into the tab when it is first shown,
 * tells it the host's theme, and hands pictures from it to the host's tabs. It runs among a
 * stranger's scripts, so it neither throws nor logs.
 */

const MOUNT = '#iib-mount';
const LEAST_HEIGHT_PX = 240;
const SPACE_BELOW_PX = 8;
/** What a host has below its tabs is a line or two; more of it is scrolled to. */
const MOST_BELOW_PX = 160;
/** Where the gallery has its phone's layout. */
const NARROW_PX = 640;
/** The host listens before our routes are there; the waits add up to a minute. */
const WAITS_MS = [200, 400, 800, 1500, 2000, 3000, 5000, 5000, 10_000, 10_000, 10_000, 10_000];
/**
 * How long an order may take, with its wait for those before it: the host may be busy generating.
 * The gallery waits a little longer than this.
 */
const ORDER_MS = 60_000;
const STEP_MS = 100;
/** How long a part of the host's page may take to show what was opened. */
const SHOWN_MS = 1000;
/**
 * How long an order waits for the host to have filled its fields. Whoever is busier than this does
 * so later, unseen.
 */
const PASTE_MS = 1500;
/** What our tab is called. */
const TAB = 'IIB';
const LINK_ACTIONS = ['view', 'open', 'pane'];
const LINK_PARAMETERS = ['action', 'path', 'mode', 'type', 'props'];
const HOST_TABS = ['txt2img', 'img2img', 'inpaint', 'extras', 'control'];

/** The host's page. Some versions of gradio keep it in a shadow root. */
function hostRoot() {
  const app = document.querySelector('gradio-app');
  return app?.shadowRoot ?? document;
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement|null}
 */
function find(selector, root = hostRoot()) {
  return root.querySelector(selector);
}

/** @returns {{type: string, theme: string, accent: string}} */
function hostTheme() {
  const accent = getComputedStyle(document.body).getPropertyValue('--primary-500').trim();
  return {
    type: 'iib-theme',
    theme: document.body.classList.contains('dark') ? 'dark' : 'light',
    accent,
  };
}

/**
 * The host's language, as the page names languages; '' where the host has none chosen.
 * @returns {string}
 */
function hostLanguage() {
  const { localization } = /** @type {any} */ (window).opts ?? {};
  const found = /^[a-z]{2}(?:[-_][a-z]{2,4})?(?![a-z])/i.exec(String(localization ?? ''));
  return found ? found[0].replace('_', '-') : '';
}

/**
 * Where pictures can be sent: tabs of the host by our hidden buttons, extensions by what they put
 * into the page.
 * @returns {string[]}
 */
function hostTargets() {
  const targets = HOST_TABS.filter((tab) => find(`#iib-send-${tab}`) && !isPutAway(tab));
  targets.push(
    ...['txt2img', 'img2img']
      .filter((tab) => find(`#${tab}_controlnet input[type=file], #${tab}_controlnet .cnet-image`))
      .map((tab) => `controlnet-${tab}`),
  );
  if (typeof (/** @type {any} */ (window).openoutpaint_send_image) === 'function')
    targets.push('openoutpaint');
  return targets;
}

/**
 * Calls back once the tab's content is in the page, which the host builds after it has loaded us.
 * @param {(mount: HTMLElement) => void} found
 */
function whenMountIsThere(found) {
  const look = () =>
    /** @type {HTMLElement|null} */ (
      hostRoot().querySelector(MOUNT) ?? document.querySelector(MOUNT)
    );
  const now = look();
  if (now) {
    found(now);
    return;
  }
  const observer = new MutationObserver(() => {
    const mount = look();
    if (!mount) return;
    observer.disconnect();
    found(mount);
  });
  observer.observe(document.documentElement, { childList: true, subtree: true });
  const shadow = document.querySelector('gradio-app')?.shadowRoot;
  if (shadow) observer.observe(shadow, { childList: true, subtree: true });
}

/**
 * Calls back the first time the element is really shown; a tab in the background is not.
 * @param {HTMLElement} mount
 * @param {() => void} shown
 */
function whenShown(mount, shown) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    shown();
  });
  // An empty element has no area to intersect with.
  mount.style.minHeight = '1px';
  observer.observe(mount);
}

/**
 * Resolves as soon as our routes answer, or when it is no use waiting any longer: then the frame shows why.
 * @param {URL} page
 */
async function routesAnswer(page) {
  const hello = new URL(`${page.pathname.replace(/\/$/, '')}/hello`, page);
  for (const wait of WAITS_MS) {
    try {
      const answer = await fetch(hello, { cache: 'no-store' });
      // 503: the adapter tells why there is no API.
      if ((answer.status !== 404 && answer.status < 500) || answer.status === 503) return;
    } catch {
      // nobody listens yet
    }
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
  }
}

/**
 * Lets the frame reach from where the host's page puts it to the bottom of the window, with what
 * comes below it there, so that the page itself need not scroll. In a narrow window it is the whole
 * window, and scrolled to when its tab is shown; its page has a button that leads back up.
 * @param {HTMLIFrameElement} frame
 */
function fillWindow(frame) {
  let wasShown = false;
  const fit = () => {
    const isShown = frame.offsetParent !== null; // otherwise it has no place to measure
    if (isShown && window.innerWidth <= NARROW_PX) takeAll(frame);
    else if (isShown) takeRest(frame);
    if (isShown && !wasShown && window.innerWidth <= NARROW_PX) frame.scrollIntoView();
    wasShown = isShown;
  };
  window.addEventListener('resize', fit);
  new IntersectionObserver(fit).observe(frame);
  fit();
}

/** @param {HTMLIFrameElement} frame */
function takeRest(frame) {
  const { style } = frame;
  const before = style.height;
  // As high as the window at first: whatever the host stretches to fill the window is as small as
  // it gets then.
  Object.assign(style, { width: '100%', marginLeft: '', height: `${window.innerHeight}px` });
  const { top, bottom } = frame.getBoundingClientRect();
  const below = Math.ceil(document.documentElement.scrollHeight - bottom - window.scrollY);
  const height = Math.floor(
    window.innerHeight -
      top -
      window.scrollY -
      Math.min(Math.max(below, SPACE_BELOW_PX), MOST_BELOW_PX),
  );
  style.height = `${Math.max(LEAST_HEIGHT_PX, height)}px`;
  if (style.height !== before) window.scrollTo({ top: 0, behavior: 'instant' });
}

/** @param {HTMLIFrameElement} frame */
function takeAll(frame) {
  const { style } = frame;
  Object.assign(style, {
    width: `${document.documentElement.clientWidth}px`,
    marginLeft: '',
    height: `${window.innerHeight}px`,
  });
  style.marginLeft = `${-Math.round(frame.getBoundingClientRect().left + window.scrollX)}px`;
}

/**
 * The sites of others that have the host's page in a frame of theirs.
 * @returns {string[]}
 */
function sitesAround() {
  const { ancestorOrigins, origin } = window.location;
  // A browser that does not tell them tells which page led to this one.
  const around = ancestorOrigins
    ? [...ancestorOrigins]
    : window.parent !== window && document.referrer
      ? [new URL(document.referrer).origin]
      : [];
  return [...new Set(around)].filter((other) => other !== origin);
}

/**
 * Says it where a browser refuses to show our page because of who is around the host's: otherwise
 * the tab would stay empty.
 * @param {HTMLIFrameElement} frame
 * @param {URL} page
 */
function tellRefusal(frame, page) {
  frame.addEventListener('load', () => {
    const sites = sitesAround();
    // A page of ours can be looked into, a refused one cannot.
    if (frame.contentDocument || !sites.length) return;
    refusal(sites, page).then(
      (told) => frame.replaceWith(told),
      () => {},
    );
  });
}

/**
 * Why the page is refused, a link that opens it alone, and how it can be allowed.
 * @param {string[]} sites
 * @param {URL} page
 */
async function refusal(sites, page) {
  const { chooseLanguage, translator } = await import('./gallery/lib/i18n.mjs');
  const language = chooseLanguage([hostLanguage(), ...navigator.languages]);
  const [catalog, english] = await Promise.all(
    [language, 'en'].map((name) => import(`./gallery/i18n/${name}.mjs`)),
  );
  const t = translator(language, catalog.default, english.default);
  // With an opener, so that pictures can be sent from there to the host's tabs.
  const link = Object.assign(document.createElement('a'), {
    href: page.href,
    target: '_blank',
    rel: 'opener',
    textContent: t('framed.open'),
  });
  const told = document.createElement('div');
  told.lang = language;
  told.style.padding = '16px';
  for (const part of [
    t('framed.why', { origins: sites.join(', ') }),
    link,
    t('framed.allow', { list: sites.join(',') }),
  ]) {
    const paragraph = document.createElement('p');
    paragraph.append(part);
    told.append(paragraph);
  }
  return told;
}

/**
 * A frame that is hidden keeps the focus: after a picture was sent, the host's keys would go to a
 * gallery that nobody sees, and its Delete to a picture there. It has them again when its tab is
 * shown again, where nothing of the host's has taken them meanwhile.
 * @param {HTMLIFrameElement} frame
 */
function giveFocusBack(frame) {
  let wasHidden = false;
  new IntersectionObserver(() => {
    const { activeElement } = /** @type {Document|ShadowRoot} */ (frame.getRootNode());
    const isHidden = !frame.offsetParent;
    // Whoever comes back has clicked on the button of the tab.
    if (!isHidden && wasHidden && (!activeElement || activeElement.matches('body, button')))
      frame.contentWindow?.focus();
    if (isHidden && activeElement === frame) {
      frame.blur();
      window.focus();
    }
    wasHidden = isHidden;
  }).observe(frame);
}

/**
 * Tells the frame the theme, now and whenever the host changes it.
 * @param {HTMLIFrameElement} frame
 */
function relayTheme(frame) {
  const tell = () => frame.contentWindow?.postMessage(hostTheme(), window.location.origin);
  frame.addEventListener('load', tell);
  new MutationObserver(tell).observe(document.body, {
    attributes: true,
    attributeFilter: ['class'],
  });
}

/**
 * @typedef {Object} Order  what the page wants to have sent
 * @property {string} id  the ticket that our API gave for it
 * @property {string} target
 * @property {string} name
 * @property {boolean} infotext  whether the picture has one
 * @property {Blob} [picture]  where an extension takes it
 * @property {boolean} [generate]  the tab makes a picture at once
 */

/**
 * @typedef {Object} Told  the adapter's report: all functions of the host's have ended, or one failed
 * @property {string} ticket
 * @property {string} problem
 */

/** @type {Promise<unknown>} Orders one after the other: they share the hidden components. */
let sending = Promise.resolve();

/**
 * Answers the page: where pictures can be sent, and whether one has been. A page in a window of its
 * own may ask too, but none of another site.
 */
function takeOrders() {
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== window.location.origin || !source || typeof data?.type !== 'string') return;
    /** @param {object} answer */
    const reply = (answer) => /** @type {Window} */ (source).postMessage(answer, origin);
    if (data.type === 'iib-up') window.scrollTo({ top: 0 });
    if (data.type === 'iib-targets?') reply({ type: 'iib-targets', targets: hostTargets() });
    if (data.type !== 'iib-send') return;
    const end = performance.now() + ORDER_MS;
    /** @param {string} problem */
    const tellLate = (problem) => reply({ type: 'iib-late', target: data.target, problem });
    sending = sending
      .then(() => send(data, end, tellLate))
      .then(
        () => reply({ type: 'iib-sent', id: data.id, problem: '' }),
        (/** @type {unknown} */ problem) =>
          reply({
            type: 'iib-sent',
            id: data.id,
            problem: typeof problem === 'string' ? problem : 'failed',
          }),
      );
  });
}

/**
 * Sends one picture. Raises a word of ours, or a sentence of the server's, where it cannot.
 * @param {Order} order
 * @param {number} end  when nobody waits for it any longer, by the page's clock
 * @param {(problem: string) => void} tellLate  what failed after it was said to be sent
 */
async function send(order, end, tellLate) {
  const { target } = order;
  if (performance.now() >= end) throw 'timeout';
  if (!hostTargets().includes(target)) throw 'missing';
  if (target.startsWith('controlnet-'))
    await sendToControlNet(target.slice('controlnet-'.length), order);
  else if (target === 'openoutpaint') await sendToOpenOutpaint(order);
  else await sendToTab(order, end, tellLate);
  if (order.generate) pressGenerate(target);
}

/** @param {string} target */
function pressGenerate(target) {
  const button = find(`#${target}_generate`);
  if (!button) throw 'missing';
  button.click();
}

/**
 * As any other tab of the host sends: by a button that the host has given its functions. They get
 * what the ticket stands for.
 * @param {Order} order
 * @param {number} end
 * @param {(problem: string) => void} tellLate
 */
async function sendToTab(order, end, tellLate) {
  const { id, target, infotext, generate } = order;
  if (target === 'control') await giveToKanvas(order);
  // Of an extension of the host's the pasting may want to be seen; of a picture without infotext
  // only the picture goes.
  const button = find(`#iib-send-${target}${infotext ? '' : '-picture'}`);
  if (!button) throw 'missing';
  /** @type {any} */ (window).iibTicket = id;
  const back = () => tabButton()?.click(); // the host shows the tab of the target at once
  /** @param {string} problem */
  const failLate = (problem) => {
    back();
    tellLate(problem);
  };
  // What is generated must be what was sent.
  const wait_ms = generate ? end - performance.now() : PASTE_MS;
  const pasted = untilPasted(id, wait_ms, generate ? null : failLate, () => {
    if (infotext) countPrompts(target);
  });
  pasted.catch(() => {}); // told below: it may fail before that waits for it
  button.click();
  // The request leaves before the page has shown the tab, which can take it half a second.
  await new Promise((resolve) => {
    setTimeout(resolve);
  });
  callHost(`switch_to_${target}`);
  sideButton(target)?.click();
  try {
    await pasted;
  } catch (problem) {
    back();
    throw problem;
  }
}

/**
 * The editor of some hosts is no component of gradio's: it takes a picture from the page.
 * @param {Order} order
 */
async function giveToKanvas({ picture }) {
  if (!find('#kanvas-container')) return;
  const { loadFromURL } = /** @type {any} */ (window);
  if (!picture || typeof loadFromURL !== 'function') throw 'failed';
  loadFromURL(await dataUrl(picture));
}

/**
 * Resolves when the host's functions have ended; raises why one of them failed. At the end of
 * ``wait_ms`` it raises 'timeout', or resolves if they may be late: then ``failLate`` is called if
 * one of them fails afterwards. ``succeed`` is called when all have ended well, late or not.
 * @param {string} ticket
 * @param {number} wait_ms
 * @param {((problem: string) => void)|null} failLate  null: they may not be late
 * @param {() => void} succeed
 * @returns {Promise<void>}
 */
function untilPasted(ticket, wait_ms, failLate, succeed) {
  let isLate = false;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // eslint-disable-next-line prefer-promise-reject-errors
      if (!failLate) return finish(() => reject('timeout'));
      isLate = true;
      return resolve();
    }, wait_ms);
    const observer = new MutationObserver(() => {
      const told = readReport();
      if (told?.ticket !== ticket) return;
      const { problem } = told;
      // eslint-disable-next-line prefer-promise-reject-errors
      if (problem) finish(() => (isLate ? failLate?.(problem) : reject(problem)));
      else
        finish(() => {
          succeed();
          resolve();
        });
    });
    /** @param {() => void} settle */
    const finish = (settle) => {
      clearTimeout(timer);
      observer.disconnect();
      settle();
    };
    const around = find('#iib-send-told')?.parentNode;
    if (around) observer.observe(around, { childList: true, characterData: true, subtree: true });
  });
}

/**
 * The last report of the adapter's; null where there is none yet.
 * @returns {Told|null}
 */
function readReport() {
  try {
    return JSON.parse(find('#iib-send-told')?.textContent ?? '');
  } catch {
    return null;
  }
}

/**
 * Gives the picture to the first unit, as if it had been dropped there, and shows it.
 * @param {string} tab
 * @param {Order} order
 */
async function sendToControlNet(tab, { name, picture }) {
  if (!picture) throw 'failed';
  callHost(`switch_to_${tab}`);
  const part = find(`#${tab}_controlnet`);
  if (!part) throw 'missing';
  await showUnit(part, tab);
  const input = await whenThere(() => {
    const found = find('.cnet-image input[type=file]', part) ?? find('input[type=file]', part);
    // One that is full has no input: it is emptied first.
    if (!found)
      find(
        '.cnet-image button[aria-label="Clear"], .cnet-image button[aria-label="Remove Image"]',
        part,
      )?.click();
    return found;
  });
  const files = new DataTransfer();
  files.items.add(new File([picture], name, { type: picture.type }));
  /** @type {HTMLInputElement} */ (input).files = files.files;
  input.dispatchEvent(new Event('change', { bubbles: true, composed: true }));
  (input.closest('.cnet-image') ?? part).scrollIntoView({ block: 'center' });
}

/**
 * Opens ControlNet, and what its first unit is folded into. In img2img a unit shows a picture of
 * its own once it is told that it has one.
 * @param {HTMLElement} part
 * @param {string} tab
 */
async function showUnit(part, tab) {
  const place = find('.cnet-image', part);
  for (const fold of [
    part,
    /** @type {HTMLElement|null|undefined} */ (place?.closest('.input-accordion')),
  ]) {
    const label = fold && find('.label-wrap', fold);
    if (label && !label.classList.contains('open')) label.click();
  }
  const own = /** @type {HTMLInputElement|null} */ (
    find('.cnet-unit-same_img2img input[type=checkbox]', part)
  );
  if (tab === 'img2img' && own && !own.checked) own.click();
  // A host that hides it for a reason of its own gets the picture all the same.
  if (place) await whenThere(() => (place.offsetParent ? place : null), SHOWN_MS).catch(() => {});
}

/** @param {Order} order */
async function sendToOpenOutpaint({ name, picture }) {
  if (!picture) throw 'failed';
  const url = await dataUrl(picture);
  /** @type {any} */ (window).openoutpaint_send_image(url, name);
  [...hostRoot().querySelectorAll('#tabs > div:first-child button')]
    .find((button) => button.textContent?.trim() === 'openOutpaint')
    ?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
}

/**
 * @param {Blob} picture
 * @returns {Promise<string>}
 */
function dataUrl(picture) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(/** @type {string} */ (reader.result));
    reader.onerror = () => reject('failed'); // eslint-disable-line prefer-promise-reject-errors
    reader.readAsDataURL(picture);
  });
}

/**
 * The button at the side that shows a tab in ModernUI, whose tabs gradio does not switch.
 * @param {string} tab
 * @returns {HTMLElement|null}
 */
function sideButton(tab) {
  return find(`#${tab === 'inpaint' ? 'img2img' : tab}_nav`);
}

/**
 * Whether nothing can show this tab: a setting of ModernUI takes the older ones away.
 * @param {string} tab
 * @returns {boolean}
 */
function isPutAway(tab) {
  const button = sideButton(tab);
  return button !== null && getComputedStyle(button).display === 'none';
}

/**
 * Calls a function of the host's page, where there is one. What fails in it is the host's own.
 * @param {string} name
 */
function callHost(name) {
  try {
    /** @type {any} */ (window)[name]?.();
  } catch {
    // as an event of gradio, which would have gone on with the others
  }
}

/**
 * Lets the host count the tokens of its prompts. Inpaint has those of img2img, and most hosts no
 * function of its own for them.
 * @param {string} target
 */
function countPrompts(target) {
  const name = `recalculate_prompts_${target}`;
  callHost(target === 'inpaint' && !(name in window) ? 'recalculate_prompts_img2img' : name);
}

/**
 * @param {() => HTMLElement|null} look
 * @param {number} [patience_ms]
 * @returns {Promise<HTMLElement>}
 */
async function whenThere(look, patience_ms = 5000) {
  for (let waited = 0; waited < patience_ms; waited += STEP_MS) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => {
      setTimeout(resolve, STEP_MS);
    });
  }
  throw 'failed';
}

/**
 * What an address of the host's page asks the gallery for, as the older extension's links do; our
 * server knows what they mean.
 * @returns {[string, string][]}
 */
function linkOfOlder() {
  const parameters = [...new URLSearchParams(window.location.search)];
  const isLink = parameters.some(
    ([name, value]) => name === 'action' && LINK_ACTIONS.includes(value),
  );
  return isLink ? parameters.filter(([name]) => LINK_PARAMETERS.includes(name)) : [];
}

/** Shows our tab where the address asks for something in it. */
function showTab() {
  if (linkOfOlder().length) tabButton()?.click();
}

/** @returns {HTMLElement|undefined} */
function tabButton() {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (
    hostRoot().querySelectorAll('#tabs button')
  );
  return [...buttons].find(({ textContent }) => textContent?.trim() === TAB);
}

/** @param {HTMLElement} mount */
async function mountFrame(mount) {
  if (mount.querySelector('iframe')) return;
  const page = new URL(mount.dataset.src ?? 'infinite_image_browsing', document.baseURI);
  if (page.origin !== window.location.origin) return;
  const frame = document.createElement('iframe');
  frame.title = mount.dataset.title ?? 'Infinite Image Browsing';
  frame.allow = 'clipboard-write; fullscreen';
  Object.assign(frame.style, {
    display: 'block',
    width: '100%',
    border: '0',
    borderRadius: '6px',
    background: 'transparent',
  });
  mount.append(frame);
  fillWindow(frame);
  giveFocusBack(frame);
  relayTheme(frame);
  await routesAnswer(page);
  page.searchParams.set('__theme', hostTheme().theme);
  if (hostLanguage()) page.searchParams.set('lang', hostLanguage());
  for (const [name, value] of linkOfOlder()) page.searchParams.set(name, value);
  tellRefusal(frame, page);
  frame.src = page.href;
}

try {
  takeOrders();
  whenMountIsThere((mount) => {
    showTab();
    whenShown(mount, () => {
      mountFrame(mount).catch(() => {});
    });
  });
} catch {
  // Purposely broad: whatever goes wrong here must cost our tab, never the host's page.
}
