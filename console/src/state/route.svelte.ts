// Which page is shown, from the address after `#`: a link can be kept, the back button works, the server need not know.

export type Route =
  | { page: 'overview' }
  | { page: 'series'; series: string }
  | { page: 'models' }
  | { page: 'versions'; series: string }
  | { page: 'network' }
  | { page: 'autoscaling' };

function parse(hash: string): Route {
  const [page, argument] = hash.replace(/^#\/?/, '').split('/');
  if ((page === 'series' || page === 'models') && argument) {
    try {
      return { page: page === 'series' ? 'series' : 'versions', series: decodeURIComponent(argument) };
    } catch {
      return { page: 'overview' };
    }
  }
  return page === 'models' || page === 'network' || page === 'autoscaling' ? { page } : { page: 'overview' };
}

class Router {
  current = $state.raw<Route>(parse(location.hash));
  /** Where the person comes from, so that a list can take them back to the same row. */
  previous: Route | null = null;

  constructor() {
    addEventListener('hashchange', () => {
      this.previous = this.current;
      this.current = parse(location.hash);
      scrollTo(0, 0);
    });
  }
}

export const router = new Router();

export const overviewLink = '#/';
export const modelsLink = '#/models';
export const networkLink = '#/network';
export const autoscalingLink = '#/autoscaling';

export function seriesLink(series: string): string {
  return `#/series/${encodeURIComponent(series)}`;
}

/** The list that a page of one series was opened from. */
export function listLink(): string {
  if (router.current.page === 'versions') return modelsLink;
  return router.current.page === 'series' && router.previous?.page === 'network' ? networkLink : overviewLink;
}

export function versionsLink(series: string): string {
  return `#/models/${encodeURIComponent(series)}`;
}
