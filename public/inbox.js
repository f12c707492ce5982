// What needs whoever looks, behind the button in the top bar: asked for when it opens (public/page.js).
import { made, place, step } from '/switcher.js';

/** How such runs stand; one that is neither ended without being verified. */
const STATES = { needs_you: 'needs you', failed: 'failed' };

const ask = async () => {
  const answer = await fetch('/ui/home', { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()).waiting;
};

const row = ({ id, title, status, number, project_name: project }) =>
  made(
    'a',
    { href: `/runs/${encodeURIComponent(id)}`, class: 'menu-item inbox-row' },
    made('span', {}, title),
    // First what it waits for: a long name is cut off at its end.
    made('span', { class: 'muted' }, `${STATES[status] ?? 'not verified'} · ${project} · run ${number}`),
  );

export const fill = async box => {
  const list = made('div', {});
  const says = made('p', { role: 'status', class: 'muted' }, 'Loading…');
  const home = made('a', { href: '/', class: 'menu-item' }, 'Go to home');
  // What came with the page stays: it belongs to the browser's half.
  for (const old of [...box.children]) old.remove();
  box.append(list, says, home);
  place(box);
  home.focus();

  box.onclick = ({ target }) => {
    if (target.closest('a')) box.hidePopover();
  };
  box.onkeydown = event => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    step(box, event.key === 'ArrowDown');
    event.preventDefault();
  };
  try {
    const rows = (await ask()).map(row);
    list.replaceChildren(...rows);
    says.textContent = rows.length ? '' : 'Nothing waits for you.';
    // Whoever has gone elsewhere meanwhile stays there.
    if (document.activeElement === home) rows[0]?.focus();
  } catch {
    says.textContent = 'What needs you could not be loaded. Close this and open it again.';
  }
};
