//! A hash that is the same in every process and version: what is kept and exchanged depends on it.

const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of some bytes: eight at a time, folded by multiplication to 128 bits, and mixed at the end so that every bit
/// of it is usable (the finaliser of `MurmurHash3`).
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut state = ODD ^ (bytes.len() as u64);
    let (words, rest) = bytes.as_chunks();
    for &word in words {
        state = fold(state ^ u64::from_le_bytes(word));
    }
    let last = rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    mix(fold(state ^ last))
}

/// The hash of a number; 0 and -0 are the same number.
pub(super) fn hash_number(number: f64) -> u64 {
    mix(fold((number + 0.0).to_bits() ^ ODD))
}

fn fold(state: u64) -> u64 {
    let product = u128::from(state) * u128::from(ODD);
    // The sum keeps a state of zero from swallowing what came before it.
    (product as u64 ^ (product >> 64) as u64).wrapping_add(ODD)
}

fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    state = (state ^ (state >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    state ^ (state >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_as_it_is() {
        // Kept state refers to these, computed from the definition by another program: a change needs a new version of
        // the formats.
        assert_eq!(hash_bytes(b""), 0x5334_E980_238D_3A8D);
        assert_eq!(hash_bytes(b"antenna-0"), 0xC3A9_CC2A_C5CE_A145);
        assert_eq!(hash_number(-0.0), hash_number(0.0));
        assert_ne!(hash_bytes(b"a"), hash_bytes(b"a\0"));
    }
}
