;; One matrix product in SIMD: C = A B + bias, the inner product of every layer that has weights.
;;
;;   A     a row every `a_stride` bytes; a row is `segments` runs of `depth` numbers, a run every `pitch` bytes. So the rows
;;         of a patch of a picture are read where they lie, and a convolution needs no copy of every patch.
;;   B     in panels of 8 columns: panel p is (segments depth) x 8, one after the other
;;   bias  8 numbers for each panel
;;   C     rows x (8 panels), a row every `c_stride` bytes
;;
;; Four rows are computed at a time, then what is left one by one: 4 x 8 sums stay in registers while the depth is walked,
;; and a panel stays in the cache while the rows are. All addresses and strides are bytes.
(module
  (import "heap" "memory" (memory 1))

  (func (export "multiply")
    (param $a i32) (param $b i32) (param $bias i32) (param $c i32)
    (param $rows i32) (param $depth i32) (param $panels i32) (param $a_stride i32) (param $c_stride i32)
    (param $segments i32) (param $pitch i32)
    (local $left i32) (local $row i32) (local $out i32) (local $k i32) (local $segment i32) (local $skip i32)
    (local $from i32) (local $weight i32)
    (local $a1 i32) (local $a2 i32) (local $a3 i32)
    (local $low v128) (local $high v128) (local $x v128)
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $s20 v128) (local $s21 v128) (local $s30 v128) (local $s31 v128)
    (local.set $skip (i32.sub (local.get $pitch) (i32.shl (local.get $depth) (i32.const 2))))
    (block $done (loop $panel
      (br_if $done (i32.eqz (local.get $panels)))
      (local.set $left (local.get $rows))
      (local.set $row (local.get $a))
      (local.set $out (local.get $c))

      ;; four rows at a time
      (block $few (loop $four
        (br_if $few (i32.lt_s (local.get $left) (i32.const 4)))
        (local.set $s00 (v128.load (local.get $bias)))
        (local.set $s01 (v128.load offset=16 (local.get $bias)))
        (local.set $s10 (local.get $s00)) (local.set $s11 (local.get $s01))
        (local.set $s20 (local.get $s00)) (local.set $s21 (local.get $s01))
        (local.set $s30 (local.get $s00)) (local.set $s31 (local.get $s01))
        (local.set $from (local.get $row))
        (local.set $a1 (i32.add (local.get $from) (local.get $a_stride)))
        (local.set $a2 (i32.add (local.get $a1) (local.get $a_stride)))
        (local.set $a3 (i32.add (local.get $a2) (local.get $a_stride)))
        (local.set $weight (local.get $b))
        (local.set $segment (local.get $segments))
        (loop $next
          (local.set $k (local.get $depth))
          (loop $deep
            (local.set $low (v128.load (local.get $weight)))
            (local.set $high (v128.load offset=16 (local.get $weight)))
            (local.set $x (v128.load32_splat (local.get $from)))
            (local.set $s00 (f32x4.add (local.get $s00) (f32x4.mul (local.get $x) (local.get $low))))
            (local.set $s01 (f32x4.add (local.get $s01) (f32x4.mul (local.get $x) (local.get $high))))
            (local.set $x (v128.load32_splat (local.get $a1)))
            (local.set $s10 (f32x4.add (local.get $s10) (f32x4.mul (local.get $x) (local.get $low))))
            (local.set $s11 (f32x4.add (local.get $s11) (f32x4.mul (local.get $x) (local.get $high))))
            (local.set $x (v128.load32_splat (local.get $a2)))
            (local.set $s20 (f32x4.add (local.get $s20) (f32x4.mul (local.get $x) (local.get $low))))
            (local.set $s21 (f32x4.add (local.get $s21) (f32x4.mul (local.get $x) (local.get $high))))
            (local.set $x (v128.load32_splat (local.get $a3)))
            (local.set $s30 (f32x4.add (local.get $s30) (f32x4.mul (local.get $x) (local.get $low))))
            (local.set $s31 (f32x4.add (local.get $s31) (f32x4.mul (local.get $x) (local.get $high))))
            (local.set $from (i32.add (local.get $from) (i32.const 4)))
            (local.set $a1 (i32.add (local.get $a1) (i32.const 4)))
            (local.set $a2 (i32.add (local.get $a2) (i32.const 4)))
            (local.set $a3 (i32.add (local.get $a3) (i32.const 4)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
            (br_if $deep (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
          (local.set $from (i32.add (local.get $from) (local.get $skip)))
          (local.set $a1 (i32.add (local.get $a1) (local.get $skip)))
          (local.set $a2 (i32.add (local.get $a2) (local.get $skip)))
          (local.set $a3 (i32.add (local.get $a3) (local.get $skip)))
          (br_if $next (local.tee $segment (i32.sub (local.get $segment) (i32.const 1)))))
        (v128.store (local.get $out) (local.get $s00))
        (v128.store offset=16 (local.get $out) (local.get $s01))
        (local.set $out (i32.add (local.get $out) (local.get $c_stride)))
        (v128.store (local.get $out) (local.get $s10))
        (v128.store offset=16 (local.get $out) (local.get $s11))
        (local.set $out (i32.add (local.get $out) (local.get $c_stride)))
        (v128.store (local.get $out) (local.get $s20))
        (v128.store offset=16 (local.get $out) (local.get $s21))
        (local.set $out (i32.add (local.get $out) (local.get $c_stride)))
        (v128.store (local.get $out) (local.get $s30))
        (v128.store offset=16 (local.get $out) (local.get $s31))
        (local.set $out (i32.add (local.get $out) (local.get $c_stride)))
        (local.set $row (i32.add (local.get $row) (i32.shl (local.get $a_stride) (i32.const 2))))
        (local.set $left (i32.sub (local.get $left) (i32.const 4)))
        (br $four)))

      ;; the last rows, one by one
      (block $none (loop $one
        (br_if $none (i32.eqz (local.get $left)))
        (local.set $s00 (v128.load (local.get $bias)))
        (local.set $s01 (v128.load offset=16 (local.get $bias)))
        (local.set $from (local.get $row))
        (local.set $weight (local.get $b))
        (local.set $segment (local.get $segments))
        (loop $next
          (local.set $k (local.get $depth))
          (loop $deep
            (local.set $x (v128.load32_splat (local.get $from)))
            (local.set $s00 (f32x4.add (local.get $s00) (f32x4.mul (local.get $x) (v128.load (local.get $weight)))))
            (local.set $s01 (f32x4.add (local.get $s01) (f32x4.mul (local.get $x) (v128.load offset=16 (local.get $weight)))))
            (local.set $from (i32.add (local.get $from) (i32.const 4)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
            (br_if $deep (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
          (local.set $from (i32.add (local.get $from) (local.get $skip)))
          (br_if $next (local.tee $segment (i32.sub (local.get $segment) (i32.const 1)))))
        (v128.store (local.get $out) (local.get $s00))
        (v128.store offset=16 (local.get $out) (local.get $s01))
        (local.set $out (i32.add (local.get $out) (local.get $c_stride)))
        (local.set $row (i32.add (local.get $row) (local.get $a_stride)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $one)))

      (local.set $b (i32.add (local.get $b)
        (i32.shl (i32.mul (local.get $depth) (local.get $segments)) (i32.const 5))))
      (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
      (local.set $c (i32.add (local.get $c) (i32.const 32)))
      (local.set $panels (i32.sub (local.get $panels) (i32.const 1)))
      (br $panel)))))
