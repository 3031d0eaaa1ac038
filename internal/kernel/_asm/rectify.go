package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rectifiers generates LeakyReLU and what its gradient takes.
func (a *assembler) rectifiers() {
	name := a.isa.name
	a.function("leaky"+name, "func(y, x *float32, n int, slope float32, kept uint32)")
	y, x := a.pointer("y"), a.pointer("x")
	leak := a.newLeak()
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{y, x}}, func(v *lanes) {
		s := v.load(x)
		v.store(v.leak(s, s, leak), y)
	})
	a.end()

	for _, add := range []bool{false, true} {
		kind := "Set"
		if add {
			kind = "Add"
		}
		a.function("leakyBack"+kind+name, "func(gx, gy, y *float32, n int, slope float32, kept uint32)")
		gx, gy, y := a.pointer("gx"), a.pointer("gy"), a.pointer("y")
		leak := a.newLeak()
		a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{gx, gy, y}}, func(v *lanes) {
			g := v.leak(v.load(gy), v.load(y), leak)
			old := leak.zero // turns -0 to 0, as adding to zeros does
			if add {
				old = v.load(gx)
			}
			a.VADDPS(old, g, g)
			v.store(g, gx)
		})
		a.end()
	}

	a.function("rectify"+name, "func(gy, y *float32, sums *float64, rows, width int, slope float32, kept uint32)")
	gy, y := a.pointer("gy"), a.pointer("y")
	leak = a.newLeak()
	a.rows([]string{"sums"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		sums := p[0]
		a.sweep(span{n: n, floats: []reg.GPVirtual{gy, y}, doubles: []reg.GPVirtual{sums}, half: true}, func(v *lanes) {
			g := v.leak(v.load(gy), v.load(y), leak)
			v.store(g, gy)
			v.addTo(sums, v.widen(g))
		})
	})
	a.end()

	a.function("sumRows"+name, "func(x *float32, sums *float64, rows, width int)")
	x = a.pointer("x")
	a.rows([]string{"sums"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		sums := p[0]
		a.sweep(span{n: n, floats: []reg.GPVirtual{x}, doubles: []reg.GPVirtual{sums}, half: true}, func(v *lanes) {
			v.addTo(sums, v.loadWide(x))
		})
	})
	a.end()
}

// rows repeats a sweep of so many elements as the parameter width says, as often
// as rows says, with the named pointers at their begin each time.
func (a *assembler) rows(again []string, row func(n reg.GPVirtual, p []reg.GPVirtual)) {
	rows, n := a.pointer("rows"), a.GP64()
	var pointers []reg.GPVirtual
	for range again {
		pointers = append(pointers, a.GP64())
	}
	a.Label("row")
	for i, name := range again {
		a.Load(a.Param(name), pointers[i])
	}
	a.Load(a.Param("width"), n)
	row(n, pointers)
	a.DECQ(rows)
	a.JNZ(LabelRef("row"))
}

func (a *assembler) zero() reg.VecVirtual {
	z := a.vec()
	a.VXORPS(z.AsY(), z.AsY(), z.AsY())
	return z
}

// A leak is what a LeakyReLU multiplies by where a sign is not positive, and the
// bits that stay of that.
type leak struct{ slope, kept, zero reg.VecVirtual }

func (a *assembler) newLeak() leak { return leak{a.broadcast("slope"), a.broadcast("kept"), a.zero()} }

// leak multiplies floats by the slope where sign <= 0.
func (v *lanes) leak(floats, sign reg.VecVirtual, l leak) reg.VecVirtual {
	r, below := v.floats(), Imm(0x12) // less or equal, and not NaN
	slope, kept, zero := sized(l.slope, r), sized(l.kept, r), sized(l.zero, r)
	if v.isa.wide() {
		mask := v.K()
		v.VCMPPS(below, zero, sign, mask)
		v.VMOVAPS(floats, r)
		v.VMULPS(slope, floats, mask, r)
		v.VANDPS(kept, r, mask, r)
		return r
	}
	mask := v.floats()
	v.VCMPPS(below, zero, sign, mask)
	v.VMULPS(slope, floats, r)
	v.VANDPS(kept, r, r)
	v.VBLENDVPS(mask, r, floats, r)
	return r
}

// addTo adds x to the float64 at p.
func (v *lanes) addTo(p reg.GPVirtual, x reg.VecVirtual) {
	s := v.loadDouble(p)
	v.VADDPD(x, s, s)
	v.storeDouble(s, p)
}
