// Passkeys on pages of this server. A form with data-passkey ("create" or "get") is sent in the background; the answer is what
// the browser is to ask its person for, and what comes of that is sent to data-finish as a form of its own.
if (!window.lokiPasskey) {
  window.lokiPasskey = true;
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), letter => letter.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  const refused = words => Object.assign(new Error(), { words });

  const question = async form => {
    const body = new URLSearchParams(new FormData(form));
    const headers = { accept: 'application/json' };
    const answer = await fetch(form.action, { method: 'POST', headers, body }).catch(() => {
      throw refused('The server did not answer. Check the connection and try again.');
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw refused(said.detail || 'The server refused this. Reload the page and try again.');
    const { id, options: { publicKey } } = said;
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    for (const known of publicKey.allowCredentials || publicKey.excludeCredentials || []) known.id = bytes(known.id);
    return { id, publicKey };
  };

  const written = credential => {
    const { id, type, response } = credential;
    const parts = { clientDataJSON: text(response.clientDataJSON), userHandle: null };
    for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (response[part]) parts[part] = text(response[part]);
    }
    if (response.getTransports) parts.transports = response.getTransports();
    return JSON.stringify({ id, rawId: text(credential.rawId), type, response: parts, clientExtensionResults: {} });
  };

  const send = (form, fields) => {
    const finish = document.createElement('form');
    finish.method = 'post';
    finish.action = form.dataset.finish;
    finish.hidden = true;
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      finish.append(field);
    }
    document.body.append(finish);
    finish.submit();
  };

  document.addEventListener('submit', async event => {
    const form = event.target, kind = form.dataset.passkey;
    if (!kind) return;
    event.preventDefault();
    const button = form.querySelector('[type=submit]'), says = form.querySelector('[role=alert]');
    if (button.getAttribute('aria-disabled')) return;
    button.setAttribute('aria-disabled', 'true');
    says.hidden = true;
    try {
      if (!window.PublicKeyCredential) throw refused('This browser has no passkeys here. Use another browser, or an app.');
      const { id, publicKey } = await question(form);
      const credential = await navigator.credentials[kind]({ publicKey });
      send(form, kind === 'create' ? { id, credential: written(credential) } : { passkey: written(credential) });
    } catch (error) {
      const words = error.name === 'InvalidStateError' ? 'There is a passkey of yours on this device already.' : 'No passkey was given. Try again.';
      says.textContent = error.words || words;
      says.hidden = false;
      button.removeAttribute('aria-disabled');
    }
  }, true);
}
