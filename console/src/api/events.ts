// Server-sent events read by `fetch`, because `EventSource` cannot send the Authorization header.
import { headers, refuse } from './request';
import type { ServerEvent } from './types';

/** The server's heartbeat comes every 15 s: after three of them missed the connection is taken for dead. */
const SILENCE_MS = 45_000;
/** An event larger than this is no event of ours: better to reconnect than to grow without bound. */
const EVENT_CHARACTERS_MAX = 8_000_000;

/** Reads one connection until it ends or fails; `opened` is called once the server has accepted it. */
export async function readEvents(
  signal: AbortSignal,
  opened: () => void,
  deliver: (event: ServerEvent) => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch('/api/v1/events', {
      headers: { ...headers(), Accept: 'text/event-stream' },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) await refuse(response);
    if (!response.body) throw new Error('The event stream has no body.');
    opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      rest = (rest + value).replaceAll('\r\n', '\n');
      let end: number;
      while ((end = rest.indexOf('\n\n')) >= 0) {
        const event = parse(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (event) deliver(event);
      }
      if (rest.length > EVENT_CHARACTERS_MAX) throw new Error('An event of the stream is too large.');
    }
  } finally {
    clearTimeout(timer);
  }
}

function parse(block: string): ServerEvent | null {
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) name = line.slice(6).trim();
    else if (line.startsWith('data:')) data += (data && '\n') + line.slice(5).trimStart();
  }
  return name && data ? ({ name, data: JSON.parse(data) } as ServerEvent) : null;
}
