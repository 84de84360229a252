//! Places for the names of points in a chart: near their point, not on another name, not on another point.

/// A character of a name is about this wide, px.
const LETTER_PX: f64 = 6.6;
/// Half the height of a name.
const HALF_PX: f64 = 8.0;
/// From the middle of a point to its name.
const GAP_PX: f64 = 9.0;
/// Room that a point needs, from its middle.
const POINT_PX: f64 = 6.0;

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area(pub(super) [f64; 4]);

impl Area {
    fn meets(&self, other: &Self) -> bool {
        let (Self([left, top, right, bottom]), Self([x, y, end, foot])) = (self, other);
        left < end && x < right && top < foot && y < bottom
    }

    fn within(&self, other: &Self) -> bool {
        let (Self([left, top, right, bottom]), Self([x, y, end, foot])) = (self, other);
        left >= x && right <= end && top >= y && bottom <= foot
    }

    /// Where the name starts, and the middle of its height.
    pub(super) fn start(&self) -> (f64, f64) {
        let Self([left, top, _, bottom]) = self;
        (*left, f64::midpoint(*top, *bottom))
    }

    /// The point of the area that is nearest to another.
    pub(super) fn nearest(&self, x: f64, y: f64) -> (f64, f64) {
        let Self([left, top, right, bottom]) = self;
        (x.clamp(*left, *right), y.clamp(*top + HALF_PX / 2.0, *bottom - HALF_PX / 2.0))
    }
}

/// A place for each name, in their order. Names for which there is no free place stay beside their point.
pub(super) fn places(points: &[(f64, f64, &str)], bounds: Area) -> Vec<Area> {
    let dots: Vec<Area> =
        points.iter().map(|(x, y, _)| Area([x - POINT_PX, y - POINT_PX, x + POINT_PX, y + POINT_PX])).collect();
    let mut taken: Vec<Area> = Vec::with_capacity(points.len());
    for (x, y, name) in points {
        let width = name.chars().count() as f64 * LETTER_PX;
        let is_free = |area: &Area| area.within(&bounds) && !taken.iter().chain(&dots).any(|other| area.meets(other));
        let place = candidates(*x, *y, width).find(is_free);
        taken.push(place.unwrap_or_else(|| right_of(*x, *y, width)));
    }
    taken
}

fn right_of(x: f64, y: f64, width: f64) -> Area {
    Area([x + GAP_PX, y - HALF_PX, x + GAP_PX + width, y + HALF_PX])
}

/// Beside the point, then above and below, then further and further away.
fn candidates(x: f64, y: f64, width: f64) -> impl Iterator<Item = Area> {
    let shifts = (0..16).flat_map(|step| {
        let shift = f64::from(step) * 2.0 * HALF_PX;
        if step == 0 { vec![0.0] } else { vec![shift, -shift] }
    });
    shifts.flat_map(move |shift| {
        let reach = if shift == 0.0 { 0.0 } else { 8.0 };
        [x + GAP_PX + reach, x - GAP_PX - reach - width, x - width / 2.0]
            .map(|left| Area([left, y + shift - HALF_PX, left + width, y + shift + HALF_PX]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lie_on_nothing() {
        let bounds = Area([0.0, 0.0, 600.0, 300.0]);
        let points: Vec<(f64, f64, &str)> = (0..12)
            .map(|index| (300.0 + f64::from(index % 3), 150.0 + f64::from(index) / 4.0, "a name of some length"))
            .collect();
        let places = places(&points, bounds);
        for (index, place) in places.iter().enumerate() {
            assert!(place.within(&bounds), "{place:?}");
            assert!(!places[..index].iter().any(|other| other.meets(place)), "{index} {place:?}");
        }
        // A point at the right edge has its name to the left.
        let edge = super::places(&[(595.0, 50.0, "edge")], bounds);
        assert!(edge[0].within(&bounds), "{edge:?}");
    }
}
