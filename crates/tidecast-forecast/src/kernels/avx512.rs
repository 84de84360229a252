//! Registers of sixteen numbers: AVX-512F and AVX-512DQ.

use super::avx2::Avx2;
use super::vector::Vector;
use std::arch::x86_64::{
    __m512, _CMP_GT_OQ, _MM_HINT_ET0, _mm_prefetch, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_div_ps, _mm512_fmadd_ps,
    _mm512_fnmadd_ps, _mm512_loadu_ps, _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_range_ps,
    _mm512_roundscale_ps, _mm512_rsqrt14_ps, _mm512_scalef_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4,
    _mm512_shuffle_ps, _mm512_storeu_ps, _mm512_sub_ps, _mm512_unpackhi_ps, _mm512_unpacklo_ps,
};

/// Sixteen numbers.
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512);

/// A method that is one expression of instructions.
macro_rules! instructions {
    ($($name:ident($($argument:ident),*) = |$own:ident| $expression:expr;)+) => {$(
        #[inline(always)]
        fn $name(self $(, $argument: Self)*) -> Self {
            let $own = self;
            // SAFETY: called only in functions that enable AVX-512F and AVX-512DQ, as the trait demands.
            Self(unsafe { $expression })
        }
    )+};
}

#[expect(unsafe_code, reason = "the instructions are there only where the caller has looked")]
impl Vector for Avx512 {
    const LANES: usize = 16;
    const ROWS: usize = 24;
    // AVX-512F includes AVX2 and FMA.
    type Eight = Avx2;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: called only in functions that enable AVX-512F and AVX-512DQ, as the trait demands.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for sixteen numbers.
        Self(unsafe { _mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller vouches for sixteen numbers.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    fn announce(to: *mut f32) {
        // SAFETY: a hint, which cannot fail wherever it points.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(to.cast()) }
    }

    /// Four rounds of exchanges: single numbers, pairs, quarters, halves.
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, rows: usize, to: *mut f32, to_stride: usize) {
        // SAFETY: the caller vouches for the rows that exist, and for all that are written.
        unsafe {
            let zero = _mm512_setzero_ps();
            let mut r = [zero; 16];
            if rows >= 16 {
                for (row, register) in r.iter_mut().enumerate() {
                    *register = _mm512_loadu_ps(from.add(row * from_stride));
                }
            } else {
                for (row, register) in r.iter_mut().enumerate().take(rows) {
                    *register = _mm512_loadu_ps(from.add(row * from_stride));
                }
            }
            let mut s = [zero; 16];
            for group in 0..4 {
                let [a, b, c, d] = [r[4 * group], r[4 * group + 1], r[4 * group + 2], r[4 * group + 3]];
                let (ab_low, ab_high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
                let (cd_low, cd_high) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
                s[4 * group] = _mm512_shuffle_ps::<0x44>(ab_low, cd_low);
                s[4 * group + 1] = _mm512_shuffle_ps::<0xee>(ab_low, cd_low);
                s[4 * group + 2] = _mm512_shuffle_ps::<0x44>(ab_high, cd_high);
                s[4 * group + 3] = _mm512_shuffle_ps::<0xee>(ab_high, cd_high);
            }
            for column in 0..4 {
                let [a, b, c, d] = [s[column], s[4 + column], s[8 + column], s[12 + column]];
                let (ab_low, ab_high) = (_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
                let (cd_low, cd_high) = (_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d));
                let whole = [
                    _mm512_shuffle_f32x4::<0x88>(ab_low, cd_low),
                    _mm512_shuffle_f32x4::<0x88>(ab_high, cd_high),
                    _mm512_shuffle_f32x4::<0xdd>(ab_low, cd_low),
                    _mm512_shuffle_f32x4::<0xdd>(ab_high, cd_high),
                ];
                for (quarter, register) in whole.into_iter().enumerate() {
                    _mm512_storeu_ps(to.add((4 * quarter + column) * to_stride), register);
                }
            }
        }
    }

    instructions! {
        add(other) = |own| _mm512_add_ps(own.0, other.0);
        subtract(other) = |own| _mm512_sub_ps(own.0, other.0);
        multiply(other) = |own| _mm512_mul_ps(own.0, other.0);
        multiply_add(factor, addend) = |own| _mm512_fmadd_ps(own.0, factor.0, addend.0);
        multiply_subtract_from(factor, addend) = |own| _mm512_fnmadd_ps(own.0, factor.0, addend.0);
        divide(other) = |own| _mm512_div_ps(own.0, other.0);
        where_positive(condition) = |own| _mm512_maskz_mov_ps(
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(condition.0, _mm512_setzero_ps()), own.0
        );
        nearest() = |own| _mm512_roundscale_ps::<0>(own.0);
        times_power_of_two(exponent) = |own| _mm512_scalef_ps(own.0, exponent.0);
    }

    #[inline(always)]
    fn limit(self, bound: f32) -> Self {
        /// The number of the smaller magnitude, with the sign of the first.
        const SMALLER: i32 = 0b10;
        // SAFETY: called only in functions that enable AVX-512F and AVX-512DQ, as the trait demands.
        Self(unsafe { _mm512_range_ps::<SMALLER>(self.0, _mm512_set1_ps(bound)) })
    }

    /// A table look-up of 14 bits and one step of Newton's: faster than the instruction. Zero stays zero.
    #[inline(always)]
    fn square_root(self) -> Self {
        // SAFETY: called only in functions that enable AVX-512F and AVX-512DQ, as the trait demands.
        let guess = Self(unsafe { _mm512_rsqrt14_ps(_mm512_max_ps(self.0, _mm512_set1_ps(1e-37))) });
        let error = self.multiply(guess).multiply_subtract_from(guess, Self::splat(1.0));
        let inverse = guess.multiply(Self::splat(0.5)).multiply_add(error, guess);
        self.multiply(inverse)
    }
}
