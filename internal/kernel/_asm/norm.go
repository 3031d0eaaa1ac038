package main

import "github.com/mmcloughlin/avo/reg"

// norms generates sums and updates of rows whose columns have numbers of their
// own; see their twins.
func (a *assembler) norms() {
	name := a.isa.name
	a.function("moments"+name, "func(x, origin *float32, sums, squares *float64, rows, width int)")
	x := a.pointer("x")
	a.rows([]string{"origin", "sums", "squares"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		origin, sums, squares := p[0], p[1], p[2]
		a.sweep(span{n: n, floats: []reg.GPVirtual{x, origin}, doubles: p[1:], half: true}, func(v *lanes) {
			d := v.loadWide(x)
			a.VSUBPD(v.loadWide(origin), d, d)
			v.addTo(sums, d)
			a.VMULPD(d, d, d)
			v.addTo(squares, d)
		})
	})
	a.end()

	a.function("correlate"+name, "func(gy, x, mean *float32, sums, products *float64, rows, width int)")
	gy, x := a.pointer("gy"), a.pointer("x")
	a.rows([]string{"mean", "sums", "products"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		mean, sums, products := p[0], p[1], p[2]
		a.sweep(span{n: n, floats: []reg.GPVirtual{gy, x, mean}, doubles: p[1:], half: true}, func(v *lanes) {
			g, d := v.loadWide(gy), v.load(x)
			v.addTo(sums, g)
			a.VSUBPS(v.load(mean), d, d)
			w := v.widen(d)
			a.VMULPD(g, w, w)
			v.addTo(products, w)
		})
	})
	a.end()

	a.function("normalise"+name, "func(y, x, mean, scale, shift *float32, rows, width int)")
	y, x := a.pointer("y"), a.pointer("x")
	a.rows([]string{"mean", "scale", "shift"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		a.sweep(span{n: n, floats: append([]reg.GPVirtual{y, x}, p...)}, func(v *lanes) {
			d := v.load(x)
			a.VSUBPS(v.load(p[0]), d, d)
			a.VMULPS(v.load(p[1]), d, d)
			a.VADDPS(v.load(p[2]), d, d)
			v.store(d, y)
		})
	})
	a.end()

	for _, add := range []bool{false, true} {
		kind := "Set"
		if add {
			kind = "Add"
		}
		a.function("denormalise"+kind+name, "func(gx, gy, x, mean, a, b, c *float32, rows, width int)")
		gx, gy, x := a.pointer("gx"), a.pointer("gy"), a.pointer("x")
		zero := a.zero()
		a.rows([]string{"mean", "a", "b", "c"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
			a.sweep(span{n: n, floats: append([]reg.GPVirtual{gx, gy, x}, p...)}, func(v *lanes) {
				g, d := v.load(gy), v.load(x)
				a.VMULPS(v.load(p[1]), g, g)
				a.VSUBPS(v.load(p[0]), d, d)
				a.VMULPS(v.load(p[2]), d, d)
				a.VADDPS(d, g, g)
				a.VADDPS(v.load(p[3]), g, g)
				old := zero // turns -0 to 0, as adding to zeros does
				if add {
					old = v.load(gx)
				}
				a.VADDPS(old, g, g)
				v.store(g, gx)
			})
		})
		a.end()
	}
}
