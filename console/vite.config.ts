// Builds the console with fixed file names, so that the server can embed `dist` without knowing a hash and so that a
// second build of the same source gives the same bytes.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const api = process.env.TIDECAST_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/ui/',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/console.js',
        assetFileNames: 'assets/console[extname]',
        codeSplitting: false,
      },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/api': api, '/healthz': api, '/readyz': api } },
});
