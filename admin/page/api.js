// What is asked of leat. The token is kept by this tab, and sent only here.

let token = sessionStorage.getItem('leat-token') || '';
let entering = null;

/** NotDone is an answer that says why something was not done. */
export class NotDone extends Error {}

async function send(method, path, body) {
  const headers = {};
  if (token) headers.Authorization = 'Bearer ' + token;
  if (method !== 'GET') headers['Content-Type'] = 'application/json';
  const answer = await fetch(path, {
    method, headers, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(method === 'GET' ? 10000 : 60000),
    body: method === 'GET' ? undefined : JSON.stringify(body || {}),
  });
  if (answer.status === 401) {
    await enter(Boolean(token));
    return send(method, path, body);
  }
  const isJSON = (answer.headers.get('Content-Type') || '').includes('application/json');
  const value = isJSON ? await answer.json() : await answer.text();
  if (!answer.ok) throw new NotDone((isJSON && value.error) || 'status ' + answer.status);
  return value;
}

/** enter asks for the token, once for all who wait for it. */
function enter(wrong) {
  entering ||= new Promise((resolve) => {
    const dialog = document.getElementById('enter');
    document.getElementById('enter-said').textContent = wrong ? 'That is not the token.' : '';
    dialog.oncancel = (e) => e.preventDefault();
    dialog.onclose = () => {
      const field = document.getElementById('token');
      token = field.value;
      field.value = '';
      sessionStorage.setItem('leat-token', token);
      entering = null;
      resolve();
    };
    dialog.showModal();
  });
  return entering;
}

export const get = (path) => send('GET', path);
export const post = (path, body) => send('POST', path, body);
export const at = (...parts) => '/api/v1/' + parts.map(encodeURIComponent).join('/');
