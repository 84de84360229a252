// A network of antennas for the mock: a day of windows behind it, and one more at every tick.
const WINDOW_MS = 10_000;
const DAY_MS = 86_400_000;
/** Antennas have this much of a past; the network has a day. */
const ANTENNA_WINDOWS = 180;
/** What a service that is polled tells of the network as a whole. */
const POLLED = ['total_packets', 'total_loss', 'loss_rate', 'success_rate', 'avg_latency', 'active_antennas'];
const FIGURES = ['total_packets', 'total_loss', 'loss_rate', 'success_rate', 'avg_latency', 'latency_p50', 'latency_p95', 'latency_p99'];

export class Network {
  /** `antennas`: how many; `empty`: the first window has not closed; `trouble`: the stream's server is away;
      `polled`: a service that tells nothing of single antennas. */
  constructor({ antennas = 24, empty = false, trouble = false, polled = false, start_ms = Date.now() }) {
    Object.assign(this, { empty, trouble, polled });
    this.ids = Array.from({ length: antennas }, (_, i) => `antenna-${i}`);
    this.end_ms = Math.floor(start_ms / WINDOW_MS) * WINDOW_MS;
    this.first_ms = this.end_ms - DAY_MS;
    this.windows = empty ? 0 : DAY_MS / WINDOW_MS;
    this.overall = new Map((polled ? POLLED : [...FIGURES, 'active_antennas']).map((figure) => [figure, { key: `network_${figure}`, label: figure, timestamps: [], values: [] }]));
    if (!empty) for (let end = this.first_ms + WINDOW_MS; end <= this.end_ms; end += WINDOW_MS) this.#keep(end);
  }

  tick() {
    if (this.empty || this.trouble) return null;
    this.end_ms += WINDOW_MS;
    this.windows++;
    this.#keep(this.end_ms);
    return { analytics: 'network', start_ms: this.end_ms - WINDOW_MS, end_ms: this.end_ms };
  }

