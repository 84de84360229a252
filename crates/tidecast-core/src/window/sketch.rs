//! Quantiles from a sketch of bounded size that can be merged.

use super::codec::{DecodeError, Reader, Writer};
use std::cmp::Ordering;

/// Buckets of a sketch at most: 32 powers of two (nine and a half of ten) at full resolution.
const BUCKETS_MAX: usize = 2_048;
/// Bits of the mantissa that number the buckets within a power of two.
const RESOLUTION_BITS: u32 = 6;
/// How far the bits of a double are shifted to give the number of its bucket.
const SHIFT: u32 = 52 - RESOLUTION_BITS;
/// At this level there are at most 1,025 different buckets.
const LEVEL_MAX: u8 = 8;
/// A bucket and its count share 64 bits, the bucket above, so that their order is that of the buckets.
const COUNT_BITS: u32 = 44;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;
const BIAS: i64 = 1 << 19;

/// How many values fell into each of many narrow buckets, for quantiles with a bounded relative error.
///
/// A `DDSketch` (Masson, Rim, Lee, 2019) whose logarithm is interpolated linearly between powers of two, so that a value's bucket
/// is a shift of its bits: 64 buckets for each power of two, gamma at most 1 + 1/64. A quantile is within 1/129 = 0.78 % of
/// the value at its rank. Should values need more than 2,048 buckets, neighbouring ones are joined in pairs everywhere
/// (Epicoco and others, 2020, "`UDDSketch`") and the bound doubles; as the number of occupied buckets decides that alone,
/// merging gives the same sketch in any order. Takes 8 bytes for each occupied bucket, 16 KiB at most. Magnitudes below
/// 2.2e-308 count as zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// How often neighbouring buckets were joined.
    level: u8,
    /// Ascending.
    buckets: Vec<u64>,
}

