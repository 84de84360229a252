//! The simplex search of Nelder and Mead (*The Computer Journal*, 1965) in a unit cube, with every point that an
//! iteration may need evaluated together: eight cost hardly more than one, see [`super::lanes`].

/// Points evaluated together.
pub(crate) const POINTS: usize = 8;
/// Most dimensions: reflection, expansion, two contractions and a shrunken simplex fill the points.
pub(crate) const DIMENSIONS: usize = 4;

/// A place in the unit cube; dimensions that are not used stay at their start.
pub(crate) type Point = [f64; DIMENSIONS];

/// The lowest place found from `starts`, of which there are at most [`POINTS`], in at most `iterations`; it ends
/// earlier when the values of the simplex differ by less than `tolerance`. `dimensions` are searched. Values that
/// are not numbers count as infinitely high.
pub(crate) fn minimise(
    dimensions: usize,
    starts: &[Point; POINTS],
    iterations: usize,
    tolerance: f64,
    mut evaluate: impl FnMut(&[Point; POINTS]) -> [f64; POINTS],
) -> (Point, f64) {
    let dimensions = dimensions.clamp(1, DIMENSIONS);
    let mut evaluate =
        |points: &[Point; POINTS]| evaluate(points).map(|value| if value.is_nan() { f64::INFINITY } else { value });
    let values = evaluate(starts);
    let mut tried: Vec<(Point, f64)> = starts.iter().copied().zip(values).collect();
    tried.sort_by(|a, b| a.1.total_cmp(&b.1));
    let first = tried[0];
    let mut corners = [first.0; POINTS];
    for (dimension, corner) in corners.iter_mut().enumerate().take(dimensions) {
        let here = first.0[dimension];
        corner[dimension] = if here < 0.5 { here + FIRST_STRIDE } else { here - FIRST_STRIDE };
    }
    let values = evaluate(&corners);
    let mut simplex: Vec<(Point, f64)> = corners.iter().copied().zip(values).take(dimensions).collect();
    simplex.push(first);
    for _ in 0..iterations {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (simplex[0], simplex[dimensions]);
        if worst.1 - best.1 < tolerance {
            break;
        }
        let centre: Point = std::array::from_fn(|at| {
            simplex[..dimensions].iter().map(|one| one.0[at]).sum::<f64>() / dimensions as f64
        });
        let along = |distance: f64| towards(centre, worst.0, distance);
        let mut points = [along(-1.0), along(-2.0), along(-0.5), along(0.5), best.0, best.0, best.0, best.0];
        for (point, corner) in points[4..].iter_mut().zip(&simplex[1..]) {
            *point = towards(best.0, corner.0, 0.5);
        }
        let values = evaluate(&points);
        let second_worst = simplex[dimensions - 1].1;
        let [reflected, expanded, outside, inside, ..] = values;
        let chosen = if reflected < best.1 {
            Some(usize::from(expanded < reflected))
        } else if reflected < second_worst {
            Some(0)
        } else if reflected < worst.1 {
            (outside <= reflected).then_some(2)
        } else {
            (inside < worst.1).then_some(3)
        };
        match chosen {
            Some(chosen) => simplex[dimensions] = (points[chosen], values[chosen]),
            None => {
                for (corner, shrunken) in
                    simplex[1..].iter_mut().zip(points[4..].iter().copied().zip(values[4..].iter().copied()))
                {
                    *corner = shrunken;
                }
            }
        }
    }
    simplex.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(first)
}

/// Length of the first simplex's edges.
const FIRST_STRIDE: f64 = 0.15;

/// The point `distance` of the way from one to the other, kept in the cube.
fn towards(from: Point, to: Point, distance: f64) -> Point {
    std::array::from_fn(|at| (from[at] + distance * (to[at] - from[at])).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dimensions: usize, expected: Point, valley: impl Fn(&Point) -> f64) {
        let (found, _) = minimise(dimensions, &[[0.5; 4]; POINTS], 300, 1e-14, |points| points.each_ref().map(&valley));
        for at in 0..dimensions {
            assert!((found[at] - expected[at]).abs() < 1e-4, "{found:?}");
        }
    }

    #[test]
    fn finds_the_lowest_place() {
        check(1, [0.3, 0.0, 0.0, 0.0], |x| (x[0] - 0.3).powi(2));
        check(4, [0.1, 0.9, 0.4, 0.6], |x| {
            (x[0] - 0.1).powi(2) + 3.0 * (x[1] - 0.9).powi(2) + (x[2] - 0.4).powi(2) + 9.0 * (x[3] - 0.6).powi(2)
        });
        // Rosenbrock's curved valley, within the cube.
        check(2, [0.5, 0.25, 0.0, 0.0], |x| (0.5 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
    }

    #[test]
    fn stays_in_the_cube_and_survives_nan() {
        check(2, [0.0, 1.0, 0.0, 0.0], |x| if x[0] > 0.9 { f64::NAN } else { x[0] - x[1] });
    }
}
