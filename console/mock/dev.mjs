// `npm run dev`: Vite with the mock server behind it, or with a real one where TIDECAST_API names its address.
import { createServer } from 'vite';
import { startMock } from './server.mjs';

const mock = process.env.TIDECAST_API ? null : await startMock({ speed: 3600 });
if (mock) process.env.TIDECAST_API = mock.url;
const vite = await createServer();
await vite.listen();
vite.printUrls();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await vite.close();
    await mock?.close();
  });
}
