//! The one way to a kernel: compiled for each instruction set, chosen after asking the processor.

/// Defines a function that runs a kernel written over [`super::vector::Vector`] with the instructions asked for, or
/// the portable ones where the processor has not got those.
macro_rules! dispatch {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),+ $(,)?) = $kernel:ident) => {
        $(#[$attribute])*
        $visibility fn $name(instructions: $crate::kernels::Instructions, $($argument: $type),+) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),+) {
                $kernel::<$crate::kernels::avx2::Avx2>($($argument),+);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq")]
            fn avx512($($argument: $type),+) {
                $kernel::<$crate::kernels::avx512::Avx512>($($argument),+);
            }
            match instructions {
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Instructions::Avx2 if instructions.is_available() => {
                    #[expect(unsafe_code, reason = "calls code for some processors only")]
                    // SAFETY: this processor has been asked.
                    unsafe { avx2($($argument),+) }
                }
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Instructions::Avx512 if instructions.is_available() => {
                    #[expect(unsafe_code, reason = "calls code for some processors only")]
                    // SAFETY: this processor has been asked.
                    unsafe { avx512($($argument),+) }
                }
                _ => $kernel::<$crate::kernels::vector::Portable>($($argument),+),
            }
        }
    };
}
pub(super) use dispatch;
