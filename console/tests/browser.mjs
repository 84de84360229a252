// A headless Chromium for the tests, and pages that remember what went wrong in them.
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const RESULTS = fileURLToPath(new URL('../test-results/', import.meta.url));
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const DESKTOP = { width: 1360, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** Playwright gives it a fresh profile and ends it, by its own id, when it is closed. */
export async function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(
      `The browser tests need Chromium, and ${executablePath} is not there: apt-get install chromium, or name one in CHROMIUM.`,
    );
  }
  mkdirSync(RESULTS, { recursive: true });
  return chromium.launch({ executablePath, args: FLAGS, timeout: 30_000 });
}

/** A page whose `problems` lists console errors, exceptions, and requests that leave the loopback. */
export async function open(browser, address, { viewport = DESKTOP, theme = 'light', touch = false } = {}) {
  const context = await browser.newContext({
    viewport,
    colorScheme: theme,
    reducedMotion: 'reduce',
    hasTouch: touch,
    deviceScaleFactor: touch ? 2 : 1,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname) && !['data:', 'blob:'].includes(url.protocol)) {
      problems.push(`request left the loopback: ${request.url()}`);
    }
  });
  await page.goto(address);
  return { page, problems, close: () => context.close() };
}

export function screenshot(page, name) {
  return page.screenshot({ path: `${RESULTS}${name}.png` });
}

/** Fails when the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