  #keep(end_ms) {
    const figures = this.#overallFigures(end_ms);
    for (const [figure, series] of this.overall) {
      series.timestamps.push(end_ms);
      series.values.push(figures[figure]);
    }
  }

  silent(i) {
    return i % 12 === 7;
  }

  #antennaFigures(i, end_ms) {
    const noise = (salt) => Math.abs(Math.sin(i * 12.9898 + (end_ms / WINDOW_MS) * 0.731 + salt) * 43758.5453) % 1;
    const packets = 200 + Math.round(noise(1) * 800);
    const bad = i % 12 === 3 ? 0.12 : 0.02;
    const loss = Math.round(packets * (bad + noise(2) * 0.06));
    const latency = 40 + 8 * Math.sin(end_ms / 3_600_000) + noise(3) * 14 + (i % 12 === 3 ? 38 : 0);
    return {
      total_packets: packets,
      total_loss: loss,
      delivered_packets: packets - loss,
      loss_rate: loss / packets,
      success_rate: 1 - loss / packets,
      avg_latency: latency,
      latency_p50: latency * 0.97,
      latency_p95: latency * (1.4 + noise(4) / 2),
      latency_p99: latency * 2,
      messages: 2,
    };
  }

  /** From a few antennas: a day of ten thousand would take a while. */
  #overallFigures(end_ms) {
    const some = this.ids.slice(0, 12).map((_, i) => this.#antennaFigures(i, end_ms));
    const factor = this.ids.length / some.length;
    const sum = (figure) => some.reduce((total, figures) => total + figures[figure], 0);
    const packets = Math.round(sum('total_packets') * factor);
    const loss = Math.round(sum('total_loss') * factor);
    const latency = sum('avg_latency') / some.length;
    return {
      total_packets: packets,
      total_loss: loss,
      delivered_packets: packets - loss,
      loss_rate: loss / packets,
      success_rate: 1 - loss / packets,
      avg_latency: latency,
      latency_p50: latency * 0.95,
      latency_p95: latency * 1.75,
      latency_p99: latency * 2,
      active_antennas: this.ids.filter((_, i) => !this.silent(i)).length,
      messages: this.ids.length * 2,
    };
  }

  /** A series by its key, made where it is one antenna's. */
  find(key) {
    const [, figure, id] = /^network_(\w+?)(?:\{antenna_id="(.+)"\})?$/.exec(key) ?? [];
    if (id === undefined) return this.overall.get(figure);
    const i = this.ids.indexOf(id);
    if (i < 0 || this.empty) return undefined;
    const timestamps = Array.from({ length: ANTENNA_WINDOWS }, (_, k) => this.end_ms - (ANTENNA_WINDOWS - 1 - k) * WINDOW_MS);
    return { key, label: id, timestamps, values: timestamps.map((end) => this.#antennaFigures(i, end)[figure]) };
  }

  #antenna(id, i) {
    const silent = this.silent(i);
    const figures = this.#antennaFigures(i, this.end_ms);
    const anomalies = [];
    if (i % 12 === 3) {
      anomalies.push({ measure: 'avg_latency', value: figures.avg_latency, low: 41, high: 67 });
      anomalies.push({ measure: 'loss_rate', value: figures.loss_rate, low: 0.01, high: 0.08 });
    }
    return {
      antenna_id: id,
      last_seen_ms: silent ? this.end_ms - 95_000 - i * 1_000 : this.end_ms - (i % 5) * 1_000,
      silent,
      figures: silent ? {} : figures,
      series: Object.fromEntries(FIGURES.map((figure) => [figure, `network_${figure}{antenna_id="${id}"}`])),
      anomalies,
    };
  }

  answer(limit) {
    const known = !this.empty;
    const overall = known ? this.#overallFigures(this.end_ms) : {};
    const antennas = known && !this.polled ? this.ids.map((id, i) => this.#antenna(id, i)) : [];
    antennas.sort((a, b) => (b.figures.total_loss ?? 0) - (a.figures.total_loss ?? 0));
    return {
      analytics: 'network',
      window_ms: WINDOW_MS,
      start_ms: known ? this.end_ms - WINDOW_MS : null,
      end_ms: known ? this.end_ms : null,
      overall: this.polled ? Object.fromEntries(POLLED.map((figure) => [figure, overall[figure]])) : overall,
      series: Object.fromEntries([...this.overall.keys()].map((figure) => [figure, `network_${figure}`])),
      antennas_total: antennas.length,
      silent: antennas.filter((antenna) => antenna.silent).length,
      anomalous: antennas.filter((antenna) => antenna.anomalies.length > 0).length,
      worst: antennas.slice(0, 10).map((antenna) => antenna.antenna_id),
      antennas: antennas.slice(0, limit),
    };
  }

  /** What the status says of it. */
  status() {
    const { silent, anomalous, antennas_total: keys } = this.answer(0);
    const error = 'redis://redis:6379 refuses the connection (connection refused). Is Redis running? Trying again in 8 s.';
    return {
      sources: [
        {
          name: 'antennas',
          kind: this.polled ? 'poll' : 'redis_stream',
          state: this.trouble ? 'waiting' : 'reading',
          rows: 17_280 + this.windows * (this.polled ? 1 : keys),
          rows_skipped: 0,
          rate: this.trouble ? 0 : this.ids.length / 5,
          lag: this.polled ? null : this.trouble ? 1_830 : 0,
          refused: this.empty || this.polled ? {} : { malformed: 12, future_timestamp: 3, unknown_field: 40 },
          error: this.trouble ? error : null,
        },
      ],
      analytics: [
        {
          name: 'network',
          input: 'antennas',
          is_network: true,
          window_ms: WINDOW_MS,
          watermark_ms: this.empty ? this.end_ms + 2_000 : this.end_ms + 1_000,
          windows: this.windows,
          last_window_ms: this.empty ? null : this.end_ms,
          keys,
          silent,
          anomalous,
          refused: this.empty || this.polled ? {} : { late: 5 },
        },
      ],
    };
  }
}
