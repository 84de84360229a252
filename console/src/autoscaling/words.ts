// The figures of autoscaling in words, and who is who among the contenders.
import { count } from '../format/number';

const OURS = 'ours';

/** Ours, and the HPA that it is held against. */
export function rivals<One extends { name: string }>(contenders: One[]): { ours: One | undefined; hpa: One | undefined } {
  return {
    ours: contenders.find((one) => one.name === OURS),
    hpa: contenders.find((one) => one.name.startsWith('hpa')),
  };
}

export function isOurs(one: { name: string }): boolean {
  return one.name === OURS;
}

/** Replica-hours, as they are paid. */
export function replicaHours(cost_replica_minutes: number): string {
  const hours = cost_replica_minutes / 60;
  return hours < 100 ? hours.toFixed(1) : count(Math.round(hours));
}

/** A share of one with two decimals, so that columns align; what is less than they show is not called nothing. */
export function share(value: number): string {
  const percent = value * 100;
  if (percent !== 0 && Math.abs(percent) < 0.005) return '< 0.01 %';
  return `${percent.toFixed(2).replace('-', '−')} %`;
}

/** A share in whole percents. */
export function wholeShare(value: number): string {
  return `${Math.round(value * 100).toLocaleString('en-GB').replace('-', '−')} %`;
}

/** A target, which may be far below one percent for the wildest demand. */
export function targetShare(value: number): string {
  return `${Number((value * 100).toPrecision(2))} %`;
}

/** How much more or less than another, as in "−18 %"; null where there is nothing to compare with. */
export function difference(value: number, other: number): string | null {
  if (!(other > 0)) return null;
  const percent = (value / other - 1) * 100;
  const text = Math.abs(percent) < 10 ? percent.toFixed(1) : percent.toFixed(0);
  return Number(text) === 0 ? '±0 %' : `${percent > 0 ? '+' : '−'}${text.replace('-', '')} %`;
}

/** "17 % less than", "3 % more than", "as much as". */
export function lessOrMore(ratio: number): string {
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  if (percent === 0) return 'as much as';
  return ratio >= 3 ? `${ratio.toFixed(1)} times as much as` : `${percent} % ${ratio < 1 ? 'less' : 'more'} than`;
}

const rules: Record<string, string> = {
  missing: 'Demand unknown',
  reactive: 'Present demand',
  stabilization: 'Stabilisation',
  rate: 'Rate of scaling',
};

/** The name of a rule for people. */
export function ruleWords(rule: string): string {
  const words = rules[rule] ?? rule.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
