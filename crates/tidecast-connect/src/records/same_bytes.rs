//! Whether two short pieces of messages are equal.

/// Names and what stands between values are so short that the general comparison takes longer to choose its way than to compare.
#[inline]
pub(super) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(text: &[u8]) -> Option<([u8; N], [u8; N])> {
        Some((*text.first_chunk()?, *text.last_chunk()?))
    }
    a.len() == b.len()
        && match a.len() {
            4..8 => ends::<4>(a) == ends::<4>(b),
            8..16 => ends::<8>(a) == ends::<8>(b),
            16..=32 => ends::<16>(a) == ends::<16>(b),
            _ => a == b,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_makes_a_difference_at_any_length() {
        for length in 0..70 {
            let a = vec![b'a'; length];
            assert!(same_bytes(&a, &a.clone()));
            assert!(!same_bytes(&a, &vec![b'a'; length + 1]));
            for at in 0..length {
                let mut b = a.clone();
                b[at] = b'b';
                assert!(!same_bytes(&a, &b), "{length} {at}");
            }
        }
    }
}
