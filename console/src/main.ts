// Where the console starts.
import { mount } from 'svelte';
import 'uplot/dist/uPlot.min.css';
import './styles/console.css';
import App from './App.svelte';

const target = document.getElementById('console');
if (target) mount(App, { target });
