// Light or dark: the system's wish, unless the person chose otherwise here.

const KEY = 'tidecast.theme';
type Choice = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');

function stored(): Choice | null {
  const choice = localStorage.getItem(KEY);
  return choice === 'light' || choice === 'dark' ? choice : null;
}

class Theme {
  current = $state<Choice>(stored() ?? (system.matches ? 'dark' : 'light'));

  constructor() {
    this.#apply();
    system.addEventListener('change', () => {
      if (!stored()) {
        this.current = system.matches ? 'dark' : 'light';
        this.#apply();
      }
    });
  }

  toggle(): void {
    this.current = this.current === 'dark' ? 'light' : 'dark';
    localStorage.setItem(KEY, this.current);
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.current;
  }
}

export const theme = new Theme();
