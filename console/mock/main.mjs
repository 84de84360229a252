// `npm run mock [-- --scenario many --port 8090]`: the mock server alone, until it is interrupted.
import { parseArgs } from 'node:util';
import { startMock } from './server.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    scenario: { type: 'string', default: 'live' },
    speed: { type: 'string', default: '3600' },
    token: { type: 'string', default: '' },
  },
});
const mock = await startMock({ ...values, port: Number(values.port), speed: Number(values.speed) });
console.log(`Mock server on ${mock.url}/ui/ (scenario ${values.scenario})`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => mock.close());
