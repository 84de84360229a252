// The bearer token, kept for this tab only. A page asks for it when the server has refused a request.

const KEY = 'tidecast.token';

class Session {
  token = $state(sessionStorage.getItem(KEY) ?? '');
  asking = $state(false);
  /** True when a token was sent and not accepted, so that the form can say so. */
  rejected = $state(false);

  refused(): void {
    this.rejected = this.token !== '';
    this.asking = true;
  }

  accept(token: string): void {
    this.token = token.trim();
    sessionStorage.setItem(KEY, this.token);
    this.asking = false;
  }
}

export const session = new Session();
