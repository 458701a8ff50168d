/** Loads the whole page again. The login is the host's page where there is a host, ours otherwise. */
export function reload() {
  try {
    (window.top ?? window).location.reload();
  } catch {
    location.reload(); // framed by a page of another origin
  }
}
