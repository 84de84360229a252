// The real server for the tests, on any port of the loopback, with a store in a temporary directory.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 60_000;
const STOP_MS = 10_000;

const DEMO = ['demo', '--listen', '127.0.0.1:0', '--store', 'embedded:store', '--speed', '2h', '--no-open'];

/** The replay of an autoscaler: eight days in less than a minute. */
export const AUTOSCALE = ['demo', 'autoscale', '--listen', '127.0.0.1:0', '--store', 'embedded:store', '--speed', '4h', '--no-open'];

/** Runs the demo, or what a configuration asks for; resolves to `{url, close}` once the server has printed its address. */
export async function startBinary(path, configuration, demo = DEMO) {
  const directory = mkdtempSync(join(tmpdir(), 'tidecast-console-'));
  if (configuration) writeFileSync(join(directory, 'tidecast.yaml'), configuration);
  const verb = configuration ? ['run', '-f', 'tidecast.yaml'] : demo;
  const child = spawn(path, verb, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(timer);
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const url = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no address after ${START_MS} ms; output:\n${output}`)), START_MS);
      const settle = (action, value) => {
        clearTimeout(timer);
        action(value);
      };
      child.once('error', (error) => settle(reject, error));
      child.once('exit', (code) => settle(reject, new Error(`exited with ${code}; output:\n${output}`)));
      const read = (chunk) => {
        // Only the beginning matters, and a chatty server must not fill the memory.
        if (output.length < 100_000) output += chunk;
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(output);
        if (address) settle(resolve, address[0]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
    });
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
