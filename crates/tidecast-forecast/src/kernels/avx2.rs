//! Registers of eight numbers: AVX2 with fused multiplication and addition.

use super::vector::Vector;
use std::arch::x86_64::{
    __m256, _CMP_GT_OQ, _MM_HINT_ET0, _mm_prefetch, _mm256_add_epi32, _mm256_add_ps, _mm256_and_ps,
    _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtps_epi32, _mm256_div_ps, _mm256_fmadd_ps,
    _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_permute2f128_ps,
    _mm256_round_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_sqrt_ps,
    _mm256_storeu_ps, _mm256_sub_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

/// Eight numbers.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256);

/// A method that is one expression of instructions.
macro_rules! instructions {
    ($($name:ident($($argument:ident),*) = |$own:ident| $expression:expr;)+) => {$(
        #[inline(always)]
        fn $name(self $(, $argument: Self)*) -> Self {
            let $own = self;
            // SAFETY: called only in functions that enable AVX2 and FMA, as the trait demands.
            Self(unsafe { $expression })
        }
    )+};
}

#[expect(unsafe_code, reason = "the instructions are there only where the caller has looked")]
impl Vector for Avx2 {
    const LANES: usize = 8;
    const ROWS: usize = 12;
    type Eight = Self;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: called only in functions that enable AVX2 and FMA, as the trait demands.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for eight numbers.
        Self(unsafe { _mm256_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller vouches for eight numbers.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    fn announce(to: *mut f32) {
        // SAFETY: a hint, which cannot fail wherever it points.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(to.cast()) }
    }

    /// Three rounds of exchanges: single numbers, pairs, halves.
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, rows: usize, to: *mut f32, to_stride: usize) {
        // SAFETY: the caller vouches for the rows that exist, and for all that are written.
        unsafe {
            let mut r = [_mm256_setzero_ps(); 8];
            for (row, register) in r.iter_mut().enumerate() {
                if row < rows {
                    *register = _mm256_loadu_ps(from.add(row * from_stride));
                }
            }
            let mut s = r;
            for group in 0..2 {
                let [a, b, c, d] = [r[4 * group], r[4 * group + 1], r[4 * group + 2], r[4 * group + 3]];
                let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                s[4 * group] = _mm256_shuffle_ps::<0x44>(ab_low, cd_low);
                s[4 * group + 1] = _mm256_shuffle_ps::<0xee>(ab_low, cd_low);
                s[4 * group + 2] = _mm256_shuffle_ps::<0x44>(ab_high, cd_high);
                s[4 * group + 3] = _mm256_shuffle_ps::<0xee>(ab_high, cd_high);
            }
            for column in 0..4 {
                let (low, high) = (s[column], s[4 + column]);
                _mm256_storeu_ps(to.add(column * to_stride), _mm256_permute2f128_ps::<0x20>(low, high));
                _mm256_storeu_ps(to.add((4 + column) * to_stride), _mm256_permute2f128_ps::<0x31>(low, high));
            }
        }
    }

    instructions! {
        add(other) = |own| _mm256_add_ps(own.0, other.0);
        subtract(other) = |own| _mm256_sub_ps(own.0, other.0);
        multiply(other) = |own| _mm256_mul_ps(own.0, other.0);
        multiply_add(factor, addend) = |own| _mm256_fmadd_ps(own.0, factor.0, addend.0);
        multiply_subtract_from(factor, addend) = |own| _mm256_fnmadd_ps(own.0, factor.0, addend.0);
        divide(other) = |own| _mm256_div_ps(own.0, other.0);
        square_root() = |own| _mm256_sqrt_ps(own.0);
        where_positive(condition) = |own| _mm256_and_ps(
            _mm256_cmp_ps::<_CMP_GT_OQ>(condition.0, _mm256_setzero_ps()), own.0
        );
        nearest() = |own| _mm256_round_ps::<0>(own.0);
        times_power_of_two(exponent) = |own| _mm256_castsi256_ps(_mm256_add_epi32(
            _mm256_castps_si256(own.0), _mm256_slli_epi32::<23>(_mm256_cvtps_epi32(exponent.0))
        ));
    }

    #[inline(always)]
    fn limit(self, bound: f32) -> Self {
        // SAFETY: called only in functions that enable AVX2 and FMA, as the trait demands.
        Self(unsafe { _mm256_min_ps(_mm256_max_ps(self.0, _mm256_set1_ps(-bound)), _mm256_set1_ps(bound)) })
    }
}
