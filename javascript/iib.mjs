/**
 * The only file that the host's page loads: puts the gallery into the tab when it is first shown, and tells it the host's theme.
 * It runs among a stranger's scripts, so it neither throws nor logs.
 */

const MOUNT = '#iib-mount';
const LEAST_HEIGHT_PX = 480;
const SPACE_BELOW_PX = 8;
/** The host listens before our routes are there; the waits add up to a minute. */
const WAITS_MS = [200, 400, 800, 1500, 2000, 3000, 5000, 5000, 10_000, 10_000, 10_000, 10_000];

/** The host's page. Some versions of gradio keep it in a shadow root. */
function hostRoot() {
  const app = document.querySelector('gradio-app');
  return app?.shadowRoot ?? document;
}

/** @returns {{type: string, theme: string, accent: string}} */
function hostTheme() {
  const accent = getComputedStyle(document.body).getPropertyValue('--primary-500').trim();
  return { type: 'iib-theme', theme: document.body.classList.contains('dark') ? 'dark' : 'light', accent };
}

/**
 * Calls back once the tab's content is in the page, which the host builds after it has loaded us.
 * @param {(mount: HTMLElement) => void} found
 */
function whenMountIsThere(found) {
  const look = () => /** @type {HTMLElement|null} */ (hostRoot().querySelector(MOUNT) ?? document.querySelector(MOUNT));
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
      if ((answer.status !== 404 && answer.status < 500) || answer.status === 503) return; // 503: the adapter tells why there is no API
    } catch {
      // nobody listens yet
    }
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
  }
}

/**
 * Lets the frame reach from where the host's page puts it to the bottom of the window, so that the page itself need not scroll.
 * @param {HTMLIFrameElement} frame
 */
function fillHeight(frame) {
  const fit = () => {
    if (!frame.offsetParent) return; // the tab is not shown: it has no place to measure
    const top = frame.getBoundingClientRect().top + window.scrollY;
    const height = `${Math.max(LEAST_HEIGHT_PX, Math.floor(window.innerHeight - top - SPACE_BELOW_PX))}px`;
    if (frame.style.height !== height) frame.style.height = height;
  };
  window.addEventListener('resize', fit);
  new IntersectionObserver(fit).observe(frame);
  fit();
}

/**
 * Tells the frame the theme, now and whenever the host changes it.
 * @param {HTMLIFrameElement} frame
 */
function relayTheme(frame) {
  const tell = () => frame.contentWindow?.postMessage(hostTheme(), window.location.origin);
  frame.addEventListener('load', tell);
  new MutationObserver(tell).observe(document.body, { attributes: true, attributeFilter: ['class'] });
}

/** @param {HTMLElement} mount */
async function mountFrame(mount) {
  if (mount.querySelector('iframe')) return;
  const page = new URL(mount.dataset.src ?? 'infinite_image_browsing', document.baseURI);
  if (page.origin !== window.location.origin) return;
  const frame = document.createElement('iframe');
  frame.title = mount.dataset.title ?? 'Infinite Image Browsing';
  frame.allow = 'clipboard-write; fullscreen';
  Object.assign(frame.style, { display: 'block', width: '100%', border: '0', borderRadius: '6px', background: 'transparent' });
  mount.append(frame);
  fillHeight(frame);
  relayTheme(frame);
  await routesAnswer(page);
  page.searchParams.set('__theme', hostTheme().theme);
  frame.src = page.href;
}

try {
  whenMountIsThere((mount) => whenShown(mount, () => {
    mountFrame(mount).catch(() => {});
  }));
} catch {
  // Purposely broad: whatever goes wrong here must cost our tab, never the host's page.
}
