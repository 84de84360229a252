// Names of models as people say them.

const names: Record<string, string> = {
  ridge: 'Ridge',
  lstm: 'LSTM',
  seasonal_naive: 'Seasonal naive',
  naive: 'Naive',
  last_value: 'Last value',
  mean: 'Mean',
  gbdt: 'Boosted trees',
  ets: 'ETS',
};

export function modelName(model: string): string {
  const known = names[model];
  if (known) return known;
  const words = model.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
