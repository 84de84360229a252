//! Which lags the next value is explained by.

use crate::season::Cycle;

/// Most lags in a row before the newest value; with longer seasons the rest of the season is left out.
const NEAR: usize = 100;
/// Lags where there is no season.
const NO_SEASON: usize = 12;
/// Days that lags go back to where there is no week.
const DAYS: usize = 3;
/// The longest lag fits this often into a history that is worth a fit.
const SHARE: usize = 2;

/// The lags from 2 on, ascending: a little more than a season, the same time of the days before, and that of the week
/// before with its neighbourhood. Lag 1 is what everything is relative to. Dense lags up to a week are worse: they
/// have more coefficients than a few weeks can tell apart.
pub(super) fn lags(cycle: Cycle) -> Vec<usize> {
    let season = cycle.short;
    if season <= 1 {
        return (2..=NO_SEASON).collect();
    }
    let mut lags: Vec<usize> = (2..=(season + 2).min(NEAR)).collect();
    let days = cycle.long.map_or(DAYS, |week| (week / season).saturating_sub(1));
    lags.extend((1..=days).flat_map(|day| (day * season).saturating_sub(1)..=day * season + 1));
    lags.extend(cycle.long.into_iter().flat_map(|week| week.saturating_sub(4)..=week + 5));
    lags.retain(|lag| *lag >= 2);
    lags.sort_unstable();
    lags.dedup();
    lags
}

/// Fewest values for a fit with these lags.
pub(super) fn minimum_history(lags: &[usize]) -> usize {
    SHARE * lags.last().copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_days_and_the_week() {
        let week = lags(Cycle { short: 24, long: Some(168) });
        assert_eq!(week.len(), 50);
        assert_eq!(week[..25], (2..=26).collect::<Vec<_>>());
        assert_eq!(week[40..], (164..=173).collect::<Vec<_>>());
        assert_eq!(lags(Cycle { short: 3, long: None }), [2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(lags(Cycle { short: 1, long: None }).len(), 11);
        assert_eq!(lags(Cycle { short: 1_440, long: None }).last(), Some(&4_321));
    }
}
