// Requests to the console's own API.

let csrf = '';

export function setCsrf(value) {
  csrf = value ?? '';
}

/** What the server refused, with its code and message; code `offline` when it did not answer. */
export class ApiError extends Error {
  constructor(status, code, message, body) {
    super(message);
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

const listeners = new Set();

/** Calls back with true or false whenever the server was reached or not. */
export function onReach(listener) {
  listeners.add(listener);
}

function reached(yes) {
  listeners.forEach((listener) => listener(yes));
}

async function send(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : {'Content-Type': 'application/json'}),
        ...(method === 'GET' ? {} : {'X-CSRF-Token': csrf}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    });
  } catch {
    reached(false);
    throw new ApiError(0, 'offline', '');
  }
  reached(true);
  if (response.status === 204) {
    return null;
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    const error = new ApiError(
      response.status, answer?.error ?? 'failed', answer?.message ?? response.statusText, answer);
    error.retryAfter = Number(response.headers.get('Retry-After') ?? 0);
    if (response.status === 401 && path !== '/api/session') {
      document.dispatchEvent(new CustomEvent('vigil-signed-out'));
    }
    throw error;
  }
  return answer;
}

export const api = {
  get: (path) => send('GET', path),
  post: (path, body = {}) => send('POST', path, body),
  put: (path, body) => send('PUT', path, body),
  delete: (path) => send('DELETE', path),
};

/** A query string of what is neither null nor empty. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false);
  return given.length === 0 ? '' : '?' + new URLSearchParams(given);
}
