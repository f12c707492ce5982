// The choice of a theme on pages of the server, which come without the browser's half: as app/src/browser/theme.rs has it.
addEventListener('click', ({ target }) => {
  const choice = target.closest('[data-choice]')?.dataset.choice;
  if (!choice) return;
  const page = document.documentElement.dataset;
  if (choice === 'system') delete page.theme;
  else page.theme = choice;
  // A browser may forbid storage; the theme then lasts as long as the page.
  try {
    if (choice === 'system') localStorage.removeItem('loki-theme');
    else localStorage.setItem('loki-theme', choice);
  } catch {}
});
