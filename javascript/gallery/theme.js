// Purposely a small classic script in the head: a module runs after the first paint, and a light
// flash in a dark host hurts.
(() => {
  const { dataset } = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const asked = new URLSearchParams(location.search).get('__theme');
  const followSystem = () => {
    if (dataset.themeBy === 'system') dataset.theme = system.matches ? 'dark' : 'light';
  };
  dataset.themeBy = asked === 'dark' || asked === 'light' ? 'host' : 'system';
  dataset.theme = asked ?? '';
  followSystem();
  system.addEventListener('change', followSystem);
})();