impl Sketch {
    /// Takes a finite value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let magnitude = value.abs();
        let index = match () {
            () if magnitude < f64::MIN_POSITIVE => 0,
            () if value > 0.0 => (magnitude.to_bits() >> SHIFT) as i64 + 1,
            () => -((magnitude.to_bits() >> SHIFT) as i64 + 1),
        };
        self.count(coarser(index, self.level), 1);
    }

    /// Takes all that another has taken.
    pub fn merge(&mut self, other: &Self) {
        while self.level < other.level {
            self.coarsen();
        }
        for &bucket in &other.buckets {
            // Counting may itself make the sketch coarser.
            self.count(coarser(index(bucket), self.level - other.level), bucket & COUNT_MAX);
        }
    }

    #[inline]
    fn count(&mut self, index: i64, count: u64) {
        let bucket = ((index + BIAS) as u64) << COUNT_BITS;
        let place = self.buckets.partition_point(|&other| other < bucket);
        match self.buckets.get_mut(place) {
            Some(found) if *found >> COUNT_BITS == bucket >> COUNT_BITS => {
                *found = bucket | ((*found & COUNT_MAX) + count).min(COUNT_MAX);
            }
            _ => self.insert(place, bucket | count),
        }
    }

    fn insert(&mut self, place: usize, bucket: u64) {
        self.buckets.insert(place, bucket);
        while self.buckets.len() > BUCKETS_MAX && self.level < LEVEL_MAX {
            self.coarsen();
        }
    }

    /// Joins neighbouring buckets in pairs.
    fn coarsen(&mut self) {
        self.level += 1;
        let mut joined: Vec<u64> = Vec::with_capacity(self.buckets.len());
        for &bucket in &self.buckets {
            let wide = ((coarser(index(bucket), 1) + BIAS) as u64) << COUNT_BITS;
            match joined.last_mut() {
                Some(last) if *last >> COUNT_BITS == wide >> COUNT_BITS => {
                    *last = wide | ((*last & COUNT_MAX) + (bucket & COUNT_MAX)).min(COUNT_MAX);
                }
                _ => joined.push(wide | (bucket & COUNT_MAX)),
            }
        }
        self.buckets = joined;
    }

    /// The least value that at least the share `level` of all values does not exceed (the nearest rank), within
    /// [`Self::relative_error`]; NaN without values. Of two values the 0.95 quantile is the greater one.
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        let count: u64 = self.buckets.iter().map(|bucket| bucket & COUNT_MAX).sum();
        if count == 0 {
            return f64::NAN;
        }
        let rank = nearest_rank(level, count);
        let mut below = 0;
        let found = self.buckets.iter().find(|&bucket| {
            below += bucket & COUNT_MAX;
            below > rank
        });
        found.or(self.buckets.last()).map_or(f64::NAN, |&bucket| self.middle(index(bucket)))
    }

    /// How far a quantile may be from the value at its rank, as a fraction of that value.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        let (resolution, level) = (RESOLUTION_BITS as i32, i32::from(self.level));
        // Upper by lower end, where that is largest: at the beginning of a power of two, or over several of them.
        let ratio = match level - resolution {
            finer @ ..=0 => 1.0 + 2_f64.powi(finer),
            coarser => 2_f64.powi(1 << coarser),
        };
        (ratio - 1.0) / (ratio + 1.0)
    }

    /// The value that is as far from the lower as from the upper end of a bucket, relative to each.
    fn middle(&self, index: i64) -> f64 {
        let shift = SHIFT + u32::from(self.level);
        let end = |number: u64| f64::from_bits(number << shift).clamp(f64::MIN_POSITIVE, f64::MAX);
        let number = index.unsigned_abs();
        let magnitude = match number.checked_sub(1) {
            Some(before) => end(before) / (0.5 + 0.5 * (end(before) / end(number))),
            None => return 0.0,
        };
        if index < 0 { -magnitude } else { magnitude }
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        to.varint(u64::from(self.level));
        to.varint(self.buckets.len() as u64);
        let mut last = 0;
        for &bucket in &self.buckets {
            to.varint((bucket >> COUNT_BITS) - last);
            to.varint(bucket & COUNT_MAX);
            last = bucket >> COUNT_BITS;
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let damaged = || DecodeError::Damaged("a sketch");
        let level = u8::try_from(from.varint()?).ok().filter(|&level| level <= LEVEL_MAX).ok_or_else(damaged)?;
        let count = from.length(2)?;
        let mut buckets = Vec::with_capacity(count);
        let mut last = 0_u64;
        let highest = coarser((f64::MAX.to_bits() >> SHIFT) as i64 + 1, level);
        for place in 0..count {
            let step = from.varint()?;
            let bucket = last.checked_add(step).filter(|_| step > 0 || place == 0).ok_or_else(damaged)?;
            let count = from.varint()?;
            let index = i64::try_from(bucket).map_err(|_| damaged())? - BIAS;
            if index.abs() > highest || count == 0 || count > COUNT_MAX {
                return Err(damaged());
            }
            buckets.push(bucket << COUNT_BITS | count);
            last = bucket;
        }
        if buckets.len() > BUCKETS_MAX { Err(damaged()) } else { Ok(Self { level, buckets }) }
    }
}

/// From 0; `count` is above 0.
fn nearest_rank(level: f64, count: u64) -> u64 {
    // Shares such as 0.07 of 100 lie a little above the whole number that is meant.
    let share = level.clamp(0.0, 1.0) * count as f64 * (1.0 - 1e-12);
    (share.ceil() as u64).saturating_sub(1)
}

fn index(bucket: u64) -> i64 {
    (bucket >> COUNT_BITS) as i64 - BIAS
}

/// The number of a bucket after neighbours were joined `levels` times.
#[inline]
fn coarser(index: i64, levels: u8) -> i64 {
    match index.cmp(&0) {
        Ordering::Equal => 0,
        Ordering::Greater => ((index - 1) >> levels) + 1,
        Ordering::Less => -(((-index - 1) >> levels) + 1),
    }
}
