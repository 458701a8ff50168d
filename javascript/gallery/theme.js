// Purposely a small classic script in the head: a module runs after the first paint, and a light
// flash in a dark host hurts.
(() => {
  const { dataset } = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const asked = new URLSearchParams(location.search).get('__theme');
  const followSystem = () => {
    if (dataset.themeBy === 'system') dataset.theme = system.matches ? 'dark' : 'light';
  };
  const isTheme = (/** @type {unknown} */ name) => name === 'dark' || name === 'light';
  dataset.themeBy = isTheme(asked) ? 'host' : 'system';
  dataset.theme = asked ?? '';
  try {
    const own = JSON.parse(localStorage.getItem('iib.theme') ?? 'null');
    if (isTheme(own)) Object.assign(dataset, { theme: own, themeBy: 'user' });
  } catch {
    // Storage is forbidden in this frame, or holds something else.
  }
  followSystem();
  system.addEventListener('change', followSystem);
})();
