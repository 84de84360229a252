// The HTTP contract over a `World`, plus the built console: what the browser tests and `npm run dev` talk to.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOUR_MS, lowerBound } from './data.mjs';
import { forecast } from './forecast.mjs';
import { accuracy, leaderboard, verification } from './verification.mjs';
import { World } from './world.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };
// The real server may send the same: the console must live with it.
const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";
const NICE_BUCKETS_MS = [1 / 60, 1 / 30, 1 / 12, 1 / 4, 1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * HOUR_MS);

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

/** Starts on `port` (0: any) of the loopback; resolves to `{url, world, close}`. */
export async function startMock({ port = 0, token = '', scenario = 'live', speed = 7200, broken = false } = {}) {
  const world = new World({ scenario, speed });
  const state = { broken };
  const server = createServer(async (request, response) => {
    try {
      await answer(request, response, world, token, state);
    } catch (error) {
      const status = error.status ?? 500;
      const headers = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
      send(response, status, { error: { code: error.code ?? 'internal', message: error.message } }, headers);
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const timer = setInterval(() => world.tick(), HOUR_MS / speed);
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    world,
    state,
    /** Cuts every open connection, as a restart would. */
    cut: () => server.closeAllConnections(),
    close: async () => {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request, response, world, token, state) {
  const url = new URL(request.url, 'http://localhost');
  const path = url.pathname;
  if (path === '/') return response.writeHead(307, { Location: '/ui/' }).end();
  if (path === '/healthz') return response.writeHead(200).end('ok');
  if (path.startsWith('/ui')) return file(response, path.slice(3));
  if (!path.startsWith('/api/v1/')) throw new Refusal(404, 'not_found', `There is nothing at ${path}.`);
  if (token && request.headers.authorization !== `Bearer ${token}`) {
    throw new Refusal(401, 'unauthorized', 'This server asks for a bearer token.');
  }
  const table = request.method === 'POST' ? changes : handlers;
  const handler = table[path.slice('/api/v1/'.length)];
  if (!handler) throw new Refusal(404, 'not_found', `There is nothing at ${path}.`);
  if (state.broken && path !== '/api/v1/events') {
    throw new Refusal(503, 'unavailable', 'The store is being compacted and does not answer. Try again in a moment.');
  }
  const question = request.method === 'POST' ? await bodyOf(request) : url.searchParams;
  const body = handler(question, world, response);
  if (body) send(response, 200, body);
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function file(response, path) {
  const name = extname(path) ? join(DIST, path) : join(DIST, 'index.html');
  if (!name.startsWith(DIST) || !existsSync(name)) return response.writeHead(404).end('not found');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': POLICY,
  });
  createReadStream(name).pipe(response);
}

function known(query, world) {
  const key = query.get('series');
  const series = world.find(key);
  if (!series) throw new Refusal(404, 'not_found', `There is no series ${key}.`);
  return series;
}

/** The mock holds no more than four weeks of forecasts against what came. */
const bounded = (query, world) => Math.max(number(query, 'from', world.from_ms), world.now_ms - 28 * 24 * HOUR_MS);

const number = (query, name, otherwise) => (query.has(name) ? Number(query.get(name)) : otherwise);

const handlers = {
  status: (_query, world) => world.status(),

  overview(query, world) {
    const rows = world.phase === 'loading' ? [] : world.select(query.get('selector'));
    const offset = number(query, 'offset', 0);
    const page = rows.slice(offset, offset + number(query, 'limit', 200));
    return { total: rows.length, now_ms: world.now_ms, series: page.map((series) => world.row(series)) };
  },

  series: (query, world) => ({
    series: world.select(query.get('selector')).map((series) => ({
      series: series.key,
      first_ms: series.timestamps[0],
      last_ms: series.timestamps[world.visible(series) - 1],
      samples: world.visible(series),
    })),
  }),

  range(query, world) {
    const series = known(query, world);
    const start = lowerBound(series.timestamps, number(query, 'from', -Infinity));
    const end = Math.min(world.visible(series), lowerBound(series.timestamps, number(query, 'to', Infinity)));
    const points = number(query, 'points', Infinity);
    const times = series.timestamps.slice(start, end);
    const values = series.values.slice(start, end);
    if (times.length <= points) return { series: series.key, bucket_ms: null, timestamps_ms: times, values };
    const extent = times.at(-1) - times[0];
    const bucket = NICE_BUCKETS_MS.find((width) => extent / width < points) ?? extent;
    return { series: series.key, bucket_ms: bucket, ...bucketed(times, values, bucket, query.get('aggregate') ?? 'mean') };
  },

  forecasts(query, world) {
    const series = known(query, world);
    const from = Math.max(number(query, 'from', world.from_ms), world.from_ms);
    const to = Math.min(number(query, 'to', Infinity), world.now_ms + 1, world.last_ms + 1);
    const origins = [];
    for (let origin = Math.ceil(from / world.step_ms) * world.step_ms; origin < to; origin += world.step_ms) origins.push(origin);
    const newest = origins.slice(-number(query, 'limit', 50));
    return { forecasts: newest.map((origin) => forecast(series, origin, { model: 'ridge', version: 1 })) };
  },

  network(query, world) {
    if (!world.network) throw new Refusal(404, 'not_found', 'No network monitoring is configured.');
    return world.network.answer(number(query, 'limit', 100));
  },

  models(query, world) {
    const boards = boardsOf(world, query);
    const offset = number(query, 'offset', 0);
    return { total: boards.length, models: boards.slice(offset, offset + number(query, 'limit', Infinity)) };
  },

  leaderboard: (query, world) => leaderboard(boardsOf(world, query)),

  accuracy: (query, world) => accuracy(world, bounded(query, world), world.now_ms + 1),

  verification(query, world) {
    const series = known(query, world);
    return verification(series, world, Number.parseFloat(query.get('lead') ?? '0'), bounded(query, world), world.now_ms + 1);
  },

  'models/versions': (query, world) => ({
    series: boardsOf(world, query).map((board) => world.registry.versions(world.find(board.series))),
  }),

  events(_query, world, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const write = (name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    write('status', world.status());
    world.listeners.add(write);
    const heartbeat = setInterval(() => response.write(': alive\n\n'), 15_000);
    response.on('close', () => {
      world.listeners.delete(write);
      clearInterval(heartbeat);
    });
    return null;
  },
};

const changes = {
  'models/promote'({ series, version, reason }, world) {
    const found = world.find(series);
    const [model, number] = version.split('/');
    const to = { model, version: Number(number) };
    const known = world.registry.versions(found).versions.some((one) => one.model === to.model && one.version === to.version);
    if (!known) throw new Refusal(404, 'not_found', `${series} has no model ${version}.`);
    return world.registry.promote(found, to, reason ?? 'promoted by hand');
  },

  'models/rollback'({ series, from, reason }, world) {
    const found = world.find(series);
    const { champion, previous } = world.registry.versions(found);
    if (!previous) throw new Refusal(404, 'not_found', `${series} has had no champion before ${champion.model}/${champion.version}.`);
    if (from && from !== `${champion.model}/${champion.version}`) {
      throw new Refusal(409, 'bad_request', `${series} is not forecast by ${from} any more.`);
    }
    return world.registry.promote(found, previous, reason ?? 'rolled back by hand');
  },
};

function boardsOf(world, query) {
  if (['loading', 'fitting'].includes(world.phase)) return [];
  return world.select(query.get('selector')).map((series) => world.board(series));
}

const aggregates = {
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  last: (values) => values.at(-1),
};

function bucketed(times, values, bucket, aggregate) {
  const groups = new Map();
  times.forEach((time, i) => {
    const start = Math.floor(time / bucket) * bucket;
    if (!groups.has(start)) groups.set(start, []);
    groups.get(start).push(values[i]);
  });
  return { timestamps_ms: [...groups.keys()], values: [...groups.values()].map(aggregates[aggregate]) };
}
