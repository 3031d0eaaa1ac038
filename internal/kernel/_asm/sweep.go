package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A span is n elements that a sweep passes over, and the pointers that move
// along. A place of a sweep is a vector of floats or, if half holds, half as
// many elements, which fill a vector in float64.
type span struct {
	n               reg.GPVirtual
	floats, doubles []reg.GPVirtual // by 4 and by 8 bytes an element
	half            bool
	turn            int // places in a turn of the unrolled loop; 4 if 0
}

// lanes are the elements that one place of a sweep has: all that fit, or what is
// left under a mask.
type lanes struct {
	*assembler
	at       int // in places
	count    int // elements of a place
	half     bool
	masked   bool
	bits     reg.OpmaskVirtual
	mask     reg.VecVirtual // of 256 bits: by float
	wideMask reg.VecVirtual // and by float64
}

// sweep calls body for all elements of s, turn by turn, then place by place,
// then for the rest under a mask. It leaves the pointers at the end and n at 0.
func (a *assembler) sweep(s span, body func(v *lanes)) {
	a.sweeps++
	label := func(name string) string { return fmt.Sprintf("%s%d", name, a.sweeps) }
	count := a.isa.lanes()
	if s.half {
		count /= 2
	}
	turn := s.turn
	if turn == 0 {
		turn = 4
	}
	for _, l := range []struct {
		name, next string
		places     int
	}{{"turn", "one", turn}, {"one", "tail", 1}} {
		if l.name == "turn" && turn == 1 {
			continue
		}
		a.Label(label(l.name))
		a.CMPQ(s.n, U32(l.places*count))
		a.JL(LabelRef(label(l.next)))
		for i := range l.places {
			body(&lanes{assembler: a, at: i, count: count, half: s.half})
		}
		for _, p := range s.floats {
			a.ADDQ(U32(4*l.places*count), p)
		}
		for _, p := range s.doubles {
			a.ADDQ(U32(8*l.places*count), p)
		}
		a.SUBQ(U32(l.places*count), s.n)
		a.JMP(LabelRef(label(l.name)))
	}
	a.Label(label("tail"))
	a.TESTQ(s.n, s.n)
	a.JZ(LabelRef(label("done")))
	v := lanes{assembler: a, count: count, half: s.half, masked: true}
	v.hide(s.n)
	body(&v)
	for _, p := range s.floats {
		a.LEAQ(Mem{Base: p, Index: s.n, Scale: 4}, p)
	}
	for _, p := range s.doubles {
		a.LEAQ(Mem{Base: p, Index: s.n, Scale: 8}, p)
	}
	a.XORQ(s.n, s.n)
	a.Label(label("done"))
}

// hide masks all but the first n elements.
func (v *lanes) hide(n reg.GPVirtual) {
	if v.isa.wide() {
		ones := v.GP32()
		v.MOVL(U32(0xffff), ones)
		v.BZHIL(n.As32(), ones, ones)
		v.bits = v.K()
		v.KMOVW(ones, v.bits)
		return
	}
	base, back := v.GP64(), v.GP64()
	v.LEAQ(v.tailMask(), base)
	v.MOVQ(n, back)
	v.NEGQ(back)
	m := Mem{Base: base, Index: back, Scale: 4, Disp: 32}
	v.mask = v.floats()
	v.VMOVDQU(m, v.mask)
	if v.half {
		v.wideMask = v.YMM()
		v.VPMOVSXDQ(m, v.wideMask)
	}
}

// floats is a new register for the floats of a place.
func (v *lanes) floats() reg.VecVirtual {
	switch {
	case !v.half:
		return v.vec()
	case v.isa.wide():
		return v.YMM()
	}
	return v.XMM()
}

func (v *lanes) load(p reg.GPVirtual) reg.VecVirtual {
	m, r := Mem{Base: p, Disp: 4 * v.at * v.count}, v.floats()
	switch {
	case !v.masked:
		v.VMOVUPS(m, r)
	case v.isa.wide():
		v.VMOVUPS_Z(m, v.bits, r)
	default:
		v.VMASKMOVPS(m, v.mask, r)
	}
	return r
}

func (v *lanes) store(r reg.VecVirtual, p reg.GPVirtual) {
	m := Mem{Base: p, Disp: 4 * v.at * v.count}
	switch {
	case !v.masked:
		v.VMOVUPS(r, m)
	case v.isa.wide():
		v.VMOVUPS(r, v.bits, m)
	default:
		v.VMASKMOVPS(r, v.mask, m)
	}
}

