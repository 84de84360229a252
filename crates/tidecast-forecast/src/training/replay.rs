//! Intervals as they would have adapted on the held-back part, origin by origin.

use super::rollout::Rollout;
use crate::conformal::{Conformal, Tracker};

/// Lets a tracker follow the errors of a rollout from one of its origins on, and returns it. `visit` sees it as it was at each of these
/// origins, knowing only errors of values before it.
pub(super) fn replay(
    rollout: &Rollout,
    first_step: i64,
    conformal: &Conformal,
    from: usize,
    mut tracker: Tracker,
    mut visit: impl FnMut(usize, &Tracker),
) -> Tracker {
    let origins = &rollout.origins;
    let share = 1.0 / conformal.cycle().short.max(1) as f64;
    let mut errors = Vec::new();
    for index in from..origins.len() {
        let seen = if index == from { origins[index] } else { origins[index - 1] };
        for value in seen..origins[index] {
            errors.clear();
            for made in (0..index).rev() {
                let ahead = value.checked_sub(origins[made]);
                let Some(ahead) = ahead else { continue };
                if ahead >= rollout.horizon {
                    break;
                }
                let error = rollout.errors[made * rollout.horizon + ahead];
                if error.is_finite() {
                    errors.push((first_step + i64::try_from(origins[made]).unwrap_or(0), ahead, f64::from(error)));
                }
            }
            tracker.observe(conformal, &errors, share);
        }
        visit(index, &tracker);
    }
    tracker
}
