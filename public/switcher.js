// The other projects, behind the breadcrumb's button: asked for when it opens (public/page.js), and searched here.

/** Beyond so many the list of all projects is the better place. */
const MOST = 200;

export const made = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const ask = async () => {
  const projects = [];
  let after = '';
  do {
    const answer = await fetch(`/ui/projects?after=${encodeURIComponent(after)}`, { headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(answer.statusText);
    const { rows, next } = await answer.json();
    projects.push(...rows);
    after = next;
  } while (after && projects.length < MOST);
  return projects;
};

/** Moves the focus between the field and the links, from the last to the first. */
export const step = (box, forward) => {
  const stops = [...box.querySelectorAll('input, a')];
  const at = stops.indexOf(document.activeElement) + (forward ? 1 : -1);
  stops.at(at % stops.length).focus();
};

/** Puts it under the button that opens it, as far as there is room up to where the menu of whoever looks ends. */
export const place = box => {
  const button = document.querySelector(`[popovertarget="${box.id}"]`);
  // Not the window's width: that has the scroll bar in it.
  const { right } = (document.querySelector('.top > .menu') ?? document.documentElement).getBoundingClientRect();
  box.style.left = `${Math.max(0, Math.min(button.getBoundingClientRect().left, right - box.offsetWidth))}px`;
};

export const fill = async box => {
  const here = box.parentElement.querySelector('a').pathname;
  const words = 'Find a project';
  const field = made('input', { type: 'search', 'aria-label': words, placeholder: words, autocomplete: 'off' });
  const list = made('div', {});
  const says = made('p', { role: 'status', class: 'muted' }, 'Loading…');
  // What came with the page stays: it belongs to the browser's half.
  for (const old of [...box.children]) old.remove();
  box.append(field, list, says, made('a', { href: '/projects', class: 'menu-item' }, 'All projects'));
  place(box);
  field.focus();

  let projects = [];
  const draw = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    const found = projects.filter(({ name }) => words.every(word => name.toLowerCase().includes(word)));
    const link = ({ id, name }) => made('a', { href: `/projects/${encodeURIComponent(id)}`, class: 'menu-item' }, name);
    const links = found.map(link);
    links.find(link => link.pathname === here)?.setAttribute('aria-current', 'true');
    list.replaceChildren(...links);
    says.textContent = found.length ? '' : 'No project has these words in its name.';
  };
  box.onclick = ({ target }) => {
    if (target.closest('a')) box.hidePopover();
  };
  box.onkeydown = event => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') step(box, event.key === 'ArrowDown');
    else if (event.key === 'Enter' && event.target === field) list.querySelector('a')?.click();
    else return;
    event.preventDefault();
  };
  try {
    projects = await ask();
    field.oninput = draw;
    draw();
  } catch {
    says.textContent = 'The projects could not be loaded. Close this and open it again.';
  }
};