// fetch asks for what the pointers will come to soon: by itself the processor does
// not look beyond a page, nor far enough where the work on a row is long.
func (v *lanes) fetch(pointers ...reg.GPVirtual) {
	const ahead = 2048 // bytes
	for _, p := range pointers {
		if !v.masked {
			v.PREFETCHT0(Mem{Base: p, Disp: ahead + 4*v.at*v.count})
		}
	}
}

// widen returns floats in float64.
func (v *lanes) widen(floats Op) reg.VecVirtual {
	r := v.vec()
	v.VCVTPS2PD(floats, r)
	return r
}

// narrow is the inverse, which rounds.
func (v *lanes) narrow(doubles reg.VecVirtual) reg.VecVirtual {
	r := v.floats()
	if v.isa.wide() {
		v.VCVTPD2PS(doubles, r)
	} else {
		v.VCVTPD2PSY(doubles, r)
	}
	return r
}

// loadWide loads floats and returns them in float64.
func (v *lanes) loadWide(p reg.GPVirtual) reg.VecVirtual {
	if v.masked {
		return v.widen(v.load(p))
	}
	return v.widen(Mem{Base: p, Disp: 4 * v.at * v.count})
}

func (v *lanes) loadDouble(p reg.GPVirtual) reg.VecVirtual {
	m, r := Mem{Base: p, Disp: 8 * v.at * v.count}, v.vec()
	switch {
	case !v.masked:
		v.VMOVUPD(m, r)
	case v.isa.wide():
		v.VMOVUPD_Z(m, v.bits, r)
	default:
		v.VMASKMOVPD(m, v.wideMask, r)
	}
	return r
}

func (v *lanes) storeDouble(r reg.VecVirtual, p reg.GPVirtual) {
	m := Mem{Base: p, Disp: 8 * v.at * v.count}
	switch {
	case !v.masked:
		v.VMOVUPD(r, m)
	case v.isa.wide():
		v.VMOVUPD(r, v.bits, m)
	default:
		v.VMASKMOVPD(r, v.wideMask, m)
	}
}

// fill puts another value, the same in all lanes, where the mask hides.
func (v *lanes) fill(r, other reg.VecVirtual) reg.VecVirtual {
	if !v.masked {
		return r
	}
	full := v.floats()
	switch {
	case v.isa.wide():
		v.VBLENDMPS(r, sized(other, r), v.bits, full)
	default:
		v.VBLENDVPS(v.mask, r, sized(other, r), full)
	}
	return full
}

// fillDouble is fill in float64.
func (v *lanes) fillDouble(r, other reg.VecVirtual) reg.VecVirtual {
	if !v.masked {
		return r
	}
	full := v.vec()
	if v.isa.wide() {
		v.VBLENDMPD(r, other, v.bits, full)
	} else {
		v.VBLENDVPD(v.wideMask, r, other, full)
	}
	return full
}

// sized returns the part of r that is as large as like.
func sized(r, like reg.VecVirtual) reg.Register {
	switch like.Size() {
	case 16:
		return r.AsX()
	case 32:
		return r.AsY()
	}
	return r.AsZ()
}

// tailMask is eight lanes of ones, then eight of zeros.
func (a *assembler) tailMask() Mem {
	const ones = 0xffffffff
	return a.data("tailmask", ones, ones, ones, ones, ones, ones, ones, ones, 0, 0, 0, 0, 0, 0, 0, 0)
}

// counting is 0 to 7.
func (a *assembler) counting() Mem { return a.data("counting", 0, 1, 2, 3, 4, 5, 6, 7) }

// double is a float64 in all lanes.
func (a *assembler) double(x float64) Mem {
	bits := math.Float64bits(x)
	var all []U32
	for range 8 {
		all = append(all, U32(bits), U32(bits>>32))
	}
	return a.data(fmt.Sprintf("double%016x", bits), all...)
}

// single is one float32.
func (a *assembler) single(x float32) Mem {
	return a.data(fmt.Sprintf("single%08x", math.Float32bits(x)), U32(math.Float32bits(x)))
}

// integer is one integer.
func (a *assembler) integer(i uint32) Mem { return a.data(fmt.Sprintf("integer%d", i), U32(i)) }

// data returns constants in memory, under a name of their own.
func (a *assembler) data(name string, values ...U32) Mem {
	if m, ok := a.constants[name]; ok {
		return m
	}
	m := a.StaticGlobal(name)
	a.DataAttributes(8 | 16) // RODATA, NOPTR
	for i, v := range values {
		a.AddDatum(4*i, v)
	}
	a.constants[name] = m
	return m
}
