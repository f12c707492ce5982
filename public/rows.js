// What can be done with several rows at once (public/page.js loads it with the first box that is ticked): a bar says how many are
// selected, and sends for each of them, one after another, what its own button would send. Each box (`.pick`) says what that is.

/** The rows that are selected, by what would be sent for them: a table that is drawn anew may move them, or take them away. */
const chosen = new Map();
/** Whether rows are being done with, and what came of the last ones. */
let busy = false, asked = false, told = '';

const rowOf = ({ value, dataset: { to, verb, name } }) => ({ key: `${to} ${value}`, to, verb, name, fields: value });

const bar = document.createElement('section');
const says = document.createElement('p');
const act = document.createElement('button');
const clear = document.createElement('button');
bar.className = 'bulk';
bar.setAttribute('aria-label', 'Selected rows');
says.setAttribute('role', 'status');
act.className = 'btn danger';
clear.className = 'btn';
act.type = clear.type = 'button';
bar.append(says, act, clear);
bar.hidden = true;
document.body.append(bar);

const draw = () => {
  const rows = [...chosen.values()], verb = rows[0]?.verb ?? '';
  const names = rows.map(({ name }) => name).join(', ');
  const words = asked ? `${verb} ${names}?` : `${rows.length} selected`;
  if (!busy) says.textContent = rows.length ? words : told;
  act.textContent = asked ? `${verb} ${rows.length}` : `${verb}…`;
  clear.textContent = rows.length ? 'Clear selection' : 'Close';
  act.hidden = busy || !rows.length;
  clear.hidden = busy;
  // Who was in the bar goes on in the page when it closes.
  if (!busy && !rows.length && !told && bar.contains(document.activeElement)) document.querySelector('#content')?.focus();
  bar.hidden = !busy && !rows.length && !told;
  if (!rows.length) watch.disconnect();
};

/** Brings the boxes of the page in line with what is selected, and forgets what the page no longer has. */
const align = () => {
  const boxes = new Map([...document.querySelectorAll('main .pick')].map(box => [rowOf(box).key, box]));
  const before = chosen.size;
  for (const key of busy ? [] : [...chosen.keys()]) if (!boxes.has(key)) chosen.delete(key);
  for (const [key, box] of boxes) box.checked = chosen.has(key);
  if (chosen.size === before) return;
  asked = false;
  draw();
};
const watch = new MutationObserver(align);

/** Ticks a row, or takes the tick away. */
export const pick = box => {
  const row = rowOf(box);
  if (box.checked && !busy) chosen.set(row.key, row);
  else chosen.delete(row.key);
  asked = false;
  told = '';
  watch.observe(document.body, { childList: true, subtree: true, attributeFilter: ['value'] });
  align();
  draw();
};

/** Sends what the row's button would send; answers why it was not done, or nothing. */
const send = async row => {
  const { to, fields } = row;
  const headers = { accept: 'application/json' };
  const answer = await fetch(to, { method: 'POST', headers, body: new URLSearchParams(fields) }).catch(() => undefined);
  if (!answer) return 'The server did not answer.';
  if (answer.ok) return '';
  // Many at once are more than it takes in a minute: the rest has time.
  if (answer.status === 429) {
    const seconds = Number(answer.headers.get('retry-after')) || 1;
    says.textContent = `The server takes no more for the moment. It goes on in ${seconds} s`;
    await new Promise(done => setTimeout(done, seconds * 1000));
    return send(row);
  }
  const { detail } = await answer.json().catch(() => ({}));
  return detail || 'The server refused this. Reload the page and try again.';
};

const work = async () => {
  const rows = [...chosen.values()], failed = [];
  busy = true;
  draw();
  for (const [at, row] of rows.entries()) {
    says.textContent = `${row.verb}: ${at + 1} of ${rows.length}`;
    const problem = await send(row);
    if (problem) failed.push(`${row.name}: ${problem}`);
  }
  busy = asked = false;
  chosen.clear();
  told = failed.length ? `${rows.length - failed.length} of ${rows.length} done. ${failed.join(' ')}` : '';
  align();
  draw();
};

act.onclick = ({ detail }) => {
  // The second half of a double click confirms nothing.
  if (detail > 1) return;
  if (asked) {
    work();
    return;
  }
  asked = true;
  draw();
};
clear.onclick = () => {
  chosen.clear();
  asked = false;
  told = '';
  align();
  draw();
};
bar.onkeydown = ({ key }) => {
  if (key === 'Escape' && !busy) clear.click();
};
