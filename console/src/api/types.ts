// The shapes of /api/v1, as the server sends them. Times are milliseconds since the Unix epoch (UTC).

export type Phase = 'starting' | 'loading' | 'fitting' | 'live' | 'ended' | 'failed';

export interface ModelVersion {
  model: string;
  version: number;
}

export interface Status {
  version: string;
  mode: 'demo' | 'run' | 'serve';
  phase: Phase;
  message: string;
  now_ms: number;
  started_ms: number;
  progress: { stage: string; done: number; total: number | null } | null;
  replay: { from_ms: number; to_ms: number; speed: number } | null;
  sources: Source[];
  analytics: Analytics[];
  /** The workload whose autoscaling is shown. */
  autoscaling?: string | null;
  forecasts: ForecastPlan[];
  series: number;
  samples: number;
}

export interface Source {
  name: string;
  kind: string;
  /** `waiting`: its server does not answer, and `error` says why. */
  state: 'reading' | 'waiting' | 'done' | 'failed';
  rows: number;
  rows_skipped: number;
  /** Messages a second. */
  rate: number | null;
  /** Messages that wait in the stream. */
  lag: number | null;
  /** How many were not taken, by reason. */
  refused: Record<string, number>;
  error: string | null;
}

/** Figures over windows of a stream. */
export interface Analytics {
  name: string;
  /** The source that it reads. */
  input: string;
  is_network: boolean;
  window_ms: number;
  /** The time of the data up to which windows are closed; null before the first record. */
  watermark_ms: number | null;
  windows: number;
  last_window_ms: number | null;
  keys: number;
  silent: number;
  anomalous: number;
  refused: Record<string, number>;
}

export type NetworkFigure =
  | 'total_packets'
  | 'total_loss'
  | 'delivered_packets'
  | 'loss_rate'
  | 'success_rate'
  | 'avg_latency'
  | 'latency_p50'
  | 'latency_p95'
  | 'latency_p99'
  | 'active_antennas'
  | 'messages';

/** What is undefined, such as the latency of no packet, is absent. Rates are shares of one. */
export type NetworkFigures = Partial<Record<NetworkFigure, number>>;
/** The series that keeps each figure over time. */
export type NetworkSeries = Partial<Record<NetworkFigure, string>>;

/** A figure outside the interval that was forecast for it. */
export interface Anomaly {
  measure: string;
  value: number;
  low: number;
  high: number;
}

export interface Antenna {
  antenna_id: string;
  last_seen_ms: number;
  silent: boolean;
  figures: NetworkFigures;
  series: NetworkSeries;
  anomalies: Anomaly[];
}

/** The last closed window of a network: overall, and antenna by antenna, the most lost packets first. */
export interface Network {
  analytics: string;
  window_ms: number;
  start_ms: number | null;
  end_ms: number | null;
  overall: NetworkFigures;
  series: NetworkSeries;
  antennas_total: number;
  silent: number;
  anomalous: number;
  worst: string[];
  antennas: Antenna[];
}

export interface ForecastPlan {
  name: string;
  selector: string;
  horizon_ms: number;
  every_ms: number;
  levels: number[];
  last_run_ms: number | null;
  runs: number;
}

/** Value `i` of each quantile is for `origin_ms + (i + 1) * step_ms`. */
export interface Forecast {
  series: string;
  origin_ms: number;
  step_ms: number;
  model: ModelVersion;
  levels: number[];
  quantiles: number[][];
  note?: string | null;
}

export interface Accuracy {
  mase: number;
  mase_seasonal_naive: number;
  coverage: number | null;
  origins: number;
}

export interface Candidate {
  model: string;
  version: number | null;
  state: 'champion' | 'challenger' | 'training' | 'queued' | 'failed';
  mase: number | null;
  coverage: number | null;
  fitted_ms: number | null;
  progress: number | null;
  reason: string | null;
}

export interface Board {
  series: string;
  champion: ModelVersion | null;
  note: string | null;
  season: number;
  step_ms: number;
  backtest: Accuracy | null;
  live: Accuracy | null;
  candidates: Candidate[];
  /** Newest version that competes and is not the champion. */
  challenger?: ModelVersion | null;
  drift?: Drift | null;
}

/** Whether live errors have grown beyond those at the choice. `statistic`: 0.5 is a warning, 1 is drift. */
export interface Drift {
  state: 'stable' | 'warning' | 'drifting';
  statistic: number;
  since_ms: number;
}

export interface BoardsPage {
  total: number;
  models: Board[];
}

/** One model across series; means over the series where it was measured. */
export interface ModelStanding {
  model: string;
  champion: number;
  challenger: number;
  training: number;
  queued: number;
  failed: number;
  measured: number;
  mase_mean: number | null;
  mase_median: number | null;
  coverage: number | null;
}

export interface Leaderboard {
  series: number;
  models: ModelStanding[];
}

/** Accuracy over a stretch of time. */
export interface Period {
  from_ms: number;
  to_ms: number;
  mae: number;
  mase: number | null;
  mase_seasonal_naive: number | null;
  coverage: number;
  values: number;
}

export interface AccuracyOverTime {
  series: number;
  series_measured: number;
  periods: Period[];
}

/** Forecasts made at least a lead time before, beside what came; columns with one cell per time. */
export interface Verification {
  step_ms: number;
  horizon_ms: number;
  lead_ms: [number, number];
  from_ms: number;
  to_ms: number;
  levels: [number, number];
  timestamps_ms: number[];
  actual: (number | null)[];
  low: number[];
  median: number[];
  high: number[];
  overall: Period | null;
  periods: Period[];
}

