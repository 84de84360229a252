// Names of models as people say them.

// All but these read well with their first letter capitalised.
const names: Record<string, string> = { ets: 'ETS', lstm: 'LSTM', mstl: 'MSTL' };

export function modelName(model: string): string {
  const known = names[model];
  if (known) return known;
  const words = model.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
