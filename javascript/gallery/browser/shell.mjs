/**
 * Lets the browser keep the page itself, so that it starts fast and can say that there is no connection.
 * Not in a frame: there the page is the host's, which is not ours to keep.
 * @param {string} base  below which everything of ours is
 */
export function keepShell(base) {
  if (window.top !== window || !window.isSecureContext || !('serviceWorker' in navigator)) return;
  // After what the user waits for.
  const register = () =>
    navigator.serviceWorker
      .register(new URL('service-worker.js', base), { scope: base, updateViaCache: 'none' })
      .catch(() => {}); // the browser or a certificate does not allow it: the page works without
  if (document.readyState === 'complete') register();
  else window.addEventListener('load', register, { once: true });
}
