// What every page does beside the browser's half: also the pages of the server, which come without it.
const page = document.documentElement.dataset;

/** What can be chosen: where it is kept, and as what; nothing is kept of what is so anyway. public/theme.js shows it. */
const CHOICES = {
  dark: ['theme', 'dark'],
  light: ['theme', 'light'],
  system: ['theme'],
  compact: ['density', 'compact'],
  comfortable: ['density'],
};

const keep = (name, value) => {
  if (value) page[name] = value;
  else delete page[name];
  // A browser may forbid storage; the choice then lasts as long as the page.
  try {
    if (value) localStorage.setItem(`loki-${name}`, value);
    else localStorage.removeItem(`loki-${name}`);
  } catch {}
};

const tellRail = () => document.querySelector('.rail-fold')?.setAttribute('aria-expanded', !page.rail);
tellRail();

addEventListener('click', ({ target }) => {
  const choice = CHOICES[target.closest('[data-choice]')?.dataset.choice];
  if (choice) keep(...choice);
  if (target.closest('.rail-fold')) {
    keep('rail', page.rail ? '' : 'small');
    tellRail();
  }
});

// It comes up from no element: it is seen on its way down.
addEventListener('toggle', async ({ target, newState }) => {
  if (newState !== 'open' || !target.matches('.switcher')) return;
  (await (target.id === 'inbox' ? import('/inbox.js') : import('/switcher.js'))).fill(target);
}, true);

// A row that is selected shows what can be done with several; nobody else needs that script.
addEventListener('change', async ({ target }) => {
  if (target.matches('.pick')) (await import('/rows.js')).pick(target);
});

const submit = (form, target) => {
  // As if it was pressed: what it says is sent along, and the browser looks at the fields first.
  const button = [target, ...form.elements].find(element => element.type === 'submit');
  if (button) button.click();
  else form.requestSubmit();
};

addEventListener('keydown', event => {
  const { target, key } = event;
  if (event.defaultPrevented || event.repeat || event.altKey || event.shiftKey || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    // On a page of the server, where the palette is not, it is a link.
    const search = key.toLowerCase() === 'k' && document.querySelector('a.search');
    if (search) {
      event.preventDefault();
      search.click();
    }
    const form = target.form || target.closest('form');
    if (key === 'Enter' && form) {
      event.preventDefault();
      submit(form, target);
    }
  } else if (key === 'x' && !target.closest('input:not(.pick), textarea, select, [contenteditable]')) {
    target.closest('tr')?.querySelector('.pick')?.click();
  }
});
