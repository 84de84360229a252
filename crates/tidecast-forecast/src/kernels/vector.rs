//! A register of 32-bit numbers, so that a kernel is written once and compiled for each instruction set.

/// As many numbers as a register of the instruction set holds.
///
/// The methods of the AVX registers compile to single instructions only inside functions that enable the instruction
/// set, and may only be called there: [`super::dispatch`] makes those functions and nothing else names the types.
#[expect(unsafe_code, reason = "memory is read through pointers whose bounds the kernels check once")]
pub(super) trait Vector: Copy {
    /// Numbers in a register.
    const LANES: usize;
    /// Rows of a tile beside one column register; those beside two are half as many. Their sums fill the registers.
    const ROWS: usize;
    /// A register of eight numbers, for what is left when a register of `LANES` would be half empty.
    type Eight: Vector;

    /// The same number everywhere.
    fn splat(value: f32) -> Self;

    /// The next numbers from memory.
    ///
    /// # Safety
    /// `LANES` numbers from `from` on must be readable.
    unsafe fn load(from: *const f32) -> Self;

    /// Writes the numbers to memory.
    ///
    /// # Safety
    /// `LANES` numbers from `to` on must be writable.
    unsafe fn store(self, to: *mut f32);

    /// Says that a register will be stored there, so that its line of the cache is fetched meanwhile. Only a hint: the
    /// address need not be one.
    #[inline(always)]
    fn announce(_to: *mut f32) {}

    /// Transposes a square of `LANES` rows and columns. Of the rows read only the first `rows` exist; the others are zero.
    ///
    /// # Safety
    /// `rows` rows of `LANES` numbers must be readable, `LANES` such rows writable, each row a stride apart.
    unsafe fn transpose(from: *const f32, from_stride: usize, rows: usize, to: *mut f32, to_stride: usize);

    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once where the instruction set can.
    fn multiply_add(self, factor: Self, addend: Self) -> Self;
    /// `addend - self * factor`, likewise.
    fn multiply_subtract_from(self, factor: Self, addend: Self) -> Self;
    fn divide(self, other: Self) -> Self;
    fn square_root(self) -> Self;
    /// The numbers within +-`bound`; what is not a number becomes a bound.
    fn limit(self, bound: f32) -> Self;
    /// The numbers, and zero where `condition` is not above zero.
    fn where_positive(self, condition: Self) -> Self;
    /// The nearest integer, for numbers within 2^22.
    fn nearest(self) -> Self;
    /// `self * 2^exponent` for integers within 100 and numbers around 1, so that the result is no subnormal.
    fn times_power_of_two(self, exponent: Self) -> Self;

    /// `1 / self` with an error of about one unit in the last place, for positive numbers below 1e37.
    #[inline(always)]
    fn reciprocal(self) -> Self {
        Self::splat(1.0).divide(self)
    }
}

/// Says that the line of the cache at an address will be read. Only a hint: the address need not be one.
#[inline(always)]
pub(super) fn prefetch(from: *const f32) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "a hint to the processor")]
    // SAFETY: a hint, which cannot fail wherever it points; every processor of the target has it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(from.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = from;
}

/// Eight numbers for any processor: the compiler makes of it what the target's baseline has.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

#[expect(unsafe_code, reason = "memory is read through pointers whose bounds the kernels check once")]
impl Vector for Portable {
    const LANES: usize = 8;
    const ROWS: usize = 4;
    type Eight = Self;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for eight numbers; an array of them needs no other alignment.
        Self(unsafe { from.cast::<[f32; 8]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as for `load`.
        unsafe { to.cast::<[f32; 8]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, rows: usize, to: *mut f32, to_stride: usize) {
        for row in 0..8 {
            for column in 0..8 {
                // SAFETY: the caller vouches for the rows that exist, and for all that are written.
                unsafe {
                    let value = if row < rows { from.add(row * from_stride + column).read() } else { 0.0 };
                    to.add(column * to_stride + row).write(value);
                }
            }
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn multiply(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, addend: Self) -> Self {
        self.multiply(factor).add(addend)
    }

    #[inline(always)]
    fn multiply_subtract_from(self, factor: Self, addend: Self) -> Self {
        addend.subtract(self.multiply(factor))
    }

    #[inline(always)]
    fn divide(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    fn square_root(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }

    #[inline(always)]
    fn limit(self, bound: f32) -> Self {
        // Not `f32::clamp`, which keeps NaN.
        Self(self.0.map(|value| value.max(-bound).min(bound)))
    }

    #[inline(always)]
    fn where_positive(self, condition: Self) -> Self {
        self.zip(condition, |value, condition| if condition > 0.0 { value } else { 0.0 })
    }

    #[inline(always)]
    fn nearest(self) -> Self {
        Self(self.0.map(|value| value + ROUND - ROUND))
    }

    #[inline(always)]
    fn times_power_of_two(self, exponent: Self) -> Self {
        self.zip(exponent, |value, exponent| {
            f32::from_bits(value.to_bits().wrapping_add((exponent + ROUND).to_bits() << 23))
        })
    }
}

/// 1.5 * 2^23: adding it rounds to the nearest integer, which is left in the lowest bits.
const ROUND: f32 = 12_582_912.0;
