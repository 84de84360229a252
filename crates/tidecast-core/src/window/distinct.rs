//! How many different values there were, in bounded memory.

use super::codec::{DecodeError, Reader, Writer};

/// Up to so many different values are counted exactly.
const EXACT_MAX: usize = 512;
/// Bits of a hash that choose its register.
const REGISTER_BITS: u32 = 12;
const REGISTERS: usize = 1 << REGISTER_BITS;
/// The largest number that a register can hold: one more than the bits that are left.
const RANK_MAX: u8 = 64 - REGISTER_BITS as u8 + 1;

/// Different values, by their 64-bit hashes: exact up to 512, then a `HyperLogLog` of 4,096 registers with a standard error of
/// 1.04 / 64 = 1.6 %. At most 4 KiB. Merging gives the same in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct(Held);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    /// Ascending.
    Hashes(Vec<u64>),
    Registers(Box<[u8; REGISTERS]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self(Held::Hashes(Vec::new()))
    }
}

impl Distinct {
    /// Takes the hash of a value.
    pub(super) fn add(&mut self, hash: u64) {
        match &mut self.0 {
            Held::Hashes(hashes) => {
                let Err(place) = hashes.binary_search(&hash) else { return };
                hashes.insert(place, hash);
                if hashes.len() > EXACT_MAX {
                    let mut registers = Box::new([0; REGISTERS]);
                    hashes.iter().for_each(|&hash| register(&mut registers, hash));
                    self.0 = Held::Registers(registers);
                }
            }
            Held::Registers(registers) => register(registers, hash),
        }
    }

    /// Takes all that another has taken.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (_, Held::Hashes(hashes)) => hashes.iter().for_each(|&hash| self.add(hash)),
            (Held::Hashes(hashes), Held::Registers(theirs)) => {
                let mut registers = theirs.clone();
                hashes.iter().for_each(|&hash| register(&mut registers, hash));
                self.0 = Held::Registers(registers);
            }
            (Held::Registers(ours), Held::Registers(theirs)) => {
                ours.iter_mut().zip(theirs.iter()).for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
            }
        }
    }

    /// How many different values there were.
    #[must_use]
    pub fn count(&self) -> f64 {
        match &self.0 {
            Held::Hashes(hashes) => hashes.len() as f64,
            Held::Registers(registers) => estimate(registers).round(),
        }
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        match &self.0 {
            Held::Hashes(hashes) => {
                to.varint(hashes.len() as u64);
                hashes.iter().for_each(|hash| to.bytes(&hash.to_le_bytes()));
            }
            Held::Registers(registers) => {
                to.varint(EXACT_MAX as u64 + 1);
                to.bytes(&registers[..]);
            }
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let damaged = || DecodeError::Damaged("a count of different values");
        let count = from.varint()? as usize;
        if count > EXACT_MAX {
            let registers: [u8; REGISTERS] = from.bytes(REGISTERS)?.try_into().map_err(|_| damaged())?;
            let sound = count == EXACT_MAX + 1 && registers.iter().all(|&rank| rank <= RANK_MAX);
            return if sound { Ok(Self(Held::Registers(Box::new(registers)))) } else { Err(damaged()) };
        }
        let (words, _) = from.bytes(8 * count)?.as_chunks();
        let hashes: Vec<u64> = words.iter().map(|&word| u64::from_le_bytes(word)).collect();
        if hashes.is_sorted_by(|a, b| a < b) { Ok(Self(Held::Hashes(hashes))) } else { Err(damaged()) }
    }
}

fn register(registers: &mut [u8; REGISTERS], hash: u64) {
    let place = (hash >> (64 - REGISTER_BITS)) as usize;
    // The marker bit ends the count of zeros where all that is left is zero.
    let rank = ((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))).leading_zeros() as u8 + 1;
    registers[place] = registers[place].max(rank);
}

/// The improved raw estimator of Ertl, 2017, "New cardinality estimation algorithms for `HyperLogLog` sketches", section 2.4:
/// without bias over the whole range, without tables.
fn estimate(registers: &[u8; REGISTERS]) -> f64 {
    let mut histogram = [0_u32; RANK_MAX as usize + 1];
    registers.iter().for_each(|&rank| histogram[usize::from(rank)] += 1);
    let share = |rank: usize| f64::from(histogram[rank]) / REGISTERS as f64;
    let top = usize::from(RANK_MAX);
    let mut sum = tau(1.0 - share(top));
    for rank in (1..top).rev() {
        sum = 0.5 * (sum + share(rank));
    }
    REGISTERS as f64 / (2.0 * std::f64::consts::LN_2 * (sum + sigma(share(0))))
}

/// x + the sum of x^(2^k) 2^(k-1) over k from 1.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut sum, mut weight) = (x, 1.0);
    loop {
        x *= x;
        let next = sum + x * weight;
        if next <= sum {
            return sum;
        }
        (sum, weight) = (next, 2.0 * weight);
    }
}

/// A third of 1 - x - the sum of (1 - x^(2^-k))^2 2^-k over k from 1.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut sum, mut weight) = (1.0 - x, 1.0);
    loop {
        x = x.sqrt();
        weight *= 0.5;
        let next = sum - (1.0 - x) * (1.0 - x) * weight;
        if next >= sum {
            return sum / 3.0;
        }
        sum = next;
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::hash_bytes;
    use super::*;

    fn of(numbers: std::ops::Range<u32>) -> Distinct {
        let mut distinct = Distinct::default();
        numbers.for_each(|number| distinct.add(hash_bytes(format!("antenna-{number}").as_bytes())));
        distinct
    }

    #[test]
    fn few_are_counted_exactly_and_many_closely() {
        for count in [0, 1, 511, 512, 513, 2_000, 10_000, 30_000, 300_000] {
            let counted = of(0..count).count();
            // Four standard errors; the values, and so the result, are always the same.
            let bound = if count <= 512 { 0.0 } else { 4.0 * 1.04 / 64.0 };
            assert!((counted - f64::from(count)).abs() <= bound * f64::from(count), "{count}: {counted}");
        }
    }

    #[test]
    fn merging_is_adding_in_any_order() {
        let whole = of(0..5_000);
        for cuts in [[0, 10], [300, 400], [300, 2_000], [2_000, 4_990]] {
            let parts = [of(0..cuts[0]), of(cuts[0]..cuts[1]), of(cuts[1]..5_000)];
            for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
                let mut merged = Distinct::default();
                order.into_iter().for_each(|part| merged.merge(&parts[part]));
                assert_eq!(merged, whole);
            }
        }
    }
}
