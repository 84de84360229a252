// One request to the API: adds the token, turns every failure into an `ApiError` whose message a person can act upon.
import { session } from '../state/session.svelte';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function headers(): HeadersInit {
  return session.token ? { Authorization: `Bearer ${session.token}` } : {};
}

/** Throws what the response says went wrong; a 401 also brings up the token form. */
export async function refuse(response: Response): Promise<never> {
  let code = 'internal';
  let message = `The server answered ${response.status} ${response.statusText}.`;
  try {
    const body = await response.json();
    code = body.error.code;
    message = body.error.message;
  } catch {
    // Not our error format (a proxy in between, perhaps): the status line has to do.
  }
  if (response.status === 401) session.refused();
  throw new ApiError(response.status, code, message);
}

export type Parameters = Record<string, string | number | undefined>;

export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

export function request<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return answer<T>(address(path, parameters), { headers: headers(), signal: signal ?? null });
}

/** Asks for a change. */
export function send<T>(path: string, body: unknown): Promise<T> {
  const content = { ...headers(), 'Content-Type': 'application/json' };
  return answer<T>(address(path), { method: 'POST', headers: content, body: JSON.stringify(body) });
}

async function answer<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unavailable', 'The server cannot be reached. Is tidecast still running?');
  }
  if (!response.ok) await refuse(response);
  return (await response.json()) as T;
}

export function wasAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