export interface Score {
  mase: number;
  mase_seasonal_naive: number;
  coverage: number | null;
  pinball: number | null;
  origins: number;
  from_ms: number;
  to_ms: number;
}

export interface Version extends ModelVersion {
  alias: 'champion' | 'challenger' | 'previous' | null;
  fitted_at_ms: number;
  data: { from_ms: number; to_ms: number };
  step_ms: number;
  settings: { horizon: number; season: number | null; tuned?: Record<string, number> };
  score: Score | null;
  note: string | null;
  code_version: string;
  artifact_bytes: number;
}

export interface Promotion extends ModelVersion {
  at_ms: number;
  reason: string | null;
}

/** What the registry keeps of a series. `previous`: where a rollback goes. */
export interface SeriesVersions {
  series: string;
  champion: ModelVersion | null;
  challenger: ModelVersion | null;
  previous: ModelVersion | null;
  versions: Version[];
  promotions: Promotion[];
}

export interface Promoted {
  series: string;
  from: ModelVersion | null;
  to: ModelVersion;
}

export interface OverviewRow {
  series: string;
  label: string;
  step_ms: number | null;
  samples: number;
  last: { timestamp_ms: number; value: number } | null;
  sparkline: { timestamps_ms: number[]; values: (number | null)[] };
  forecast: Forecast | null;
  next_day: { low: number; median: number; high: number; steps: number } | null;
  board: Board | null;
}

export interface OverviewPage {
  total: number;
  now_ms: number;
  series: OverviewRow[];
}

export interface Range {
  series: string;
  bucket_ms: number | null;
  timestamps_ms: number[];
  values: (number | null)[];
}

export interface SeriesSpan {
  series: string;
  first_ms: number;
  last_ms: number;
  samples: number;
}

export interface Sample {
  series: string;
  timestamp_ms: number;
  value: number;
}

export interface ChampionChange {
  series: string;
  from: ModelVersion | null;
  to: ModelVersion;
  mase_before: number | null;
  mase_after: number | null;
}

export type ServerEvent =
  | { name: 'status'; data: Status }
  | { name: 'samples'; data: { now_ms: number; samples: Sample[] } }
  | { name: 'forecasts'; data: { forecasts: { series: string; origin_ms: number; model: ModelVersion }[] } }
  | { name: 'champion'; data: ChampionChange }
  | { name: 'window'; data: { analytics: string; start_ms: number; end_ms: number } }
  | { name: 'resync'; data: Record<string, never> };

/** The replay of recorded demand: while it is `preparing` nothing but `progress` is known. */
export interface AutoscalingReplay {
  state: 'preparing' | 'replaying' | 'ended';
  now_ms: number | null;
  from_ms: number | null;
  to_ms: number | null;
  speed: number | null;
  progress: number;
}

/** How a contender fares now. Shares are of one. */
export interface Standing {
  name: string;
  label: string;
  replicas: number;
  ready: number;
  utilisation: number | null;
  cost_replica_minutes: number;
  violation_share: number;
  scale_events: number;
}

/** A contender over time, one entry a point. */
export interface Course {
  name: string;
  label: string;
  replicas: number[];
  ready: number[];
  violation_seconds: number[];
}

/** What happened up to now, one entry a point in every list. */
export interface AutoscalingTimeline {
  step_ms: number;
  times_ms: number[];
  demand: (number | null)[];
  predicted: (number | null)[];
  threshold: number[];
  contenders: Course[];
}

/** A change of the number of replicas, and why. */
export interface Decision {
  time_ms: number;
  from: number;
  to: number;
  reactive: number;
  predicted: number | null;
  quantile: number | null;
  rule: string;
  reason: string;
}

export interface ReplayScore {
  cost_replica_minutes: number;
  violation_share: number;
  unserved_share: number;
  scale_events: number;
}

export interface Contender extends ReplayScore {
  name: string;
  label: string;
  setting: string;
  gap_closed: number | null;
  cost_vs_hpa_equal_violation: number | null;
  violation_vs_hpa_equal_cost: number | null;
}

/** The HPA at one target. */
export interface ParetoPoint extends ReplayScore {
  metric: 'cpu' | 'rate';
  target: number;
}

export interface ReplayTrace {
  name: string;
  from_ms: number;
  scored_from_ms: number;
  to_ms: number;
  step_seconds: number;
  samples: number;
  missing: number;
  peak: number;
}

export interface ReplayConditions {
  capacity: number;
  startup_seconds: number;
  lag_seconds: number;
  averaging_seconds: number;
  sync_seconds: number;
  min_replicas: number;
  max_replicas: number;
  target: number;
  violation_budget: number;
  seed: number;
}

export interface ReplayReport {
  trace: ReplayTrace;
  conditions: ReplayConditions;
  gap_closed: number | null;
  gap_closed_reason: string | null;
  cost_vs_hpa_equal_violation: number | null;
  violation_vs_hpa_equal_cost: number | null;
  contenders: Contender[];
  pareto: ParetoPoint[];
  notes: string[];
}

/** A workload that is scaled by our policy and by the HPA. What is null is not known before the replay has begun. */
export interface Autoscaling {
  workload: string;
  replay: AutoscalingReplay;
  trace: ReplayTrace | null;
  conditions: ReplayConditions | null;
  contenders: Standing[];
  timeline: AutoscalingTimeline | null;
  decisions: Decision[];
  decisions_total: number;
  report: ReplayReport | null;
}
